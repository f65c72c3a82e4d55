import { Plus } from "lucide-react";
import { useCallback, useState } from "react";
import { Form } from "react-aria-components";
import type { Hours, Me } from "../../api/accounts";
import { createMeeting, listMeetings } from "../../api/meetings";
import { openAgenda, type AgendaEntry } from "../../api/schedules";
import { useLanguage, useText, type Words } from "../../i18n";
import { go } from "../../navigation";
import { meetingCodeIn } from "../../routes";
import { useLoaded } from "../../useLoaded";
import { Button, Field, FormError, Loading, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { daysAfter, NextMeeting, nextOf } from "../agenda/next";
import { hourAt, useNow } from "../phone";
import { CallBox } from "./CallBox";
import { clocksOf } from "./clocks";
import { TwoClocks } from "./TwoClocks";
import { Day } from "./Day";
import { MeetingList } from "./MeetingList";
import { Saved } from "./Saved";
import "./home.css";

/** What today brings, whom to call, meetings to open and to join. */
export function HomePage({ me }: { me: Me }) {
  const { text, language } = useLanguage("home", "auth");
  const words = text.home;
  const meetings = useLoaded(listMeetings);
  const now = useNow(30_000);
  const today = now.toDateString();
  const load = useCallback(() => {
    const midnight = daysAfter(new Date(today), 0);
    return openAgenda(midnight, daysAfter(midnight, AHEAD));
  }, [today]);
  const agenda = useLoaded(load);
  const entries = agenda.value?.entries ?? [];
  const next = nextOf(entries, now);
  // Until then nobody knows what is to be large.
  const isKnown = agenda.value !== undefined || agenda.error !== undefined;
  const clocks = clocksOf(me.clocks, Intl.DateTimeFormat().resolvedOptions().timeZone, now);
  useTitle(text.auth.nav.home);

  const date = now.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
  return (
    <>
      <div className="head homehead">
        <div>
          <h1>{words.greeting(date)}</h1>
          {agenda.error === undefined && (
            <p className="lede">
              {agenda.value ? lede(entries, now, clocks[0], words, language) : text.app.loading}
            </p>
          )}
        </div>
        <TwoClocks clocks={clocks} />
      </div>
      {next ? <NextMeeting entry={next} /> : isKnown && <StartForm quiet={false} />}
      <div className="columns homecolumns">
        <div className="stack homemain">
          <div>
            <FormError>{agenda.error}</FormError>
            {agenda.value && (
              <Day entries={entries.filter((entry) => isOn(entry, today))} clocks={clocks} now={now} />
            )}
            {me.may.administer && <Saved />}
          </div>
          {next && <StartForm quiet />}
          <section aria-labelledby="mine">
            <div className="sectionhead">
              <h2 id="mine">{words.mine}</h2>
            </div>
            <FormError>{meetings.error}</FormError>
            {meetings.value ? (
              <MeetingList meetings={meetings.value} onChange={meetings.reload} />
            ) : (
              <Loading />
            )}
          </section>
        </div>
        <div className="stack homeside">
          <CallBox />
          <JoinForm />
        </div>
      </div>
    </>
  );
}

/** How many days ahead the next meeting is looked for. */
const AHEAD = 8;

const isOn = (entry: AgendaEntry, day: string) => new Date(entry.begins).toDateString() === day;

/** What is left of the day, in one sentence or two. */
function lede(
  entries: readonly AgendaEntry[],
  now: Date,
  here: Hours | undefined,
  words: Words<"home">["home"],
  language: string,
): string {
  const today = entries.filter((entry) => isOn(entry, now.toDateString()) && !entry.cancelled);
  const left = today.filter(({ ends }) => Date.parse(ends) > now.getTime());
  const [first] = left;
  if (!first) return today.length === 0 ? words.noneToday : words.today(0);
  const begins = new Date(first.begins);
  const minutes = Math.ceil((begins.getTime() - now.getTime()) / 60_000);
  const hour = hourAt(here?.time_zone ?? "", language, begins);
  const when = minutes < 60 || hour === undefined ? words.nextIn(minutes) : words.nextAt(hour);
  return `${words.today(left.length)} ${when}`;
}

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
        <Button className={quiet ? "" : "onclothbtn"} type="submit" isPending={form.sending}>
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
      <div className="sectionhead">
        <h2 id="join">{text.home.joinTitle}</h2>
      </div>
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
