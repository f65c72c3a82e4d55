import { CircleAlert, CircleCheck } from "lucide-react";
import { useCallback, useState } from "react";
import { Form } from "react-aria-components";
import { explainNumber, planProblems, type Outcome } from "../../../api/phones";
import { useLanguage } from "../../../i18n";
import { Button, Field, FormError } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";

/** Where a number would lead and why, and what is wrong with the plan. */
export function ExplainTab() {
  const { text, language } = useLanguage("telephony");
  const words = text.telephony.explain;
  const problems = useLoaded(useCallback(() => planProblems(language), [language]));
  const form = useForm();
  const [from, setFrom] = useState("");
  const [number, setNumber] = useState("");
  const [found, setFound] = useState<{ outcome: Outcome; sentences: string[] }>();

  return (
    <>
      <p className="q2">{words.lede}</p>
      <FormError>{problems.error ?? form.errorElsewhere("from", "number")}</FormError>
      <Form
        className="inline"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => setFound(await explainNumber({ from, number, language })));
        }}
      >
        <Field
          label={words.from}
          help={words.fromHelp}
          error={form.errorAt("from")}
          name="from"
          autoComplete="off"
          maxLength={80}
          value={from}
          onChange={setFrom}
          isRequired
        />
        <Field
          label={words.number}
          help={words.numberHelp}
          error={form.errorAt("number") && words.numberMissing}
          name="dialled"
          inputMode="tel"
          autoComplete="off"
          maxLength={40}
          value={number}
          onChange={setNumber}
          isRequired
        />
        <Button rank="primary" type="submit" isPending={form.sending}>
          {words.ask}
        </Button>
      </Form>
      <div role="status" className="answer" aria-label={words.result}>
        {found && (
          <div className="card inset explained">
            <span className={found.outcome === "refused" ? "tag danger" : "tag leaf"}>
              {words.outcomes[found.outcome]}
            </span>
            <ol>
              {found.sentences.map((sentence, at) => (
                <li key={at}>{sentence}</li>
              ))}
            </ol>
          </div>
        )}
      </div>
      {problems.value && (
        <section aria-labelledby="problems">
          <div className="blockhead">
            <h2 id="problems">{words.problems(problems.value.length)}</h2>
          </div>
          <ul className="problems">
            {problems.value.length === 0 && (
              <li className="notice">
                <CircleCheck className="i" aria-hidden />
                <span>{words.noProblem}</span>
              </li>
            )}
            {problems.value.map((problem) => (
              <li key={problem} className="notice warn">
                <CircleAlert className="i" aria-hidden />
                <span>{problem}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
