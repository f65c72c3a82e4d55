import { ChevronRight, FileText, Plus } from "lucide-react";
import type { Hours } from "../../api/accounts";
import type { AgendaEntry } from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { Link, Stamp } from "../../ui";
import { hourAt } from "../phone";

interface Props {
  /** What is on today, by time. */
  entries: readonly AgendaEntry[];
  clocks: readonly Hours[];
  now: Date;
}

/** The meetings of today, by the time here and the capital's under it. */
export function Day({ entries, clocks, now }: Props) {
  const words = useLanguage("home").text.home;
  const [here, there] = clocks;
  return (
    <section aria-labelledby="day">
      <div className="sectionhead">
        <h2 id="day">{words.day}</h2>
        {here && <p className="sm q3 grow zones">{words.zones(here.place, there?.place)}</p>}
        <Link to="/agenda/new" className="btn small ghost flush">
          <Plus className="i s" aria-hidden />
          {words.plan}
        </Link>
      </div>
      {entries.length === 0 ? (
        <p className="q3 empty">{words.noneToday}</p>
      ) : (
        <ol className="card list day">
          {entries.map((entry) => (
            <Entry key={`${entry.code} ${entry.original}`} entry={entry} clocks={clocks} now={now} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Entry({ entry, clocks, now }: Omit<Props, "entries"> & { entry: AgendaEntry }) {
  const { text, language } = useLanguage("home");
  const words = text.home;
  const begins = new Date(entry.begins);
  const [here = "", there] = clocks.map(({ time_zone: zone }) => hourAt(zone, language, begins) ?? "");
  const isOver = Date.parse(entry.ends) <= now.getTime();
  const isNow = !isOver && begins <= now;
  const parties = entry.parties.map(({ name }) => name).join(" – ");
  const [to, Icon, what] =
    isOver && entry.is_host
      ? ([`/m/${entry.code}/attendance`, FileText, words.attendanceOf(entry.title)] as const)
      : ([
          entry.is_host && !isNow ? `/agenda/${entry.code}` : `/m/${entry.code}`,
          ChevronRight,
          words.open(entry.title),
        ] as const);
  return (
    <li className={isOver || entry.cancelled ? "past" : isNow ? "now" : undefined}>
      <div className="dayhours">
        <time dateTime={entry.begins}>{here}</time>
        {there !== undefined && <span>{there}</span>}
      </div>
      <div className="two grow">
        <span>{entry.title}</span>
        <span>{parties}</span>
      </div>
      {entry.cancelled ? (
        <span className="tag danger">{words.cancelled}</span>
      ) : isOver ? (
        <span className="tag">{words.over}</span>
      ) : (
        <Stamp marking={entry.marking} />
      )}
      <Link to={to} className="btn small icon ghost" aria-label={what}>
        <Icon className="i" aria-hidden />
      </Link>
    </li>
  );
}
