import type { Sitting } from "../../api/attendance";
import { useLanguage } from "../../i18n";
import { DataTable } from "../../ui";
import { spanOf } from "../phone";

interface Props {
  sitting: Sitting;
  hour: (time: string) => string;
}

/** What was under discussion from when to when, and who spoke how long. */
export function Proceedings({ sitting, hour }: Props) {
  const words = useLanguage("attendance").text.attendance;
  const { agenda, spoken } = sitting;
  return (
    <>
      {agenda.length > 0 && (
        <>
          <h3>{words.agenda}</h3>
          <DataTable label={words.agenda}>
            <thead>
              <tr>
                <th scope="col">{words.item}</th>
                {[words.from, words.to, words.time, words.planned].map((head) => (
                  <th key={head} scope="col" className="num">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {agenda.map((point) => (
                <tr key={point.began}>
                  <td>
                    <b>{`${point.number}. ${point.title}`}</b>
                  </td>
                  <td className="num">{hour(point.began)}</td>
                  <td className="num">
                    {point.ended === null ? (
                      <span className="tag leaf">{words.open}</span>
                    ) : (
                      hour(point.ended)
                    )}
                  </td>
                  <td className="num">{spanOf(point.seconds * 1_000)}</td>
                  <td className="num">{point.planned_minutes > 0 && words.minutes(point.planned_minutes)}</td>
                </tr>
              ))}
            </tbody>
          </DataTable>
        </>
      )}
      {spoken.length > 0 && (
        <>
          <h3>{words.spoken}</h3>
          <DataTable label={words.spoken}>
            <thead>
              <tr>
                <th scope="col">{words.party}</th>
                {[words.speeches, words.time].map((head) => (
                  <th key={head} scope="col" className="num">
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {spoken.map((one) => (
                <tr key={one.party ?? `${one.name ?? ""} `}>
                  <td className="b">{one.party ?? one.name}</td>
                  <td className="num">{one.times}</td>
                  <td className="num">{spanOf(one.seconds * 1_000)}</td>
                </tr>
              ))}
            </tbody>
          </DataTable>
        </>
      )}
    </>
  );
}
