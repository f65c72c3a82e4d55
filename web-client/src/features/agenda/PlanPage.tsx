import { useCallback, useState } from "react";
import { deleteMeeting } from "../../api/meetings";
import { listMarkings, mailIsOn, openSchedule, type Schedule } from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { go } from "../../navigation";
import { Button, Confirm, FormError, Loading, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { useLoaded } from "../../useLoaded";
import { draftOf, emptyDraft } from "./draft";
import { MeetingForm } from "./MeetingForm";
import { Seats } from "./Seats";
import { Sessions } from "./Sessions";
import "./agenda.css";

/** Planning a meeting, or changing one that is there. */
export function PlanPage({ code }: { code: string | undefined }) {
  const { text, language } = useLanguage("agenda");
  const words = text.agenda.form;
  const load = useCallback(
    async () => ({
      markings: await listMarkings(),
      mail: await mailIsOn(),
      schedule: code === undefined ? undefined : await openSchedule(code),
    }),
    [code],
  );
  const loaded = useLoaded(load);
  const [said, setSaid] = useState("");
  const title = code === undefined ? words.newTitle : words.changeTitle;
  useTitle(title);

  const schedule = loaded.value?.schedule;
  const saved = (next: Schedule) => {
    setSaid(next.mails > 0 ? words.sent(next.mails) : words.kept);
    if (code === undefined) go(`/agenda/${next.code}`);
    else loaded.reload();
  };
  return (
    <>
      <div className="head">
        <div>
          <h1>{title}</h1>
          <p className="lede">
            {loaded.value?.mail === false ? words.noMail : schedule?.invited ? words.ledeInvited : words.lede}
          </p>
        </div>
      </div>
      <FormError>{loaded.error}</FormError>
      <p role="status" className="said">
        {said}
      </p>
      {loaded.value ? (
        <MeetingForm
          // What was saved is what the form shows.
          key={schedule ? `${schedule.code} ${schedule.sequence} ${String(schedule.invited)}` : "new"}
          first={schedule ? draftOf(schedule) : emptyDraft(new Date(), language)}
          markings={loaded.value.markings}
          mail={loaded.value.mail}
          schedule={schedule}
          onSaved={saved}
        >
          {schedule && <Seats schedule={schedule} onChange={loaded.reload} />}
          {schedule?.recurrence && <Sessions schedule={schedule} onChange={loaded.reload} />}
          {schedule && <Doors schedule={schedule} />}
        </MeetingForm>
      ) : (
        !loaded.error && <Loading />
      )}
    </>
  );
}

/** Into the meeting, or away with it. */
function Doors({ schedule }: { schedule: Schedule }) {
  const { text } = useLanguage("agenda");
  const words = text.agenda.form;
  const form = useForm();
  const [asking, setAsking] = useState(false);
  return (
    <section className="stack">
      <FormError>{form.errorElsewhere()}</FormError>
      <Button onPress={() => go(`/m/${schedule.code}`)}>{words.enter}</Button>
      <Button rank="danger" onPress={() => setAsking(true)}>
        {words.remove}
      </Button>
      {asking && (
        <Confirm
          title={words.removeTitle}
          help={words.removeHelp}
          action={words.remove}
          onConfirm={() =>
            void form.submit(async () => {
              await deleteMeeting(schedule.code);
              go("/agenda");
            })
          }
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
}
