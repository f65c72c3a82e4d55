import { useState } from "react";
import { ApiError } from "../../api/client";
import { importTable, saveTable, type TableOf, type TableReport } from "../../api/tables";
import { sentenceAt, useText } from "../../i18n";
import { Button, FormError, Sheet, TableFile } from "../../ui";
import { Findings } from "./Findings";
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
    <Sheet title={words.title[of]} help={words.help} wide onClose={onClose}>
      <p className="sm q2 columnsof">{words.columns[of]}</p>
      <FormError>{wrong}</FormError>
      {!report?.done && (
        <TableFile
          label={words.file}
          onChoose={(chosen) => {
            setFile(chosen);
            setReport(undefined);
            if (chosen) void send(chosen, true);
          }}
        />
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
    </Sheet>
  );
}
