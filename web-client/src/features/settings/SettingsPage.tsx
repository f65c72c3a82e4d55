import { useState } from "react";
import { changePassword, type Me } from "../../api/accounts";
import { setMailboxPin } from "../../api/messages";
import { languages, nameOf, useLanguage, type Language } from "../../i18n";
import { Button, Choice, chooseTheme, chosenTheme, Link, testTone, useTitle, type Theme } from "../../ui";
import { CalendarSection, MailSection } from "./MailAndCalendar";
import { AccountForm, AccountLine } from "../auth";
import { recallRingDevice, rememberRingDevice, usePhone } from "../phone";
import { Devices } from "./Devices";
import { Greeting } from "./Greeting";
import { SecondFactor } from "./SecondFactor";
import { recallChoices, rememberChoices, useDevices, wordsFor, type Choices } from "../prejoin";

const themes: readonly Theme[] = ["system", "light", "dark", "contrast"];

/** What one may set for oneself. */
export function SettingsPage({ me }: { me: Me }) {
  const { text, language, speak } = useLanguage("settings", "auth");
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
      <RingDevice />
      <MailboxPin />
      <OwnGreeting />
      <MailSection />
      <CalendarSection />
      {(me.may.manage_phones || me.may.manage_people) && (
        <section className="section narrow">
          <h2>{text.settings.administration}</h2>
          <p className="row">
            <Link to="/telephony" className="btn plain">
              {text.auth.nav.telephony}
            </Link>
            <Link to="/users" className="btn plain">
              {text.auth.nav.users}
            </Link>
          </p>
        </section>
      )}
      {me.origin === "local" && <PasswordForm />}
      {me.origin !== "oidc" && <SecondFactor />}
      <Devices />
      <p className="narrow sm">
        <a href="/licences.txt" target="_blank" rel="license noreferrer">
          {text.settings.licences}
        </a>
      </p>
    </>
  );
}

/** Where calls ring, which may be another place than where one listens. */
function RingDevice() {
  const { text } = useLanguage("settings");
  const words = text.settings;
  const { speakers, microphones } = useDevices(undefined);
  const [choices, setChoices] = useState(recallChoices);
  const [ring, setRing] = useState(recallRingDevice);
  const choose = (change: Partial<Choices>) => {
    const next = { ...choices, ...change };
    rememberChoices(next);
    setChoices(next);
  };

  return (
    <section className="section narrow">
      <h2>{words.devicesTitle}</h2>
      <div className="stack">
        <Choice
          label={words.ringDevice}
          options={wordsFor(speakers, text)}
          chosen={ring}
          onChoose={(id) => {
            rememberRingDevice(id);
            setRing(id);
          }}
        />
        <Choice
          label={words.speaker}
          options={wordsFor(speakers, text)}
          chosen={choices.speakerId}
          onChoose={(speakerId) => choose({ speakerId })}
        />
        <Choice
          label={words.microphone}
          options={wordsFor(microphones, text)}
          chosen={choices.microphoneId}
          onChoose={(microphoneId) => choose({ microphoneId })}
        />
        <p>
          <Button onPress={() => void testTone(ring === "" ? undefined : ring)}>{words.tryRing}</Button>
        </p>
        <p>
          <Link to="/test" className="btn plain">
            {text.app.testLink}
          </Link>
        </p>
      </div>
    </section>
  );
}

function OwnGreeting() {
  const { state } = usePhone();
  return state.extension === null ? null : <Greeting />;
}

/** With what one's telephone opens one's mailbox. */
function MailboxPin() {
  const { text } = useLanguage("calls");
  const words = text.calls.messages;
  const { state } = usePhone();
  const [changed, setChanged] = useState(false);
  if (state.extension === null) return null;

  return (
    <section className="section narrow">
      <h2>{words.pinTitle}</h2>
      <AccountForm
        names={["pin"]}
        word={words.setPin}
        said={changed ? words.pinSet : ""}
        send={async (written) => {
          setChanged(false);
          await setMailboxPin(written.pin);
          setChanged(true);
        }}
      >
        <AccountLine name="pin" kind="newPassword" label={words.pin} help={words.pinHelp} />
      </AccountForm>
    </section>
  );
}

function PasswordForm() {
  const { text } = useLanguage("auth", "settings");
  const [changed, setChanged] = useState(false);

  return (
    <section className="section narrow">
      <h2>{text.settings.passwordTitle}</h2>
      <AccountForm
        names={["current", "new"]}
        word={text.auth.change}
        said={changed ? text.settings.changed : ""}
        send={async (written) => {
          setChanged(false);
          await changePassword(written.current, written.new);
          setChanged(true);
        }}
      >
        <AccountLine name="current" kind="password" label={text.settings.current} />
        <AccountLine name="new" kind="newPassword" label={text.auth.next} help={text.auth.nextHelp} />
      </AccountForm>
    </section>
  );
}
