import { ChevronLeft, ChevronRight } from "lucide-react";
import { useText } from "../../i18n";
import { Button, Pick } from "../../ui";
import { spanOf } from "../phone/time";
import { useNow } from "../phone/useNow";
import { pointOf, type Agenda } from "./agenda";
import type { MeetingSession } from "./session";

interface Props {
  session: MeetingSession;
  agenda: Agenda;
  directs: boolean;
}

/** The agenda: where one is, for how long, and for whoever runs the meeting the way on. */
export function AgendaPart({ session, agenda, directs }: Props) {
  const words = useText().floor;
  const now = useNow(1_000);
  const point = pointOf(agenda);
  const goTo = (number: number) => void session.orders.goTo(number === 0 ? null : number);
  const spoken = now.getTime() - agenda.since;

  return (
    <section className="point" aria-labelledby="agenda">
      <h3 id="agenda" className="caps">
        {words.agenda}
      </h3>
      {point ? (
        <div className="two">
          <span>
            {words.point(agenda.current, agenda.points.length)} · {point.title}
          </span>
          <span>
            {point.minutes > 0
              ? words.sinceOf(spanOf(spoken), spanOf(point.minutes * 60_000))
              : words.since(spanOf(spoken))}
          </span>
        </div>
      ) : (
        <p className="q2 sm">{words.noPoint}</p>
      )}
      {directs && (
        <>
          <div className="row">
            <Button
              small
              rank="ghost"
              isDisabled={agenda.current <= 1}
              onPress={() => goTo(agenda.current - 1)}
            >
              <ChevronLeft className="i s" aria-hidden />
              {words.previousPoint}
            </Button>
            <Button
              small
              isDisabled={agenda.current >= agenda.points.length}
              onPress={() => goTo(agenda.current + 1)}
            >
              {agenda.current === 0 ? words.firstPoint : words.nextPoint}
              <ChevronRight className="i s" aria-hidden />
            </Button>
          </div>
          <Pick
            label={words.goToPoint}
            options={[
              { id: "0", word: words.noneOf },
              ...agenda.points.map(({ title }, at) => ({ id: String(at + 1), word: `${at + 1}. ${title}` })),
            ]}
            chosen={String(agenda.current)}
            onChoose={(number) => goTo(Number(number))}
          />
        </>
      )}
    </section>
  );
}
