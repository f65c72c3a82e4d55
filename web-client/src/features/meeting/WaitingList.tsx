import { useState } from "react";
import type { Knock } from "../../api/meetings";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import { byParty, setSoundsAtDoor, soundsAtDoor } from "./knocks";
import type { MeetingSession } from "./session";

interface Props {
  session: MeetingSession;
  knocks: readonly Knock[];
}

/** Who waits, by delegation: let in one by one, a delegation at once, or everybody. */
export function WaitingList({ session, knocks }: Props) {
  const text = useText();
  const groups = byParty(knocks);
  return (
    <section aria-labelledby="waiting">
      <div className="grouphead">
        <h3 id="waiting" className="caps">
          {text.meeting.waitingTitle(knocks.length)}
        </h3>
        {knocks.length > 1 && (
          <Button rank="ghost" small onPress={() => void session.orders.admitTogether()}>
            {text.meeting.admitAll}
          </Button>
        )}
      </div>
      {groups.map(({ id, party, knocks: waiting }) => (
        <div role="group" key={id ?? "none"} aria-label={party ?? text.meeting.noParty}>
          {party !== undefined && (
            <div className="partyhead">
              <h4 className="grow">{party}</h4>
              {waiting.length > 1 && (
                <Button
                  small
                  aria-label={text.meeting.admitPartyName(party)}
                  onPress={() => void session.orders.admitTogether(id)}
                >
                  {text.meeting.admitParty}
                </Button>
              )}
            </div>
          )}
          <ul className="list">
            {waiting.map((knock) => (
              <WaitingRow key={knock.ticket} knock={knock} session={session} />
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function WaitingRow({
  knock: { ticket, name, phone, title },
  session,
}: {
  knock: Knock;
  session: MeetingSession;
}) {
  const text = useText();
  const second = phone !== null ? text.meeting.phone.knocks(phone === name ? "" : phone) : (title ?? "");
  return (
    <li>
      <span className="two grow">
        <span>{name}</span>
        {second !== "" && <span>{second}</span>}
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
  );
}

/** Whether one hears when somebody begins to wait. */
export function DoorSound() {
  const text = useText();
  const [on, setOn] = useState(soundsAtDoor);
  return (
    <label className="check doorsound">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          setSoundsAtDoor(event.target.checked);
          setOn(event.target.checked);
        }}
      />
      {text.meeting.doorSound}
    </label>
  );
}
