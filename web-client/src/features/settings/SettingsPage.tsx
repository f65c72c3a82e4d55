import { useState } from "react";
import { Form } from "react-aria-components";
import { changePassword } from "../../api/accounts";
import { languages, nameOf, useLanguage, type Language } from "../../i18n";
import { Button, Choice, chooseTheme, chosenTheme, Field, FormError, useTitle, type Theme } from "../../ui";
import { useForm } from "../../useForm";

const themes: readonly Theme[] = ["system", "light", "dark", "contrast"];

/** What one may set for oneself. */
export function SettingsPage() {
  const { text, language, speak } = useLanguage();
  const [theme, setTheme] = useState<Theme>(chosenTheme);
  useTitle(text.settings.title);

  return (
    <>
      <div className="head">
        <div>
          <h1>{text.settings.title}</h1>
          <p className="lede">{text.settings.lede}</p>
        </div>
      </div>
      <section className="section narrow">
        <h2>{text.app.appearance}</h2>
        <div className="stack">
          <Choice
            label={text.app.languageLabel}
            options={languages.map((each) => ({ id: each, word: nameOf(each) }))}
            chosen={language}
            onChoose={(next) => speak(next as Language)}
          />
          <Choice
            label={text.app.theme}
            options={themes.map((each) => ({ id: each, word: text.app.themes[each] }))}
            chosen={theme}
            onChoose={(next) => {
              chooseTheme(next as Theme);
              setTheme(next as Theme);
            }}
          />
        </div>
      </section>
      <PasswordForm />
    </>
  );
}

function PasswordForm() {
  const { text } = useLanguage();
  const form = useForm();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [changed, setChanged] = useState(false);

  return (
    <section className="section narrow">
      <h2>{text.settings.passwordTitle}</h2>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setChanged(false);
          void form.submit(async () => {
            await changePassword(current, next);
            setCurrent("");
            setNext("");
            setChanged(true);
          });
        }}
      >
        <FormError>{form.errorElsewhere("current", "new")}</FormError>
        <Field
          label={text.settings.current}
          error={form.errorAt("current")}
          type="password"
          name="current"
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
          isRequired
        />
        <Field
          label={text.settings.next}
          help={text.settings.nextHelp}
          error={form.errorAt("new")}
          type="password"
          name="new"
          autoComplete="new-password"
          value={next}
          onChange={setNext}
          isRequired
        />
        <div className="row">
          <Button rank="primary" type="submit" isPending={form.sending}>
            {text.settings.change}
          </Button>
          <p role="status" className="sm q2">
            {changed ? text.settings.changed : ""}
          </p>
        </div>
      </Form>
    </section>
  );
}
