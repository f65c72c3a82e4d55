import type { WaitingTable } from "../../api/meetings";
import { useLanguage } from "../../i18n";
import { hourAt } from "../phone/time";

/** When the session is to be: the day, and the hours of each delegation, one's own first. */
export function Hours({ table: { begins, ends, clocks } }: { table: WaitingTable }) {
  const { language } = useLanguage();
  if (begins === null || ends === null) return null;
  const [from, to] = [new Date(begins), new Date(ends)];
  const own = clocks[0]?.time_zone;
  const day = new Intl.DateTimeFormat(language, {
    weekday: "long",
    day: "numeric",
    month: "long",
    ...(own !== undefined && { timeZone: own }),
  }).format(from);
  return (
    <p className="hours">
      <span>{day}</span>
      {clocks.slice(0, MOST).map(({ place, time_zone: zone }) => (
        <span key={zone}>
          <b>
            {hourAt(zone, language, from)} – {hourAt(zone, language, to)}
          </b>{" "}
          {place}
        </span>
      ))}
    </p>
  );
}

const MOST = 4;
