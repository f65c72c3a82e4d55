import { useText } from "../../i18n";
import { Button, Pick } from "../../ui";
import { spanOf } from "../phone/time";
import { useNow } from "../phone/useNow";
import { AgendaPart } from "./AgendaPart";
import type { Floor, Gesture } from "./floor";
import type { MeetingSession } from "./session";
import type { MeetingView, Person } from "./view";
import "./floor.css";

interface Props {
  session: MeetingSession;
  view: MeetingView;
}

/** Who speaks, who wants to, how long was spoken; and for the chair, to whom the floor goes. */
export function FloorPanel({ session, view }: Props) {
  const text = useText();
  const words = text.floor;
  const { floor } = view;

  return (
    <div className="people floor">
      {view.agenda && <AgendaPart session={session} agenda={view.agenda} directs={view.directs} />}
      {floor ? <Holder session={session} view={view} floor={floor} /> : <p className="note">{words.free}</p>}
      <Requests session={session} view={view} />
      {floor && floor.spoken.length > 0 && <SpokenTime floor={floor} />}
      {view.directs && <Chair session={session} floor={floor} />}
    </div>
  );
}

function Holder({ session, view, floor }: Props & { floor: Floor }) {
  const text = useText();
  const words = text.floor;
  const now = useNow(1_000);
  const holder = view.people.find(({ identity }) => identity === floor.holder);
  if (!holder)
    return (
      <section className="holder" aria-label={words.speaks}>
        <p className="q2">{words.nobody}</p>
      </section>
    );

  const spoken = now.getTime() - floor.since;
  const limit = floor.limitSeconds;
  const over = limit !== undefined && spoken > limit * 1_000;
  return (
    <section className="holder speaks" aria-labelledby="holder">
      <h3 id="holder" className="caps">
        {words.speaks}
      </h3>
      <div className="row">
        <span className="two grow">
          <span>{nameOf(holder, text.meeting.you)}</span>
          <span className="spoken" role="timer">
            {limit === undefined
              ? words.since(spanOf(spoken))
              : words.sinceOf(spanOf(spoken), spanOf(limit * 1_000))}
            {over && <b>, {words.over}</b>}
          </span>
        </span>
        {view.directs ? (
          <Button
            small
            aria-label={words.closeName(holder.name)}
            onPress={() => void session.orders.closeFloor()}
          >
            {words.close}
          </Button>
        ) : (
          holder.isSelf && (
            <Button small onPress={() => void session.yieldFloor()}>
              {words.yield}
            </Button>
          )
        )}
      </div>
    </section>
  );
}

function Requests({ session, view }: Props) {
  const text = useText();
  const words = text.floor;
  const now = useNow(1_000);
  const chairs = view.directs && view.floor !== undefined;

  return (
    <section className="grow" aria-labelledby="requests">
      <h3 id="requests" className="caps grouphead">
        <span>
          {words.requests} <b className="cnt">{view.hands.length}</b>
        </span>
      </h3>
      {view.hands.length === 0 ? (
        <p className="note">{words.noRequests}</p>
      ) : (
        <ol className="list">
          {view.hands.map((person) => (
            <li key={person.identity}>
              <span className="b q3">{person.turn}</span>
              <span className="two grow">
                <span>{nameOf(person, text.meeting.you)}</span>
                <span>
                  <Asked gesture={person.gesture} />{" "}
                  {words.ago(spanOf(now.getTime() - Date.parse(person.hand)))}
                </span>
              </span>
              {view.directs && (
                <Button
                  small
                  rank="ghost"
                  aria-label={words.lowerName(person.name)}
                  onPress={() => void session.orders.lowerHand(person.identity)}
                >
                  {words.lower}
                </Button>
              )}
              {chairs && (
                <Button
                  small
                  aria-label={words.giveName(person.name)}
                  onPress={() => void session.orders.give(person.identity)}
                >
                  {words.give}
                </Button>
              )}
            </li>
          ))}
        </ol>
      )}
      {view.hands.some(({ gesture }) => gesture !== "floor") && <p className="note">{words.order}</p>}
    </section>
  );
}

/** For what somebody asks; whatever goes before the others is marked. */
function Asked({ gesture }: { gesture: Gesture }) {
  const words = useText().floor.gestures;
  return gesture === "floor" ? <>{words.floor},</> : <span className="tag voice">{words[gesture]}</span>;
}

function SpokenTime({ floor }: { floor: Floor }) {
  const text = useText();
  const longest = Math.max(1, ...floor.spoken.map(({ seconds }) => seconds));
  return (
    <section className="share" aria-labelledby="spoken">
      <h3 id="spoken" className="caps">
        {text.floor.spoken}
      </h3>
      <dl>
        {floor.spoken.map(({ who, seconds }) => (
          <div key={who}>
            <dt>{who}</dt>
            <dd>
              <span className="track" aria-hidden>
                <i style={{ width: `${(100 * seconds) / longest}%` }} />
              </span>
              <span className="b">{spanOf(seconds * 1_000)}</span>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Chair({ session, floor }: { session: MeetingSession; floor: Floor | undefined }) {
  const text = useText();
  const words = text.floor;
  if (!floor)
    return (
      <section className="share">
        <p className="sm q2">{words.chairHelp}</p>
        <div className="row">
          <Button onPress={() => void session.orders.takeChair()}>{words.chair}</Button>
          <Button rank="ghost" onPress={() => void session.orders.muteAll()}>
            {words.muteAll}
          </Button>
        </div>
      </section>
    );
  return (
    <section className="share">
      <Pick
        label={words.limit}
        options={LIMITS.map((minutes) => ({ id: String(minutes), word: words.limits(minutes) }))}
        chosen={String((floor.limitSeconds ?? 0) / 60)}
        onChoose={(minutes) =>
          void session.orders.takeChair(minutes === "0" ? undefined : Number(minutes) * 60)
        }
      />
      <Button rank="ghost" onPress={() => void session.orders.freeFloor()}>
        {words.leave}
      </Button>
    </section>
  );
}

const nameOf = (person: Person, you: string) => (person.isSelf ? `${person.name} (${you})` : person.name);

/** In minutes; 0 is none. */
const LIMITS = [0, 2, 3, 5, 10, 15] as const;
