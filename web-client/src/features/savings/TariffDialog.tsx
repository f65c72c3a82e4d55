import { useState } from "react";
import { importTable, type Imported, type TableKind } from "../../api/savings";
import { useText } from "../../i18n";
import { Button, Choice, FormError, Sheet, TableFile } from "../../ui";
import { useForm } from "../../useForm";

/** Brings in tariffs or rates from a table: tried first, taken whole or not at all. */
export function TariffDialog({ onClose }: { onClose: () => void }) {
  const text = useText("savings");
  const words = text.savings.tariffs;
  const form = useForm();
  const [kind, setKind] = useState<TableKind>("tariffs");
  const [table, setTable] = useState<string>();
  const [seen, setSeen] = useState<Imported>();

  const send = (tryOnly: boolean) =>
    form.submit(async () => {
      if (table !== undefined) setSeen(await importTable(kind, table, tryOnly));
    });
  const choose = (chosen: File | undefined) => {
    setSeen(undefined);
    if (chosen === undefined) setTable(undefined);
    else void chosen.text().then(setTable);
  };
  const faults = seen?.faults ?? [];

  return (
    <Sheet title={words.title} help={words.help} wide onClose={onClose}>
      <FormError>{form.errorElsewhere()}</FormError>
      <Choice
        label={words.kind}
        options={[
          { id: "tariffs", word: words.kinds.tariffs },
          { id: "rates", word: words.kinds.rates },
        ]}
        chosen={kind}
        onChoose={(chosen) => {
          setKind(chosen as TableKind);
          setSeen(undefined);
        }}
      />
      <p className="sm q2 columnsof">{words.columns[kind]}</p>
      <TableFile label={words.file} onChoose={choose} />
      <div role="status" className="stack">
        {seen && faults.length === 0 && (
          <p className="b">{seen.taken ? words.taken(seen.lines) : words.good(seen.lines)}</p>
        )}
        {faults.length > 0 && (
          <>
            <p className="b">{words.faults}</p>
            <ul className="findings sm" tabIndex={0} aria-label={words.faults}>
              {faults.map((fault) => (
                <li key={fault.line}>{words.fault(fault.line, fault.reason)}</li>
              ))}
            </ul>
          </>
        )}
      </div>
      <div className="actions">
        <Button onPress={onClose}>{seen?.taken ? words.close : text.app.cancel}</Button>
        {!seen?.taken && (
          <>
            <Button isDisabled={table === undefined} isPending={form.sending} onPress={() => void send(true)}>
              {words.tryIt}
            </Button>
            <Button
              rank="primary"
              isDisabled={table === undefined}
              isPending={form.sending}
              onPress={() => void send(false)}
            >
              {words.take}
            </Button>
          </>
        )}
      </div>
    </Sheet>
  );
}
