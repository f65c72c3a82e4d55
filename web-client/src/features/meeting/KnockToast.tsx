import { DoorOpen } from "lucide-react";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import { byParty } from "./knocks";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";

interface Props {
  session: MeetingSession;
  knocks: MeetingView["knocks"];
  onShowPeople: () => void;
}

/** Who waits outside, and the way in. */
export function KnockToast({ session, knocks, onShowPeople }: Props) {
  const text = useText();
  const [first, ...others] = knocks;
  const [group, ...groups] = byParty(knocks);
  // A delegation that waits alone is let in from here.
  const delegation = groups.length === 0 && group?.id !== undefined ? group : undefined;
  if (!first) return null;
  return (
    <div className="toast">
      <DoorOpen className="i" aria-hidden />
      <span className="grow">
        {others.length === 0
          ? text.meeting.knock(first.name)
          : delegation
            ? text.meeting.partyKnocks(delegation.party ?? "", knocks.length)
            : text.meeting.knocks(knocks.length)}
      </span>
      {others.length === 0 ? (
        <>
          <Button small rank="ghost" onPress={() => void session.orders.refuse(first.ticket)}>
            {text.meeting.refuse}
          </Button>
          <Button small rank="primary" onPress={() => void session.orders.admit(first.ticket)}>
            {text.meeting.admit}
          </Button>
        </>
      ) : (
        <>
          <Button small rank={delegation ? "ghost" : "primary"} onPress={onShowPeople}>
            {text.meeting.participants}
          </Button>
          {delegation && (
            <Button small rank="primary" onPress={() => void session.orders.admitTogether(delegation.id)}>
              {text.meeting.admitParty}
            </Button>
          )}
        </>
      )}
    </div>
  );
}
