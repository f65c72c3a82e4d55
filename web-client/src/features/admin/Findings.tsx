import type { TableReport } from "../../api/tables";
import { useText } from "../../i18n";

/** What came of the lines, or would come of them; `whole` where one that will not do holds up all others. */
export function Findings({ report, whole = true }: { report: TableReport; whole?: boolean }) {
  const text = useText("people");
  const words = text.people.tables;
  const shown = report.lines
    .filter(({ what }) => (report.faulty > 0 && whole ? what === "fault" : what !== "same"))
    .slice(0, MOST_SHOWN);
  const told = report.faulty > 0 && whole ? report.faulty : report.faulty + report.added + report.changed;
  const more = told - shown.length;

  return (
    <div role="status">
      <p className="b">
        {report.faulty > 0 && whole
          ? words.faulty(report.faulty)
          : words.counts(report.added, report.changed, report.same)}
      </p>
      {report.faulty > 0 && !whole && <p>{words.leftOut(report.faulty)}</p>}
      {shown.length > 0 && (
        <ul className="findings sm" tabIndex={0} aria-label={whole ? words.lines : text.people.title}>
          {shown.map(({ line, name, what, field, reason }) => (
            <li key={line}>
              {whole && <span className="q3">{words.line(line)} </span>}
              {what === "fault" ? (
                <>
                  {!whole && `${name} : `}
                  {field != null && <b>{`${field} `}</b>}
                  {reason}
                </>
              ) : (
                `${name} : ${words.what[what]}`
              )}
            </li>
          ))}
        </ul>
      )}
      {more > 0 && <p className="sm q3">{words.more(more)}</p>}
    </div>
  );
}

const MOST_SHOWN = 100;
