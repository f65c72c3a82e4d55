import { useEffect, useState } from "react";
import { importDirectory, type TableReport } from "../../api/tables";
import { useText } from "../../i18n";
import { Button, FormError, Loading, Sheet } from "../../ui";
import { useForm } from "../../useForm";
import { Findings } from "./Findings";
import "./people.css";

interface Props {
  onDone: (what: string) => void;
  onClose: () => void;
}

/** Brings the people of the ministry's directory in: what would change is shown first. */
export function DirectoryDialog({ onDone, onClose }: Props) {
  const text = useText("people");
  const words = text.people.tables;
  const { submit, sending, errorElsewhere } = useForm();
  const [report, setReport] = useState<TableReport>();
  const [asked, setAsked] = useState(0);

  useEffect(() => {
    // Asked once for each press; the first time by opening.
    void submit(async () => setReport(await importDirectory(true)));
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [asked]);

  const changes = report && !report.done ? report.added + report.changed : 0;
  const error = errorElsewhere();
  return (
    <Sheet title={words.directoryTitle} help={words.directoryHelp} wide onClose={onClose}>
      <FormError>{error}</FormError>
      {report ? <Findings report={report} whole={false} /> : error === undefined && <Loading />}
      <div className="actions">
        <Button onPress={onClose}>{text.app.cancel}</Button>
        {error === undefined ? (
          <Button
            rank="primary"
            isDisabled={changes === 0}
            isPending={sending}
            onPress={() =>
              void submit(async () => {
                const done = await importDirectory(false);
                onDone(words.done(done.added, done.changed));
                onClose();
              })
            }
          >
            {changes > 0 ? words.bringPeople(changes) : words.bringNothing}
          </Button>
        ) : (
          <Button rank="primary" isPending={sending} onPress={() => setAsked(asked + 1)}>
            {text.app.retry}
          </Button>
        )}
      </div>
    </Sheet>
  );
}
