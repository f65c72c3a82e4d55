import type { AgendaEntry } from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { go } from "../../navigation";
import { Button, Flag, Stamp } from "../../ui";
import { hourAt, useNow } from "../phone";
import { otherClocks } from "./week";
import "./agenda.css";

/** The next meeting, on the cloth, with both clocks and the one button. */
export function NextMeeting({ entry }: { entry: AgendaEntry }) {
  const { text, language } = useLanguage("agenda");
  const words = text.agenda;
  const now = useNow(30_000);
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const [begins, ends] = [new Date(entry.begins), new Date(entry.ends)];
  const minutes = Math.ceil((begins.getTime() - now.getTime()) / 60_000);
  const span = (zone: string) =>
    `${hourAt(zone, language, begins) ?? ""} – ${hourAt(zone, language, ends) ?? ""}`;

  return (
    <section className="cloth nextmeeting" aria-labelledby="next">
      <div className="nexthead">
        <p>
          <b>{words.startsIn(minutes)}</b>{" "}
          {begins.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" })}
        </p>
        <Stamp marking={entry.marking} onCloth />
      </div>
      <h2 id="next">{entry.title}</h2>
      <p className="nextclocks">
        <span>
          <b>{span(own)}</b> {words.here}
        </span>
        {otherClocks(entry, own).map(({ place, zone }) => (
          <span key={zone}>
            <b>{span(zone)}</b> {place}
          </span>
        ))}
      </p>
      <div className="nextfoot">
        <ul>
          {entry.parties.map((party) => (
            <li key={party.name}>
              <b>
                {party.country !== null && <Flag country={party.country} />}
                {party.name}
              </b>
              {party.head && (
                <span className="sm">
                  {party.head}
                  {words.others(party.seats - 1)}
                </span>
              )}
            </li>
          ))}
        </ul>
        <Button className="onclothbtn" onPress={() => go(`/m/${entry.code}`)}>
          {words.form.enter}
        </Button>
      </div>
    </section>
  );
}
