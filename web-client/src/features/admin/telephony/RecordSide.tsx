import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { useText } from "../../../i18n";
import { Button, Confirm, FormError } from "../../../ui";
import type { useForm } from "../../../useForm";
import { Side } from "./Side";

interface Words {
  /** What kind of thing it is. */
  one: string;
  /** The title of one that is not there yet. */
  fresh: string;
  create: string;
  remove: string;
  removeTitle: string;
  removeHelp: (name: string) => string;
  saved: (name: string) => string;
  removed: (name: string) => string;
}

interface Props {
  words: Words;
  form: ReturnType<typeof useForm>;
  /** The fields that show their own errors. */
  fields: readonly string[];
  /** The one that is there already, and how to take it away. */
  record?: { title: string; subtitle?: string; name: string; remove: () => Promise<void> } | undefined;
  /** Writes it and answers with its name. */
  save: () => Promise<string>;
  onDone: (what: string) => void;
  onClose: () => void;
  children: ReactNode;
}

/** The card in which one thing is made, changed or taken away. */
export function RecordSide({ words, form, fields, record, save, onDone, onClose, children }: Props) {
  const text = useText("telephony");
  const [leaving, setLeaving] = useState(false);

  return (
    <Side
      kind={words.one}
      title={record?.title ?? words.fresh}
      {...(record?.subtitle === undefined ? {} : { subtitle: record.subtitle })}
      onClose={onClose}
    >
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => onDone(words.saved(await save())));
        }}
      >
        <FormError>{form.errorElsewhere(...fields)}</FormError>
        {children}
        <Button rank="primary" type="submit" isPending={form.sending}>
          {record ? text.telephony.save : words.create}
        </Button>
        {record && (
          <Button rank="ghost" onPress={() => setLeaving(true)}>
            {words.remove}
          </Button>
        )}
      </Form>
      {leaving && record && (
        <Confirm
          title={words.removeTitle}
          help={words.removeHelp(record.name)}
          action={words.remove}
          onConfirm={() =>
            void form.submit(async () => {
              await record.remove();
              onDone(words.removed(record.name));
            })
          }
          onClose={() => setLeaving(false)}
        />
      )}
    </Side>
  );
}
