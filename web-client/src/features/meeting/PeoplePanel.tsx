import { EllipsisVertical, Mic, MicOff } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Button as AriaButton, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useText, type Words } from "../../i18n";
import { Bars, Button, Confirm } from "../../ui";
import { placeOf } from "./place";
import type { MeetingSession } from "./session";
import type { MeetingView, Person } from "./view";

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
      {view.knocks.length > 0 && (
        <section aria-labelledby="waiting">
          <div className="grouphead">
            <h3 id="waiting" className="caps">
              {text.meeting.waitingTitle(view.knocks.length)}
            </h3>
            {view.knocks.length > 1 && (
              <Button
                rank="ghost"
                small
                onPress={() => {
                  for (const { ticket } of view.knocks) void session.orders.admit(ticket);
                }}
              >
                {text.meeting.admitAll}
              </Button>
            )}
          </div>
          <ul className="list">
            {view.knocks.map(({ ticket, name, phone }) => (
              <li key={ticket}>
                <span className="two grow">
                  <span>{name}</span>
                  {phone !== null && <span>{text.meeting.phone.knocks(phone === name ? "" : phone)}</span>}
                </span>
                <Button
                  small
                  rank="ghost"
                  aria-label={text.meeting.refuseName(name)}
                  onPress={() => void session.orders.refuse(ticket)}
                >
                  {text.meeting.refuse}
                </Button>
                <Button
                  small
                  aria-label={text.meeting.admitName(name)}
                  onPress={() => void session.orders.admit(ticket)}
                >
                  {text.meeting.admit}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
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
              isHost={view.isHost}
              mayGive={view.isHost && view.floor !== undefined && view.floor.holder !== person.identity}
              onRemove={() => setLeaving(person)}
            />
          ))}
        </ul>
      </section>
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
      {/* Loaded when somebody looks for it: the way into a meeting stays light. */}
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
  const { role, phone } = person;
  const words = text.meeting.phone;
  const way = !phone
    ? text.meeting.roles[role]
    : phone.status === "active"
      ? words.byPhone
      : words.statuses[phone.status];
  return [way, placeOf(text, person)].filter((part) => part !== "").join(", ");
}

interface RowProps {
  person: Person;
  session: MeetingSession;
  isHost: boolean;
  /** Whether the floor may be given to them. */
  mayGive: boolean;
  onRemove: () => void;
}

function PersonRow({ person, session, isHost, mayGive, onRemove }: RowProps) {
  const text = useText();
  return (
    <li data-identity={person.identity}>
      {person.microphoneOpen ? (
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
      {isHost && !person.isSelf && (
        <MenuTrigger>
          <AriaButton className="btn small ghost icon" aria-label={text.meeting.actionsFor(person.name)}>
            <EllipsisVertical className="i" aria-hidden />
          </AriaButton>
          <Popover className="popover" placement="bottom end">
            <Menu
              className="menu"
              onAction={(key) => {
                if (key === "give") void session.orders.give(person.identity);
                else if (key === "mute") void session.orders.mute(person.identity);
                else onRemove();
              }}
              disabledKeys={person.microphoneOpen ? [] : ["mute"]}
            >
              {mayGive && (
                <MenuItem id="give" className="option">
                  {text.floor.giveAction}
                </MenuItem>
              )}
              <MenuItem id="mute" className="option">
                {text.meeting.mute}
              </MenuItem>
              <MenuItem id="remove" className="option danger">
                {text.meeting.remove}
              </MenuItem>
            </Menu>
          </Popover>
        </MenuTrigger>
      )}
    </li>
  );
}
