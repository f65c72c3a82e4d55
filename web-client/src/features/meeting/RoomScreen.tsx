import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import type { DialIn, MeetingDoor } from "../../api/meetings";
import { useText } from "../../i18n";
import { Bars, Loading, useTitle } from "../../ui";
import { held, usePhone } from "../phone";
import { Lock } from "lucide-react";
import { AgendaLine } from "./AgendaLine";
import { Aids } from "./Aids";
import { AudioSink } from "../room";
import { ControlBar } from "./ControlBar";
import { Grid } from "./Grid";
import { LinkBanner } from "./LinkBanner";
import { Panel } from "./Panel";
import { layoutOf, recallLayout, rememberLayout } from "./layout";
import { LayoutChoice } from "./LayoutChoice";
import type { PanelName } from "./panel-name";
import { Presentation } from "./Presentation";
import { DataUsed } from "../statistics";
import type { MeetingSession } from "./session";
import { useSmallWindow } from "./small-window";
import { pin } from "./speaker";
import { tableOf } from "./table";
import { Toasts } from "./Toasts";
import { useMedia } from "./useMedia";
import "./meeting.css";

// What one is in session without: it comes when the room stands, or when it is asked for earlier.
const panels = () => import("./panels");
const floorPanel = () => import("./FloorPanel");
const ChatPanel = lazy(async () => ({ default: (await panels()).ChatPanel }));
const FloorPanel = lazy(async () => ({ default: (await floorPanel()).FloorPanel }));
const InfoPanel = lazy(async () => ({ default: (await import("./InfoPanel")).InfoPanel }));
const InvitePanel = lazy(async () => ({ default: (await import("./InvitePanel")).InvitePanel }));
const SettingsPanel = lazy(async () => ({ default: (await import("./SettingsPanel")).SettingsPanel }));
const PeoplePanel = lazy(async () => ({ default: (await panels()).PeoplePanel }));
const SpeakerLayout = lazy(async () => ({ default: (await import("./SpeakerLayout")).SpeakerLayout }));
const TableLayout = lazy(async () => ({ default: (await import("./TableLayout")).TableLayout }));
const SmallWindow = lazy(async () => ({ default: (await import("./SmallWindow")).SmallWindow }));
const SecurityBadge = lazy(async () => ({ default: (await import("./SecurityBadge")).SecurityBadge }));

interface Props {
  session: MeetingSession;
  title: string;
  marking: MeetingDoor["marking"];
  /** How telephones come in, for who may know it. */
  dialIn: DialIn | null;
}

/** In session: the stage, the bar, and at most one panel beside them. */
export function RoomScreen({ session, title, marking, dialIn }: Props) {
  const text = useText();
  const view = useSyncExternalStore(session.shown.subscribe, session.shown.current);
  const [panel, setPanel] = useState<PanelName>();
  const [chosen, setChosen] = useState(recallLayout);
  const [pinned, setPinned] = useState<readonly string[]>([]);
  const [listing, setListing] = useState(false);
  const { small, openSmall } = useSmallWindow();
  const isLow = useMedia(LOW);
  const table = isLow ? undefined : tableOf(view.people);
  const layout = layoutOf(chosen, table !== undefined, useMedia(NARROW));
  useTitle(title);

  const live = view.link.is === "live";
  const isFormal = view.floor !== undefined || view.agenda !== undefined;
  const alone = view.people.length === 1 && live;
  useEffect(() => {
    // Should they not come now, whoever opens one asks again.
    if (live) panels().catch(() => undefined);
    if (live && isFormal) floorPanel().catch(() => undefined);
  }, [live, isFormal]);

  // Whoever answers the telephone is not heard in session meanwhile.
  const telephones = held(usePhone().state).some(({ state }) => state === "talking");
  useEffect(() => {
    if (telephones && session.shown.current().microphoneOpen) void session.toggleMicrophone();
  }, [telephones, session]);

  const open = (next: PanelName | undefined) => {
    session.chat({ on: next === "messages" ? "opened" : "closed" });
    setPanel(next);
  };

  return (
    <div className="room sitting">
      <a className="skip" href="#key-microphone">
        {text.meeting.controls}
      </a>
      <header className="title">
        <div className="grow">
          <h1>{title}</h1>
          {(view.share || !table || layout !== "table") && <AgendaLine agenda={view.agenda} />}
        </div>
        <div className="meta">
          {view.locked && (
            <span>
              <Lock className="i s" aria-hidden />
              {text.meeting.locked}
            </span>
          )}
          <Suspense fallback={null}>
            <SecurityBadge people={view.people} />
          </Suspense>
          <span>
            <Bars of={view.quality} />
            {text.meeting.quality[view.quality]}
          </span>
          <span className="wideonly" title={text.meeting.data.title}>
            <DataUsed meter={session.meter} />
          </span>
          {!view.share && (
            <LayoutChoice
              chosen={layout}
              hasTable={table !== undefined}
              onChoose={(next) => {
                setChosen(next);
                rememberLayout(next);
              }}
            />
          )}
        </div>
      </header>
      <LinkBanner link={view.link} />
      <main className={panel ? "stage panelled" : "stage"} id="main">
        <div className="seats">
          <Suspense fallback={<Loading />}>
            {view.share ? (
              <Presentation share={view.share} people={view.people} />
            ) : table && layout === "table" ? (
              <TableLayout table={table} floor={view.floor} agenda={view.agenda} />
            ) : layout === "speaker" ? (
              <SpeakerLayout
                people={view.people}
                holder={view.floor?.holder}
                pinned={pinned}
                onPin={(identity) => setPinned((before) => pin(before, identity))}
                alone={alone}
              />
            ) : (
              <Grid people={view.people} alone={alone} />
            )}
          </Suspense>
          <Toasts session={session} view={view} onShowPeople={() => open("people")} />
        </div>
        {panel === "floor" && (
          <Panel title={text.floor.title} opener="key-floor" onClose={() => open(undefined)}>
            <Suspense fallback={null}>
              <FloorPanel session={session} view={view} />
            </Suspense>
          </Panel>
        )}
        {panel === "people" && (
          <Panel title={text.meeting.participants} opener="key-people" onClose={() => open(undefined)}>
            <PeoplePanel session={session} view={view} />
          </Panel>
        )}
        {panel === "invite" && (
          <Panel title={text.meeting.invite.title} opener="key-more" onClose={() => open(undefined)}>
            <InvitePanel code={session.code} title={title} dialIn={dialIn} isHost={view.isHost} />
          </Panel>
        )}
        {panel === "info" && (
          <Panel title={text.meeting.information} opener="key-more" onClose={() => open(undefined)}>
            <InfoPanel session={session} view={view} title={title} marking={marking} dialIn={dialIn} />
          </Panel>
        )}
        {panel === "settings" && (
          <Panel title={text.meeting.settings} opener="key-more" onClose={() => open(undefined)}>
            <SettingsPanel session={session} view={view} />
          </Panel>
        )}
        {panel === "messages" && (
          <Panel title={text.chat.title} opener="key-messages" onClose={() => open(undefined)}>
            <ChatPanel
              chat={view.chat}
              mayWrite={view.speaks}
              onSend={session.send}
              // Whoever only reads cannot ask for a file either.
              {...(view.speaks && { files: session.files })}
              recipients={view.people.filter(({ isSelf, phone }) => !isSelf && !phone)}
            />
          </Panel>
        )}
      </main>
      <footer>
        <ControlBar
          session={session}
          view={view}
          panel={panel}
          onPanel={open}
          onShortcuts={() => setListing(true)}
          onSmall={openSmall}
        />
      </footer>
      {small && (
        <Suspense fallback={null}>
          <SmallWindow into={small} session={session} view={view} />
        </Suspense>
      )}
      <Aids session={session} view={view} listing={listing} onList={setListing} />
      <AudioSink voices={view.voices} />
    </div>
  );
}

/** As wide as phones are. */
const NARROW = "(max-width: 40em)";
/** A phone held sideways: beside the cloth there would be no room for faces. */
const LOW = "(max-height: 26em)";
