import { Plus } from "lucide-react";
import { useCallback, useState } from "react";
import { Form } from "react-aria-components";
import { createMeeting, listMeetings } from "../../api/meetings";
import { openAgenda } from "../../api/schedules";
import { useLanguage, useText } from "../../i18n";
import { go } from "../../navigation";
import { meetingCodeIn } from "../../routes";
import { useLoaded } from "../../useLoaded";
import { Button, Field, FormError, Loading, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { NextMeeting, nextOf } from "../agenda/next";
import { MeetingList } from "./MeetingList";
import "./home.css";

/** Meet now, join, and the meetings one holds. */
export function HomePage() {
  const { text, language } = useLanguage("home");
  const meetings = useLoaded(listMeetings);
  const load = useCallback(() => openAgenda(new Date(), new Date(Date.now() + WEEK)), []);
  const agenda = useLoaded(load);
  const next = nextOf(agenda.value?.entries ?? [], new Date());
  useTitle(text.nav.home);

  const today = new Date().toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
  return (
    <>
      <div className="head">
        <div>
          <h1>{text.home.greeting(today)}</h1>
          <p className="lede">{meetings.value ? text.home.lede(meetings.value.length) : text.app.loading}</p>
        </div>
      </div>
      {next && <NextMeeting entry={next} />}
      <StartForm quiet={next !== undefined} />
      <div className="columns">
        <section aria-labelledby="mine">
          <h2 id="mine">{text.home.mine}</h2>
          <FormError>{meetings.error}</FormError>
          {meetings.value ? (
            <MeetingList meetings={meetings.value} onChange={meetings.reload} />
          ) : (
            <Loading />
          )}
        </section>
        <JoinForm />
      </div>
    </>
  );
}

/** How far ahead the next meeting is looked for, in milliseconds. */
const WEEK = 7 * 24 * 3_600_000;

function StartForm({ quiet }: { quiet: boolean }) {
  const text = useText("home");
  const form = useForm();
  const [title, setTitle] = useState(text.home.defaultTitle);
  const [waitingRoom, setWaitingRoom] = useState(true);

  return (
    <section className={quiet ? "card inset start quietstart" : "cloth start"} aria-labelledby="start">
      <div className="grow">
        <h2 id="start">{text.home.startTitle}</h2>
        <p>{text.home.startLede}</p>
      </div>
      <Form
        className="startform"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => go(`/m/${(await createMeeting(title.trim(), waitingRoom)).code}`));
        }}
      >
        <FormError>{form.errorElsewhere("title")}</FormError>
        <Field
          label={text.home.meetingTitle}
          error={form.errorAt("title")}
          maxLength={120}
          value={title}
          onChange={setTitle}
          isRequired
        />
        <label className="check">
          <input
            type="checkbox"
            checked={waitingRoom}
            onChange={(event) => setWaitingRoom(event.target.checked)}
          />
          {text.home.waitingRoom}
        </label>
        <Button className="onclothbtn" type="submit" isPending={form.sending}>
          <Plus className="i" aria-hidden />
          {text.home.start}
        </Button>
      </Form>
    </section>
  );
}

function JoinForm() {
  const text = useText("home");
  const [typed, setTyped] = useState("");
  const [bad, setBad] = useState(false);

  return (
    <section aria-labelledby="join">
      <h2 id="join">{text.home.joinTitle}</h2>
      <Form
        className="card inset stack"
        onSubmit={(event) => {
          event.preventDefault();
          const code = meetingCodeIn(typed);
          setBad(code === undefined);
          if (code !== undefined) go(`/m/${code}`);
        }}
      >
        <Field
          label={text.home.joinLabel}
          help={text.home.joinHelp}
          error={bad ? text.home.joinBad : undefined}
          autoComplete="off"
          value={typed}
          onChange={setTyped}
        />
        <Button type="submit">{text.home.join}</Button>
      </Form>
    </section>
  );
}
