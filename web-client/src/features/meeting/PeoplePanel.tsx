import { Ear, Mic, MicOff } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useText, type Words } from "../../i18n";
import { Bars, Confirm } from "../../ui";
import { placeOf } from "./place";
import type { MeetingSession } from "./session";
import type { MeetingView, Person } from "./view";
import { DoorSound, WaitingList } from "./WaitingList";

// What only some need is loaded when it is needed: the way into a meeting stays light.
const PersonMenu = lazy(async () => ({ default: (await import("./PersonMenu")).PersonMenu }));
const PhonePart = lazy(async () => ({ default: (await import("./PhonePart")).PhonePart }));

interface Props {
  session: MeetingSession;
  view: MeetingView;
}

/** Who waits, who asks for the floor, who is there. */
export function PeoplePanel({ session, view }: Props) {
  const text = useText();
  const [leaving, setLeaving] = useState<Person>();

  return (
    <div className="people">
      {view.knocks.length > 0 && <WaitingList session={session} knocks={view.knocks} />}
      {view.hands.length > 0 && view.floor === undefined && (
        <section aria-labelledby="hands">
          <h3 id="hands" className="caps grouphead">
            {text.meeting.hands(view.hands.length)}
          </h3>
          <ol className="list">
            {view.hands.map((person) => (
              <li key={person.identity}>
                <span className="lg q3">{person.turn}</span>
                <span className="grow b">{person.isSelf ? text.meeting.you : person.name}</span>
              </li>
            ))}
          </ol>
        </section>
      )}
      <section aria-labelledby="present">
        <h3 id="present" className="caps grouphead">
          {text.meeting.present_(view.people.length)}
        </h3>
        <ul className="list">
          {view.people.map((person) => (
            <PersonRow
              key={person.identity}
              person={person}
              session={session}
              directs={view.directs}
              mayGive={
                view.directs &&
                person.speaks &&
                view.floor !== undefined &&
                view.floor.holder !== person.identity
              }
              onRemove={() => setLeaving(person)}
            />
          ))}
        </ul>
      </section>
      {view.directs && <DoorSound />}
      {view.isHost && (
        <a
          className="btn ghost small flushleft"
          href={`/m/${session.code}/attendance`}
          target="_blank"
          rel="noopener"
        >
          {text.meeting.attendance}
        </a>
      )}
      <Suspense fallback={null}>
        <PhonePart code={session.code} isHost={view.isHost} />
      </Suspense>
      {leaving && (
        <Confirm
          title={text.meeting.removeTitle(leaving.name)}
          help={text.meeting.removeHelp}
          action={text.meeting.remove}
          onConfirm={() => void session.orders.remove(leaving.identity)}
          onClose={() => setLeaving(undefined)}
        />
      )}
    </div>
  );
}

/** What somebody is here, and by which way when it is a telephone. */
function secondLine(text: Words, person: Person): string {
  const { role, seatRole, phone, place } = person;
  const words = text.meeting.phone;
  const way = !phone
    ? seatRole
      ? [text.floor.roles[seatRole], place?.party ?? ""].filter((part) => part !== "").join(", ")
      : text.meeting.roles[role]
    : phone.status === "active"
      ? words.byPhone
      : words.statuses[phone.status];
  return [way, placeOf(text, person)].filter((part) => part !== "").join(", ");
}

interface RowProps {
  person: Person;
  session: MeetingSession;
  directs: boolean;
  /** Whether the floor may be given to them. */
  mayGive: boolean;
  onRemove: () => void;
}

function PersonRow({ person, session, directs, mayGive, onRemove }: RowProps) {
  const text = useText();
  return (
    <li data-identity={person.identity}>
      {!person.speaks ? (
        <Ear className="i s q3" role="img" aria-label={text.floor.observes} />
      ) : person.microphoneOpen ? (
        <Mic className="i s q3" role="img" aria-label={text.meeting.micOpen} />
      ) : (
        <MicOff className="i s q3" role="img" aria-label={text.meeting.muted} />
      )}
      <span className="two grow">
        <span>{person.isSelf ? `${person.name} (${text.meeting.you})` : person.name}</span>
        <span>{secondLine(text, person)}</span>
      </span>
      {person.quality !== "good" && (
        <span role="img" aria-label={text.meeting.quality[person.quality]}>
          <Bars of={person.quality} />
        </span>
      )}
      {directs && !person.isSelf && (
        <Suspense fallback={null}>
          <PersonMenu person={person} session={session} mayGive={mayGive} onRemove={onRemove} />
        </Suspense>
      )}
    </li>
  );
}
