import { Plus } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import {
  addSchedule,
  changeSchedule,
  type Frequency,
  type Marking,
  type Schedule,
} from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { Button, Choice, Field, FormError, Stamp } from "../../ui";
import { useForm } from "../../useForm";
import { headed, newItem, newParty, planOf, shifted, type Draft, type DraftParty } from "./draft";
import { MailCard, useMailPreview } from "./MailCard";
import { PartyCard } from "./PartyCard";

interface Props {
  first: Draft;
  markings: readonly Marking[];
  mail: boolean;
  schedule: Schedule | undefined;
  onSaved: (schedule: Schedule) => void;
  /** What stands below the mail: answers, sessions, cancelling. */
  children?: ReactNode;
}

/** The form left, what guests will receive right. */
export function MeetingForm({ first, markings, mail, schedule, onSaved, children }: Props) {
  const { text, language } = useLanguage("agenda");
  const words = text.agenda.form;
  const form = useForm();
  const [draft, setDraft] = useState(first);
  const change = (next: Partial<Draft>) => setDraft((now) => ({ ...now, ...next }));
  const preview = useMailPreview(draft);
  const invited = schedule?.invited ?? false;

  const save = (send: boolean) =>
    void form.submit(async () => {
      const plan = planOf(draft, send);
      onSaved(schedule ? await changeSchedule(schedule.code, plan) : await addSchedule(plan));
    });
  const setParty = (key: string, next: (party: DraftParty) => DraftParty) =>
    change({ parties: draft.parties.map((party) => (party.key === key ? next(party) : party)) });
  const speaks = (code: string, on: boolean) =>
    change({ languages: on ? [...draft.languages, code] : draft.languages.filter((each) => each !== code) });

  return (
    <div className="plansplit">
      <Form
        className="planform"
        onSubmit={(event) => {
          event.preventDefault();
          save(invited || mail);
        }}
      >
        <FormError>{form.errorElsewhere("title", "minutes", "start")}</FormError>
        <section>
          <h2>{words.what}</h2>
          <div className="stack">
            <Field
              label={words.subject}
              error={form.errorAt("title")}
              maxLength={200}
              value={draft.title}
              onChange={(title) => change({ title })}
              isRequired
            />
            <div className="when">
              <Field
                label={words.date}
                type="date"
                error={form.errorAt("start")}
                value={draft.date}
                onChange={(date) => change({ date })}
                isRequired
              />
              <Field
                label={words.from}
                type="time"
                value={draft.from}
                onChange={(from) => change({ from })}
                isRequired
              />
              <Field
                label={words.to}
                type="time"
                error={form.errorAt("minutes")}
                value={draft.to}
                onChange={(to) => change({ to })}
                isRequired
              />
            </div>
            <dl className="zones" aria-live="polite">
              {preview.value?.clocks.map((clock) => (
                <div key={clock.place}>
                  <dt>{clock.place}</dt>
                  <dd>
                    {clock.from} – {clock.to}
                  </dd>
                </div>
              ))}
            </dl>
            <div className="when">
              <Choice
                label={words.repeat}
                options={(["once", "daily", "weekly", "monthly"] as const).map((id) => ({
                  id,
                  word: words.repeats[id],
                }))}
                chosen={draft.frequency}
                onChoose={(id) => change({ frequency: id as Frequency | "once" })}
              />
              {draft.frequency !== "once" && (
                <Field
                  label={words.times}
                  type="number"
                  inputMode="numeric"
                  value={draft.times}
                  onChange={(times) => change({ times })}
                />
              )}
            </div>
          </div>
        </section>
        <section>
          <div className="sectionhead">
            <h2>{words.delegations}</h2>
            <span className="sm q3">{words.order}</span>
          </div>
          <div className="delegations">
            {draft.parties.map((party, at) => (
              <PartyCard
                key={party.key}
                party={party}
                number={at + 1}
                language={language}
                onChange={(next) => setParty(party.key, next)}
                onHead={(seat) => setParty(party.key, (now) => headed(now, seat))}
                onMove={(by) => change({ parties: shifted(draft.parties, at, by) })}
                onRemove={() => change({ parties: draft.parties.filter((each) => each !== party) })}
              />
            ))}
          </div>
          <Button rank="ghost" small onPress={() => change({ parties: [...draft.parties, newParty()] })}>
            <Plus className="i s" aria-hidden />
            {words.addParty}
          </Button>
        </section>
        <section>
          <h2>{words.points}</h2>
          <ol className="points">
            {draft.agenda.map((item, at) => {
              const set = (next: Partial<typeof item>) =>
                change({
                  agenda: draft.agenda.map((each) => (each === item ? { ...each, ...next } : each)),
                });
              return (
                <li key={item.key}>
                  <Field
                    label={words.point(at + 1)}
                    maxLength={200}
                    value={item.title}
                    onChange={(title) => set({ title })}
                  />
                  <Field
                    label={words.pointMinutes}
                    type="number"
                    inputMode="numeric"
                    value={item.minutes}
                    onChange={(minutes) => set({ minutes })}
                  />
                  <Button
                    rank="ghost"
                    small
                    aria-label={words.removePoint(at + 1)}
                    onPress={() => change({ agenda: draft.agenda.filter((each) => each !== item) })}
                  >
                    ×
                  </Button>
                </li>
              );
            })}
          </ol>
          <Button rank="ghost" small onPress={() => change({ agenda: [...draft.agenda, newItem()] })}>
            <Plus className="i s" aria-hidden />
            {words.addPoint}
          </Button>
        </section>
        <fieldset className="marks">
          <legend>
            <h2>{words.marking}</h2>
          </legend>
          {markings.map((marking) => (
            <label key={marking.level} className="markchoice">
              <input
                type="radio"
                name="marking"
                checked={draft.marking === marking.level}
                onChange={() => change({ marking: marking.level })}
              />
              <span>
                <Stamp marking={marking} />
                <span className="sm q2">{marking.audience[language]}</span>
              </span>
            </label>
          ))}
        </fieldset>
        <section>
          <h2>{words.mail}</h2>
          <div className="stack">
            <Field
              label={words.mailTitle}
              help={words.mailTitleHelp}
              maxLength={200}
              value={draft.mailTitle}
              onChange={(mailTitle) => change({ mailTitle })}
            />
            <Choice
              label={words.reminder}
              options={Object.entries(words.reminders).map(([id, word]) => ({ id, word }))}
              chosen={draft.reminder}
              onChoose={(reminder) => change({ reminder })}
            />
            <fieldset className="row plainset">
              <legend className="label">{words.spoken}</legend>
              {(["fr", "en"] as const).map((code) => (
                <label key={code} className="check">
                  <input
                    type="checkbox"
                    checked={draft.languages.includes(code)}
                    onChange={(event) => speaks(code, event.target.checked)}
                  />
                  {code === "fr" ? words.french : words.english}
                </label>
              ))}
            </fieldset>
            <label className="check">
              <input
                type="checkbox"
                checked={draft.waitingRoom}
                onChange={(event) => change({ waitingRoom: event.target.checked })}
              />
              {words.waitingRoom}
            </label>
          </div>
        </section>
        <div className="row planend">
          {(invited || mail) && (
            <Button rank="primary" type="submit" isPending={form.sending}>
              {invited ? words.update : words.send(preview.value?.recipients ?? 0)}
            </Button>
          )}
          {!invited && (
            <Button rank={mail ? "ghost" : "primary"} isPending={form.sending} onPress={() => save(false)}>
              {words.keep}
            </Button>
          )}
        </div>
      </Form>
      <aside className="sumup">
        <MailCard preview={preview.value} error={preview.error} draft={draft} onReader={preview.read} />
        {children}
      </aside>
    </div>
  );
}
