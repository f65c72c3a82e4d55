import { Monitor, Phone } from "lucide-react";
import type { Attendee } from "../../api/attendance";
import { useLanguage } from "../../i18n";
import { DataTable } from "../../ui";
import { spanOf } from "../phone";
import { byParty } from "./parties";

interface Props {
  people: readonly Attendee[];
  day: string;
  hour: (time: string) => string;
}

/** Who was there: a delegation after the other, the head of each first. */
export function PeopleTable({ people, day, hour }: Props) {
  const { text } = useLanguage("attendance", "phone");
  const words = text.attendance;
  const parties = byParty(people);
  const heads = [words.name, words.role, words.post, words.by];
  return (
    <>
      <DataTable label={day}>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
            {[words.came, words.left, words.time].map((head) => (
              <th key={head} scope="col" className="num">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        {parties.map(({ party, people: its }) => (
          <tbody key={party}>
            {(party !== "" || parties.length > 1) && (
              <tr className="party">
                <th scope="rowgroup" colSpan={7}>
                  {party === "" ? words.noParty : party}
                </th>
              </tr>
            )}
            {its.map((one, at) => (
              <PersonLine key={at} one={one} hour={hour} />
            ))}
          </tbody>
        ))}
      </DataTable>
      {people.some((one) => one.interrupted) && <p className="sm q3">{`* ${words.interrupted}`}</p>}
    </>
  );
}

function PersonLine({ one, hour }: { one: Attendee; hour: (time: string) => string }) {
  const { text } = useLanguage("attendance", "phone");
  const words = text.attendance;
  return (
    <tr>
      <td>
        <span className="two">
          <span className="b">{one.name === "" ? text.phone.withheld : one.name}</span>
          {one.title !== null && <span>{one.title}</span>}
        </span>
      </td>
      <td>
        {one.is_head && one.role !== "head" && `${text.floor.roles.head}, `}
        {one.role === null ? "" : text.floor.roles[one.role]}
      </td>
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
  );
}

function By({ one }: { one: Attendee }) {
  const { text } = useLanguage("attendance", "phone");
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
