import { lazy, Suspense, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import type { MeetingDoor } from "../../api/meetings";
import { sentenceFor, useLanguage, useText, withWords } from "../../i18n";
import { go } from "../../navigation";
import { Button, Loading, MarkingBanner, PlainPage, useTitle } from "../../ui";
import { useMeets } from "../../worker";
import { PrejoinPage } from "../prejoin";
import { Visit, type PersonalLink } from "./visit";
import type { Departure } from "./visit-machine";

const loadRoom = () => import("./RoomScreen");
/** All that a session begins with, so that nothing has to come over the link after the click. */
const loadSession = () => Promise.all([loadRoom(), import("./session"), import("./SecurityBadge")]);
const LobbyPage = lazy(async () => ({
  default: (await withWords(import("../lobby"), "lobby")).LobbyPage,
}));
const RoomScreen = lazy(async () => ({ default: (await loadRoom()).RoomScreen }));

/** Everything behind a meeting link. */
export function MeetingPage({ code, invitation }: { code: string; invitation?: PersonalLink }) {
  const [visit, setVisit] = useState<Visit>();

  useEffect(() => {
    const opened = new Visit(code, invitation);
    setVisit(opened);
    opened.open();
    // The session loads while one looks into the camera.
    void loadSession();
    return () => opened.close();
  }, [code, invitation]);

  return visit ? <Visiting visit={visit} /> : <Loading />;
}

function Visiting({ visit }: { visit: Visit }) {
  const { text, language } = useLanguage();
  const state = useSyncExternalStore(visit.subscribe, visit.current);
  const session = useSyncExternalStore(visit.subscribe, visit.session);
  const gathering = useSyncExternalStore(visit.subscribe, visit.gathering);
  useMeets(state.at !== "closed" && state.at !== "after");

  switch (state.at) {
    case "door":
      return <Loading />;
    case "closed":
      return <ClosedDoor code={state.code} onRetry={() => visit.open()} />;
    case "prejoin":
      return (
        <Marked door={state.door}>
          <PrejoinPage
            // A refused entry gave the devices away: the page opens them again.
            key={state.error ?? ""}
            door={state.door}
            asking={state.asking}
            error={state.error && sentenceFor(text, state.error)}
            onEnter={(entrance) => visit.enter(entrance)}
          />
        </Marked>
      );
    case "waiting":
      return (
        <Suspense fallback={<Loading />}>
          <Marked door={state.door}>
            <LobbyPage
              title={state.door.title || state.door.marking.label[language]}
              lost={state.lost}
              table={state.table}
              gathering={gathering}
              onLeave={() => visit.handle({ on: "left-waiting" })}
            />
          </Marked>
        </Suspense>
      );
    case "inside":
      return session ? (
        <Suspense fallback={<Loading />}>
          <Marked door={state.door} inRoom>
            <RoomScreen
              session={session}
              title={state.door.title}
              marking={state.door.marking}
              dialIn={state.door.dial_in}
            />
          </Marked>
        </Suspense>
      ) : (
        <Loading />
      );
    case "after":
      return <After why={state.why} onReturn={() => visit.handle({ on: "returned" })} />;
  }
}

/** The marking stands above every screen of the meeting. */
function Marked({
  door,
  inRoom = false,
  children,
}: {
  door: MeetingDoor;
  inRoom?: boolean;
  children: ReactNode;
}) {
  if (door.marking.level === "public") return children;
  return (
    <div className={inRoom ? "marked inroom" : "marked"}>
      <MarkingBanner marking={door.marking} />
      {children}
    </div>
  );
}

function ClosedDoor({ code, onRetry }: { code: string; onRetry: () => void }) {
  const text = useText();
  const missing = code === "not_found";
  const title = missing ? text.app.notFound : text.after.failed.title;
  useTitle(title);
  return (
    <PlainPage title={title} help={missing ? text.app.notFoundHelp : sentenceFor(text, code)}>
      {missing ? (
        <Button rank="primary" onPress={() => go("/")}>
          {text.app.toHome}
        </Button>
      ) : (
        <Button rank="primary" onPress={onRetry}>
          {text.app.retry}
        </Button>
      )}
    </PlainPage>
  );
}

function After({ why, onReturn }: { why: Departure; onReturn: () => void }) {
  const text = useText();
  const { title, help } = text.after[why];
  // Who was removed need not be offered a door that stays shut; what has ended has none.
  const mayReturn = why !== "removed" && why !== "ended";
  useTitle(title);
  return (
    <PlainPage title={title} help={help}>
      <div className="row">
        {mayReturn && (
          <Button rank="primary" onPress={onReturn}>
            {why === "elsewhere" ? text.after.here : text.after.again}
          </Button>
        )}
        <Button rank={mayReturn ? "plain" : "primary"} onPress={() => go("/")}>
          {text.after.home}
        </Button>
      </div>
    </PlainPage>
  );
}
