import { useState } from "react";
import { changePassword } from "../../api/accounts";
import { languages, nameOf, useLanguage, type Language } from "../../i18n";
import { Choice, chooseTheme, chosenTheme, useTitle, type Theme } from "../../ui";
import { AccountForm, AccountLine } from "../auth";

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
  const [changed, setChanged] = useState(false);

  return (
    <section className="section narrow">
      <h2>{text.settings.passwordTitle}</h2>
      <AccountForm
        names={["current", "new"]}
        word={text.settings.change}
        said={changed ? text.settings.changed : ""}
        send={async (written) => {
          setChanged(false);
          await changePassword(written.current, written.new);
          setChanged(true);
        }}
      >
        <AccountLine name="current" kind="password" label={text.settings.current} />
        <AccountLine name="new" kind="newPassword" label={text.settings.next} help={text.settings.nextHelp} />
      </AccountForm>
    </section>
  );
}
