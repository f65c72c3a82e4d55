import { CalendarClock, CalendarX2, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { changeOccurrence, type Occurrence, type Schedule } from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { Button, Field, FormError } from "../../ui";
import { useForm } from "../../useForm";

/** The single meetings of a series: one is moved or cancelled, the others stay. */
export function Sessions({ schedule, onChange }: { schedule: Schedule; onChange: () => void }) {
  const { text, language } = useLanguage("agenda");
  const words = text.agenda.form;
  const form = useForm();
  const [moving, setMoving] = useState<Occurrence>();
  const [to, setTo] = useState("");
  // As the place of the meeting has it: a time without a zone is taken as it stands.
  const day = (local: string) =>
    new Date(`${local.slice(0, 16)}:00Z`).toLocaleString(language, {
      weekday: "short",
      day: "numeric",
      month: "long",
      hour: "2-digit",
      minute: "2-digit",
      timeZone: "UTC",
    });
  const change = (occurrence: Occurrence, what: { cancelled?: boolean; start?: string }) =>
    void form.submit(async () => {
      await changeOccurrence(schedule.code, occurrence.original, what);
      setMoving(undefined);
      onChange();
    });

  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">{words.sessions}</h2>
      <FormError>{form.errorElsewhere()}</FormError>
      <ol className="card list sessions">
        {schedule.occurrences.map((one) => {
          const when = day(one.start);
          return (
            <li key={one.original} className={one.cancelled ? "off" : ""}>
              <span className="grow">{when}</span>
              {one.cancelled ? (
                <Button
                  rank="ghost"
                  small
                  className="icon"
                  aria-label={words.restoreOne(when)}
                  onPress={() => change(one, {})}
                >
                  <RotateCcw className="i s" aria-hidden />
                </Button>
              ) : (
                <span className="row">
                  <Button
                    rank="ghost"
                    small
                    className="icon"
                    aria-label={words.moveOne(when)}
                    onPress={() => {
                      setMoving(one);
                      setTo(one.start.slice(0, 16));
                    }}
                  >
                    <CalendarClock className="i s" aria-hidden />
                  </Button>
                  <Button
                    rank="ghost"
                    small
                    className="icon"
                    aria-label={words.cancelOne(when)}
                    onPress={() => change(one, { cancelled: true })}
                  >
                    <CalendarX2 className="i s" aria-hidden />
                  </Button>
                </span>
              )}
            </li>
          );
        })}
      </ol>
      {moving && (
        <Form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            change(moving, { start: to });
          }}
        >
          <Field
            label={words.moveTo}
            type="datetime-local"
            value={to}
            onChange={setTo}
            autoFocus
            isRequired
          />
          <div className="row">
            <Button type="submit" rank="primary" isPending={form.sending}>
              {words.moveOne(day(moving.start))}
            </Button>
            <Button rank="ghost" onPress={() => setMoving(undefined)}>
              {text.app.cancel}
            </Button>
          </div>
        </Form>
      )}
    </section>
  );
}
