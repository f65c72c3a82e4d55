import {
  ChevronUp,
  Ear,
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
import { Button as AriaButton, Toolbar } from "react-aria-components";
import { useText } from "../../i18n";
import { PopoverButton } from "../../ui";
import { useDevices, wordsFor } from "../prejoin";
import { Clock } from "./Clock";
import { HandKeys } from "./HandKeys";
import { Key } from "./Key";
import { MoreMenu } from "./MoreMenu";
import type { DeviceKind } from "./own-devices";
import type { PanelName } from "./panel-name";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";

interface Props {
  session: MeetingSession;
  view: MeetingView;
  panel: PanelName | undefined;
  onPanel: (panel: PanelName | undefined) => void;
  onShortcuts: () => void;
  /** Opens the small window, where there can be one. */
  onSmall: (() => void) | undefined;
}

/** The conference desk: keys in groups, icon over word, always in the same place. */
export function ControlBar({ session, view, panel, onPanel, onShortcuts, onSmall }: Props) {
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
        <MoreMenu
          session={session}
          view={view}
          onPanel={onPanel}
          onShortcuts={onShortcuts}
          onSmall={onSmall}
        />
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
    <PopoverButton
      className="more"
      aria-label={text.meeting.devices[first]}
      placement="top"
      popoverClass="popover room"
      onOpenChange={setOpen}
      content={({ Header, Menu, MenuItem, MenuSection }) => (
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
      )}
    >
      <ChevronUp className="i s" aria-hidden />
    </PopoverButton>
  );
}
