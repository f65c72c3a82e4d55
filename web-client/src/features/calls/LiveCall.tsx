import { Contact, Phone } from "lucide-react";
import { useState } from "react";
import type { Call } from "../../api/calls";
import { useText } from "../../i18n";
import { go } from "../../navigation";
import { Button } from "../../ui";
import {
  elsewhere,
  failed,
  failureOf,
  held,
  nameOf,
  spanOf,
  stateOf,
  useNow,
  usePhone,
  useTelephone,
  whereOf,
} from "../phone";
import { Talk } from "./Talk";

/** The call one is in, how the last one ended, or where to begin one. */
export function LiveCall() {
  const text = useText("calls", "phone");
  const words = text.calls.live;
  const { state, failure } = usePhone();
  const mine = held(state);
  const [first] = mine;

  return (
    <section className="live" aria-label={words.label}>
      <div role="alert">
        {failure && <p className="notice bad">{failureOf(text, failure)}</p>}
        {state.line === "lost" && <p className="notice bad">{words.lineLost}</p>}
      </div>
      {elsewhere(state).map((call) => (
        <Elsewhere key={call.id} call={call} />
      ))}
      {first ? (
        <Talk key={first.room} calls={mine.filter(({ room }) => room === first.room)} />
      ) : state.over ? (
        <Over call={state.over} />
      ) : (
        <Idle />
      )}
      {mine
        .filter(({ room }) => room !== first?.room)
        .map((call) => (
          <Waits key={call.id} call={call} />
        ))}
    </section>
  );
}

function Idle() {
  const text = useText("calls", "phone");
  const words = text.calls.live;
  const { state } = usePhone();
  const unable = state.line === "open" && state.extension === null;
  return (
    <div className="idle">
      <h2>{words.none}</h2>
      <p className="lede">{unable ? words.noExtension : words.noneHelp}</p>
      <Button onPress={() => go("/directory")}>
        <Contact className="i" aria-hidden />
        {words.openDirectory}
      </Button>
    </div>
  );
}

/** A call of mine that this page is not in. */
function Elsewhere({ call }: { call: Call }) {
  const text = useText("calls", "phone");
  const telephone = useTelephone();
  return (
    <div className="notice beside">
      <span className="grow">{text.calls.live.elsewhere(nameOf(text, call))}</span>
      <Button small onPress={() => void telephone?.join(call)}>
        {text.calls.live.takeHere}
      </Button>
      <Button small rank="danger" onPress={() => void telephone?.hangUp(call)}>
        {text.calls.keys.hangUp}
      </Button>
    </div>
  );
}

/** Another call of this page, which waits. */
function Waits({ call }: { call: Call }) {
  const text = useText("calls", "phone");
  const telephone = useTelephone();
  return (
    <div className="notice beside">
      <span className="two grow">
        <span>{nameOf(text, call)}</span>
        <span>{stateOf(text, call)}</span>
      </span>
      {call.held && (
        <Button small onPress={() => void telephone?.hold(call, false)}>
          {text.calls.keys.resume}
        </Button>
      )}
      <Button small rank="danger" onPress={() => void telephone?.hangUp(call)}>
        {text.calls.keys.hangUp}
      </Button>
    </div>
  );
}

/** How it ended, and another try. */
function Over({ call }: { call: Call }) {
  const text = useText("calls", "phone");
  const words = text.calls.live;
  const telephone = useTelephone();
  return (
    <>
      <Peer call={call} speaking={false} />
      <div className="row again">
        <Button
          rank="primary"
          onPress={() => void telephone?.place(call.number)}
          isDisabled={call.number === ""}
        >
          <Phone className="i" aria-hidden />
          {words.redial}
        </Button>
        <Button onPress={() => telephone?.putAway()}>{words.close}</Button>
      </div>
    </>
  );
}

/** Who it is, where, since when, and how the call stands. */
export function Peer({ call, speaking }: { call: Call; speaking: boolean }) {
  const text = useText("calls", "phone");
  const bad = call.state === "ended" && failed(call.cause);
  return (
    <div className="peer">
      <span className={call.held || call.held_by_other ? "face xl waits" : "face xl"} aria-hidden>
        {initials(nameOf(text, call)) || <Phone className="i l" />}
      </span>
      <div className="who">
        <p className={bad ? "row bad b" : "row q2"} role="status">
          {speaking && (
            <span className="lamp" role="img" aria-label={text.calls.live.speaks}>
              <i />
              <i />
              <i />
            </span>
          )}
          <span>{stateOf(text, call)}</span>
        </p>
        <h2>{nameOf(text, call)}</h2>
        <p className="q2">{whereOf(text, call)}</p>
        {call.answered !== null && <Timer answered={call.answered} running={call.state !== "ended"} />}
      </div>
    </div>
  );
}

function Timer({ answered, running }: { answered: string; running: boolean }) {
  const now = useNow(running ? 1_000 : 3_600_000);
  const [ended] = useState(() => Date.now());
  const until = running ? now.getTime() : ended;
  return (
    <p className="chron" role="timer" aria-live="off">
      {spanOf(until - new Date(answered).getTime())}
    </p>
  );
}

/** Two letters of a name, for want of a face; none of a number. */
function initials(name: string): string {
  const words = name.split(/[\s,'’-]+/).filter((word) => /^\p{L}{3,}/u.test(word) || /^\p{Lu}/u.test(word));
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join("");
}
