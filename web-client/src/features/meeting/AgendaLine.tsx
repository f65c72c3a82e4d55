import { useText } from "../../i18n";
import { pointOf, type Agenda } from "./agenda";

/** What is under discussion, in one quiet line, where no table says it. */
export function AgendaLine({ agenda }: { agenda: Agenda | undefined }) {
  const words = useText().floor;
  const point = pointOf(agenda);
  if (!agenda || !point) return null;
  return (
    <p className="agendaline sm q2">
      {words.point(agenda.current, agenda.points.length)} · <b>{point.title}</b>
    </p>
  );
}
