import { useState } from "react";
import { Form } from "react-aria-components";
import { removeNumber, setNumber, type PublicNumber, type Trunk } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, Choice, Field, FormError } from "../../../ui";
import { useForm } from "../../../useForm";
import { Table } from "./Table";

interface Props {
  numbers: readonly PublicNumber[];
  trunks: readonly Trunk[];
  onChanged: (what: string) => void;
}

/** Where public numbers lead. */
export function Numbers({ numbers, trunks, onChanged }: Props) {
  const text = useText("telephony");
  const words = text.telephony.numbers;
  const form = useForm();
  const [trunk, setTrunk] = useState(String(trunks[0]?.id ?? ""));
  const [number, setTyped] = useState("");
  const [target, setTarget] = useState("");
  const chosen = trunks.some(({ id }) => String(id) === trunk) ? trunk : String(trunks[0]?.id ?? "");
  const nameOf = (number: string) => (number === "" ? words.others : number);

  return (
    <section aria-labelledby="numbers">
      <div className="blockhead">
        <h2 id="numbers">{words.title}</h2>
      </div>
      <FormError>{form.errorElsewhere("number", "target")}</FormError>
      <Table
        label={words.title}
        items={numbers}
        keyOf={({ trunk, number }) => `${trunk}/${number}`}
        columns={[
          { head: words.number, cell: ({ number }) => nameOf(number), rank: "main" },
          { head: words.line, cell: ({ trunk_name }) => trunk_name },
          { head: words.target, cell: ({ target }) => target },
        ]}
        action={{
          word: text.telephony.remove,
          nameOf: ({ number }) => words.removeNamed(nameOf(number)),
          onPress: (each) =>
            void form.submit(async () => {
              await removeNumber(each);
              onChanged(words.removed(nameOf(each.number)));
            }),
        }}
        none={words.none}
      />
      <Form
        className="inline"
        aria-label={words.add}
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            await setNumber({ trunk: Number(chosen), number, target });
            onChanged(words.saved(nameOf(number), target));
            setTyped("");
            setTarget("");
          });
        }}
      >
        <Field
          label={words.number}
          error={form.errorAt("number") && words.bad}
          name="public-number"
          inputMode="tel"
          autoComplete="off"
          maxLength={30}
          value={number}
          onChange={setTyped}
        />
        <Choice
          label={words.line}
          options={trunks.map(({ id, name }) => ({ id: String(id), word: name }))}
          chosen={chosen}
          onChoose={setTrunk}
        />
        <Field
          label={words.target}
          error={form.errorAt("target")}
          name="target"
          inputMode="numeric"
          autoComplete="off"
          maxLength={10}
          value={target}
          onChange={setTarget}
          isRequired
        />
        <Button type="submit" isPending={form.sending}>
          {words.add}
        </Button>
      </Form>
    </section>
  );
}
