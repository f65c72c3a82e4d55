import { ChevronLeft, ChevronRight, Plus } from "lucide-react";
import { useCallback, useState } from "react";
import { openAgenda, type AgendaEntry } from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { go } from "../../navigation";
import { Button, FormError, Link, Loading, Stamp, useTitle } from "../../ui";
import { useLoaded } from "../../useLoaded";
import { hourAt } from "../phone";
import { daysAfter, mondayOf, otherClocks, weekOf } from "./week";
import "./agenda.css";

/** A week of meetings; a list on phones. */
export function AgendaPage() {
  const { text, language } = useLanguage("agenda");
  const words = text.agenda;
  const [monday, setMonday] = useState(() => mondayOf(new Date()));
  const load = useCallback(() => openAgenda(monday, daysAfter(monday, 7)), [monday]);
  const agenda = useLoaded(load);
  useTitle(words.title);

  const short = (day: Date) => day.toLocaleDateString(language, { day: "numeric", month: "long" });
  const today = new Date().toDateString();
  const days = agenda.value && weekOf(monday, agenda.value.entries);
  return (
    <>
      <div className="head">
        <div>
          <h1>{words.title}</h1>
          <p className="lede">{agenda.value ? words.lede(agenda.value.entries.length) : text.app.loading}</p>
        </div>
        <Button rank="primary" onPress={() => go("/agenda/new")}>
          <Plus className="i" aria-hidden />
          {words.plan}
        </Button>
      </div>
      <div className="row weekbar">
        <Button
          small
          className="icon"
          aria-label={words.previous}
          onPress={() => setMonday(daysAfter(monday, -7))}
        >
          <ChevronLeft className="i s" aria-hidden />
        </Button>
        <Button small onPress={() => setMonday(mondayOf(new Date()))}>
          {words.today}
        </Button>
        <Button
          small
          className="icon"
          aria-label={words.next}
          onPress={() => setMonday(daysAfter(monday, 7))}
        >
          <ChevronRight className="i s" aria-hidden />
        </Button>
        <p className="b" aria-live="polite">
          {words.week(short(monday), short(daysAfter(monday, 6)))}
        </p>
      </div>
      <FormError>{agenda.error}</FormError>
      {days ? (
        <ol className="week">
          {days.map(({ day, entries }) => (
            <li key={day.getTime()} className={day.toDateString() === today ? "today" : ""}>
              <h2 className="dayname">
                {day.toLocaleDateString(language, { weekday: "long", day: "numeric" })}
              </h2>
              {entries.length === 0 ? (
                <p className="sm q3 nothing">{words.none}</p>
              ) : (
                <ul className="dayentries">
                  {entries.map((entry) => (
                    <Entry key={`${entry.code} ${entry.original}`} entry={entry} />
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ol>
      ) : (
        <Loading />
      )}
    </>
  );
}

function Entry({ entry }: { entry: AgendaEntry }) {
  const { text, language } = useLanguage("agenda");
  const words = text.agenda;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const begins = new Date(entry.begins);
  const parties = entry.parties.map((party) => party.name).join(" – ");
  const { accepted, declined, open, tentative } = entry.answers;

  return (
    <li className={entry.cancelled ? "entry off" : "entry"}>
      <div className="entryclocks">
        <b>{hourAt(own, language, begins)}</b>
        {otherClocks(entry, own).map(({ place, zone }) => (
          <span key={zone} className="sm q3">
            {hourAt(zone, language, begins)} {place}
          </span>
        ))}
      </div>
      <Link to={entry.is_host ? `/agenda/${entry.code}` : `/m/${entry.code}`} className="entrytitle">
        {entry.title}
      </Link>
      {parties !== "" && <p className="sm q2">{parties}</p>}
      <p className="row entrytags">
        <Stamp marking={entry.marking} />
        {entry.cancelled && <span className="tag danger">{words.cancelled}</span>}
        {!entry.invited && !entry.cancelled && <span className="tag">{words.draft}</span>}
        {entry.in_session && <span className="tag voice">{words.inSession}</span>}
      </p>
      {entry.is_host && entry.invited && accepted + declined + open + tentative > 0 && (
        <p className="sm q3">{words.answers(accepted, declined, open + tentative)}</p>
      )}
    </li>
  );
}
