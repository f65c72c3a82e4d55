import {
  ChevronUp,
  Ear,
  Ellipsis,
  Hand,
  LogOut,
  MessageSquare,
  Mic,
  MicOff,
  MonitorUp,
  Users,
  Video,
  VideoOff,
} from "lucide-react";
import { useState } from "react";
import {
  Button as AriaButton,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Toolbar,
} from "react-aria-components";
import { useText } from "../../i18n";
import { Confirm, copyText } from "../../ui";
import { useDevices, wordsFor } from "../prejoin";
import { Clock } from "./Clock";
import { HandKeys } from "./HandKeys";
import { Key } from "./Key";
import type { DeviceKind } from "./own-devices";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";

export type PanelName = "floor" | "people" | "messages" | "invite";

interface Props {
  session: MeetingSession;
  view: MeetingView;
  panel: PanelName | undefined;
  onPanel: (panel: PanelName | undefined) => void;
}

/** The conference desk: keys in groups, icon over word, always in the same place. */
export function ControlBar({ session, view, panel, onPanel }: Props) {
  const text = useText();
  const words = text.meeting;
  // Where a chair gives the floor, requests have a panel of their own.
  const asking = view.hands.length;
  const requests = view.knocks.length + (view.floor ? 0 : asking);
  const toggle = (name: PanelName) => onPanel(panel === name ? undefined : name);

  return (
    <Toolbar className="bar" aria-label={words.controls}>
      <Clock />
      <div className="keys">
        {view.speaks ? (
          <Speaking session={session} view={view} />
        ) : (
          <Key
            name="microphone"
            pressed={false}
            tone="wide"
            icon={<Ear className="i" />}
            word={text.floor.observes}
            short={text.floor.roles.observer}
            onPress={() => session.say({ says: "listens" })}
          />
        )}
        <MoreMenu session={session} view={view} onPanel={onPanel} />
        <AriaButton className="key leave" onPress={() => session.leave()}>
          <LogOut className="i" aria-hidden />
          <span>{words.leave}</span>
        </AriaButton>
      </div>
      <div className="keys panels">
        {(view.floor !== undefined || view.agenda !== undefined || view.directs) && (
          <Key
            name="floor"
            pressed={panel === "floor"}
            icon={<Hand className="i" />}
            word={text.floor.title}
            count={view.floor ? asking : 0}
            countMeans={words.requests(asking)}
            onPress={() => toggle("floor")}
          />
        )}
        <Key
          name="people"
          pressed={panel === "people"}
          icon={<Users className="i" />}
          word={words.participants}
          count={requests}
          countMeans={words.requests(requests)}
          onPress={() => toggle("people")}
        />
        <Key
          name="messages"
          pressed={panel === "messages"}
          icon={<MessageSquare className="i" />}
          word={words.messages}
          count={view.chat.unread}
          countMeans={words.unread(view.chat.unread)}
          onPress={() => toggle("messages")}
        />
      </div>
    </Toolbar>
  );
}

/** The keys of whoever may be heard and seen. */
function Speaking({ session, view }: { session: MeetingSession; view: MeetingView }) {
  const text = useText();
  const words = text.meeting;
  return (
    <>
      <div className="duo">
        <Key
          name="microphone"
          pressed={view.microphoneOpen}
          tone={view.microphoneOpen ? "live" : "cut"}
          icon={view.microphoneOpen ? <Mic className="i" /> : <MicOff className="i" />}
          word={view.microphoneOpen ? words.micOpen : words.micMuted}
          short={view.microphoneOpen ? words.micShort.open : words.micShort.muted}
          onPress={() => void session.toggleMicrophone()}
        />
        <DeviceMenu kinds={["microphone", "speaker"]} session={session} />
      </div>
      <div className="duo">
        <Key
          name="camera"
          pressed={view.cameraOn}
          tone={view.cameraOn ? "" : "cut"}
          icon={view.cameraOn ? <Video className="i" /> : <VideoOff className="i" />}
          word={view.cameraOn ? words.camera : words.cameraOff}
          short={words.camera}
          onPress={() => void session.toggleCamera()}
        />
        <DeviceMenu kinds={["camera"]} session={session} />
      </div>
      <HandKeys session={session} view={view} />
      <Key
        name="share"
        pressed={view.sharing}
        tone="block wideonly"
        icon={<MonitorUp className="i" />}
        word={words.present}
        onPress={() => void session.toggleShare()}
      />
    </>
  );
}

function DeviceMenu({ kinds, session }: { kinds: readonly DeviceKind[]; session: MeetingSession }) {
  const text = useText();
  const [open, setOpen] = useState(false);
  const devices = useDevices(open);
  const lists = { microphone: devices.microphones, camera: devices.cameras, speaker: devices.speakers };
  const [first = "microphone"] = kinds;

  return (
    <MenuTrigger isOpen={open} onOpenChange={setOpen}>
      <AriaButton className="more" aria-label={text.meeting.devices[first]}>
        <ChevronUp className="i s" aria-hidden />
      </AriaButton>
      <Popover className="popover room" placement="top">
        <Menu className="menu" aria-label={text.meeting.devices[first]}>
          {kinds.map((kind) => (
            <MenuSection
              key={kind}
              selectionMode="single"
              disallowEmptySelection
              selectedKeys={[`${kind} ${session.choices[`${kind}Id`]}`]}
              onSelectionChange={(keys) => {
                const [key] = keys;
                if (key !== undefined) void session.chooseDevice(kind, String(key).slice(kind.length + 1));
              }}
            >
              <Header className="caps">{text.meeting.devices[kind]}</Header>
              {wordsFor(lists[kind], text).map(({ id, word }) => (
                <MenuItem key={id} id={`${kind} ${id}`} className="option">
                  <span className="radio" />
                  <span className="grow">{word}</span>
                </MenuItem>
              ))}
            </MenuSection>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

interface MoreProps {
  session: MeetingSession;
  view: MeetingView;
  onPanel: (panel: PanelName) => void;
}

function MoreMenu({ session, view, onPanel }: MoreProps) {
  const text = useText();
  const words = text.meeting;
  const [ending, setEnding] = useState(false);

  const act = (key: string) => {
    switch (key) {
      case "floor":
      case "people":
      case "messages":
      case "invite":
        onPanel(key);
        break;
      case "share":
        void session.toggleShare();
        break;
      case "copy":
        void copyText(location.href).then((done) =>
          session.say(done ? { says: "link-copied" } : { says: "error", code: "unexpected" }),
        );
        break;
      case "lock":
        void session.toggleLock();
        break;
      case "end":
        setEnding(true);
        break;
    }
  };

  return (
    <>
      <MenuTrigger>
        <AriaButton className="key block" id="key-more">
          <Ellipsis className="i" aria-hidden />
          <span>{words.more}</span>
          {view.chat.unread > 0 && <span className="n phoneonly">{view.chat.unread}</span>}
        </AriaButton>
        <Popover className="popover room" placement="top">
          <Menu className="menu" aria-label={words.more} onAction={(key) => act(String(key))}>
            <MenuItem id="floor" className="option phoneonly">
              {text.floor.title}
            </MenuItem>
            <MenuItem id="people" className="option phoneonly">
              {words.participants}
            </MenuItem>
            <MenuItem id="messages" className="option phoneonly">
              {words.messages}
            </MenuItem>
            {view.speaks && (
              <MenuItem id="share" className="option phoneonly">
                {view.sharing ? words.stopPresenting : words.present}
              </MenuItem>
            )}
            <MenuItem id="invite" className="option">
              {words.invite.title}
            </MenuItem>
            <MenuItem id="copy" className="option">
              {words.copyLink}
            </MenuItem>
            {view.directs && (
              <MenuItem id="lock" className="option">
                {view.locked ? words.unlock : words.lock}
              </MenuItem>
            )}
            {view.directs && (
              <MenuItem id="end" className="option danger">
                {words.end}
              </MenuItem>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
      {ending && (
        <Confirm
          title={words.endTitle}
          help={words.endHelp}
          action={words.end}
          onConfirm={() => void session.orders.end()}
          onClose={() => setEnding(false)}
        />
      )}
    </>
  );
}
