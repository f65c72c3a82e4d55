import { useState } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { ApiError } from "../../api/client";
import { importTable, saveTable, type TableOf, type TableReport } from "../../api/tables";
import { sentenceAt, useText } from "../../i18n";
import { Button, FormError } from "../../ui";
import { Check } from "./telephony/shared";
import "./people.css";

interface Props {
  of: TableOf;
  onDone: (what: string) => void;
  onClose: () => void;
}

/** Brings a table in: it is tried first, every line is told, and then all of it is done or nothing. */
export function ImportDialog({ of, onDone, onClose }: Props) {
  const text = useText("fields", "people");
  const words = text.people.tables;
  const [file, setFile] = useState<File>();
  const [report, setReport] = useState<TableReport>();
  const [passwords, setPasswords] = useState(true);
  const [wrong, setWrong] = useState<string>();
  const [working, setWorking] = useState(false);

  const send = async (table: File, dry: boolean) => {
    setWorking(true);
    setWrong(undefined);
    try {
      const next = await importTable(of, table, { dry_run: dry, passwords: of === "people" && passwords });
      setReport(next);
      if (!next.done) return;
      const made = next.passwords ?? [];
      if (made.length > 0) {
        saveTable("palabre-passwords.csv", [
          ["email", "password"],
          ...made.map(({ email, password }) => [email, password]),
        ]);
      }
      onDone(words.done(next.added, next.changed));
      if (made.length === 0) onClose();
    } catch (error) {
      setReport(undefined);
      const failure = error instanceof ApiError ? error : undefined;
      const sentence = sentenceAt(text, failure?.code ?? "unexpected", failure?.field);
      setWrong(failure?.reason === undefined ? sentence : `${sentence} (${failure.reason})`);
    } finally {
      setWorking(false);
    }
  };
  const ready = report !== undefined && !report.done && report.faulty === 0;
  const something = ready && report.added + report.changed > 0;

  return (
    <ModalOverlay
      className="veil"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="dialog tabledialog">
        <Dialog>
          <div className="stack">
            <div>
              <Heading slot="title">{words.title[of]}</Heading>
              <p className="lede">{words.help}</p>
            </div>
            <p className="sm q2 columns-named">{words.columns[of]}</p>
            <FormError>{wrong}</FormError>
            {!report?.done && (
              <label className="filefield">
                <span className="label">{words.file}</span>
                <input
                  type="file"
                  accept=".csv,text/csv"
                  onChange={(event) => {
                    const chosen = event.target.files?.[0];
                    setFile(chosen);
                    setReport(undefined);
                    if (chosen) void send(chosen, true);
                  }}
                />
              </label>
            )}
            {of === "people" && !report?.done && (
              <Check label={words.passwords} checked={passwords} onChange={setPasswords} />
            )}
            {report && <Findings report={report} />}
            {report?.done && (report.passwords?.length ?? 0) > 0 && <p>{words.passwordsSaved}</p>}
            <div className="actions">
              <Button onPress={onClose}>{report?.done ? text.app.close : text.app.cancel}</Button>
              {!report?.done && (
                <Button
                  rank="primary"
                  isDisabled={!something}
                  isPending={working}
                  onPress={() => {
                    if (file) void send(file, false);
                  }}
                >
                  {something ? words.bring(report.added + report.changed) : words.bringNothing}
                </Button>
              )}
            </div>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** What came of the lines, or would come of them. */
function Findings({ report }: { report: TableReport }) {
  const text = useText("fields", "people");
  const words = text.people.tables;
  const shown = report.lines
    .filter(({ what }) => report.faulty === 0 || what === "fault")
    .slice(0, MOST_SHOWN);
  const more = (report.faulty > 0 ? report.faulty : report.added + report.changed) - shown.length;

  return (
    <div role="status">
      <p className="b">
        {report.faulty > 0
          ? words.faulty(report.faulty)
          : words.counts(report.added, report.changed, report.same)}
      </p>
      {shown.length > 0 && (
        <ul className="findings sm" tabIndex={0} aria-label={words.lines}>
          {shown.map(({ line, name, what, field, reason }) => (
            <li key={line}>
              <span className="q3">{words.line(line)}</span>{" "}
              {what === "fault" ? (
                <>
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
