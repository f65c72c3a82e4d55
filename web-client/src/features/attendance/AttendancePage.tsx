import { Download, Printer } from "lucide-react";
import { useCallback } from "react";
import { agendaFile, attendanceFile, loadAttendance, type Sitting } from "../../api/attendance";
import { useLanguage } from "../../i18n";
import { Button, FormError, Loading, useTitle } from "../../ui";
import { useLoaded } from "../../useLoaded";
import { PeopleTable } from "./PeopleTable";
import { Proceedings } from "./Proceedings";
import "./attendance.css";

/** Who was in a meeting, for its host: on the screen, on paper, and as a table. */
export function AttendancePage({ code }: { code: string }) {
  const { text, language } = useLanguage("attendance");
  const words = text.attendance;
  const load = useCallback(() => loadAttendance(code), [code]);
  const list = useLoaded(load);
  useTitle(words.title);

  return (
    <>
      <div className="head listhead">
        <div>
          <h1>{words.title}</h1>
          {list.value && <p className="lede">{list.value.title}</p>}
        </div>
        <div className="row noprint tools">
          <Button onPress={list.reload}>{words.again}</Button>
          <a className="btn plain" href={attendanceFile(code, language)} download>
            <Download className="i s" aria-hidden />
            {words.peopleFile}
          </a>
          <a className="btn plain" href={agendaFile(code, language)} download>
            <Download className="i s" aria-hidden />
            {words.agendaFile}
          </a>
          <Button onPress={() => window.print()}>
            <Printer className="i s" aria-hidden />
            {words.print}
          </Button>
        </div>
      </div>
      <FormError>{list.error}</FormError>
      {list.value
        ? list.value.sittings.map((sitting) => (
            <SittingPart key={sitting.began} sitting={sitting} zone={list.value?.time_zone ?? "UTC"} />
          ))
        : list.error === undefined && <Loading />}
      {list.value?.sittings.length === 0 && <p className="q3 empty">{words.none}</p>}
      {list.value && <p className="sm q3">{words.zone(cityOf(list.value.time_zone))}</p>}
    </>
  );
}

/** `Porto-Novo` of `Africa/Porto-Novo`. */
const cityOf = (zone: string) => (zone.split("/").at(-1) ?? zone).replace(/_/g, " ");

function SittingPart({ sitting, zone }: { sitting: Sitting; zone: string }) {
  const { text, language } = useLanguage("attendance");
  const words = text.attendance;
  const hour = (time: string) =>
    new Date(time).toLocaleTimeString(language, {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
  const day = new Date(sitting.began).toLocaleDateString(language, {
    timeZone: zone,
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
  });
  return (
    <section className="sitting" aria-label={day}>
      <h2>
        {day}
        <span className="sm q2">
          {sitting.ended === null
            ? words.since(hour(sitting.began))
            : words.span(hour(sitting.began), hour(sitting.ended))}
        </span>
      </h2>
      <PeopleTable people={sitting.people} day={day} hour={hour} />
      <Proceedings sitting={sitting} hour={hour} />
    </section>
  );
}
