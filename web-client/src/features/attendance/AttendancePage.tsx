import { Download, Monitor, Phone, Printer } from "lucide-react";
import { useCallback } from "react";
import { attendanceFile, loadAttendance, type Attendee, type Sitting } from "../../api/attendance";
import { useLanguage } from "../../i18n";
import { Button, FormError, Loading, useTitle } from "../../ui";
import { useLoaded } from "../../useLoaded";
import { spanOf } from "../phone";
import "./attendance.css";

/** Who was in a meeting, for its host: on the screen, on paper, and as a table. */
export function AttendancePage({ code }: { code: string }) {
  const { text } = useLanguage("attendance");
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
          <a className="btn plain" href={attendanceFile(code)} download>
            <Download className="i s" aria-hidden />
            CSV
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
            <SittingTable key={sitting.began} sitting={sitting} zone={list.value?.time_zone ?? "UTC"} />
          ))
        : list.error === undefined && <Loading />}
      {list.value?.sittings.length === 0 && <p className="q3 empty">{words.none}</p>}
      {list.value && <p className="sm q3">{words.zone(cityOf(list.value.time_zone))}</p>}
    </>
  );
}

/** `Porto-Novo` of `Africa/Porto-Novo`. */
const cityOf = (zone: string) => (zone.split("/").at(-1) ?? zone).replace(/_/g, " ");

function SittingTable({ sitting, zone }: { sitting: Sitting; zone: string }) {
  const { text, language } = useLanguage("attendance", "phone");
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
  const hasParties = sitting.people.some((one) => one.party !== null);
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
      <div className="card scrolls" tabIndex={0} role="group" aria-label={day}>
        <table className="data">
          <thead>
            <tr>
              <th scope="col">{words.name}</th>
              {hasParties && <th scope="col">{words.party}</th>}
              <th scope="col">{words.post}</th>
              <th scope="col">{words.by}</th>
              <th scope="col" className="num">
                {words.came}
              </th>
              <th scope="col" className="num">
                {words.left}
              </th>
              <th scope="col" className="num">
                {words.time}
              </th>
            </tr>
          </thead>
          <tbody>
            {sitting.people.map((one, at) => (
              <tr key={at}>
                <td className="b">{one.name === "" ? text.phone.withheld : one.name}</td>
                {hasParties && <td>{one.party}</td>}
                <td>{one.post ?? words.guest}</td>
                <td>
                  <By one={one} />
                </td>
                <td className="num">{hour(one.joined)}</td>
                <td className="num">
                  {one.left === null ? <span className="tag leaf">{words.inside}</span> : hour(one.left)}
                  {one.interrupted && <span className="hide">{`, ${words.interrupted}`}</span>}
                  {one.interrupted && <span aria-hidden> *</span>}
                </td>
                <td className="num">
                  {spanOf(one.seconds * 1_000)}
                  {one.times > 1 && <span className="q3">{` · ${words.times(one.times)}`}</span>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sitting.people.some((one) => one.interrupted) && <p className="sm q3">{`* ${words.interrupted}`}</p>}
    </section>
  );
}

function By({ one }: { one: Attendee }) {
  const { text } = useLanguage("attendance");
  const words = text.attendance;
  const Icon = one.kind === "phone" ? Phone : Monitor;
  const number = one.extension ?? one.number;
  return (
    <span className="row by">
      <Icon className="i s" aria-hidden />
      {one.kind === "phone" && number !== null ? words.phoneOf(number) : words.kinds[one.kind]}
    </span>
  );
}
