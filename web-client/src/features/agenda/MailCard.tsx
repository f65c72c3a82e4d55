import { useEffect, useState } from "react";
import { codeOf } from "../../api/client";
import { previewMail, type MailPreview } from "../../api/schedules";
import { useLanguage, useText } from "../../i18n";
import { Choice, Stamp } from "../../ui";
import { planOf, type Draft } from "./draft";

/** How long one stops typing before the letter is asked for, in milliseconds. */
const PAUSE = 400;

/** The letter that the server would send, as the form stands. */
export function useMailPreview(draft: Draft) {
  const [value, setValue] = useState<MailPreview>();
  const [error, setError] = useState<string>();
  const [seat, read] = useState(0);

  useEffect(() => {
    let over = false;
    const timer = window.setTimeout(() => {
      const plan = planOf(draft, false);
      // Whoever has not written the subject yet is no error.
      previewMail({ ...plan, title: plan.title === "" ? "…" : plan.title }, seat).then(
        (next) => {
          if (over) return;
          setValue(next);
          setError(undefined);
        },
        (why: unknown) => {
          if (!over) setError(codeOf(why));
        },
      );
    }, PAUSE);
    return () => {
      over = true;
      window.clearTimeout(timer);
    };
  }, [draft, seat]);

  return { value, error, read };
}

interface Props {
  preview: MailPreview | undefined;
  error: string | undefined;
  draft: Draft;
  onReader: (seat: number) => void;
}

/** What guests will receive, always true to the mail. */
export function MailCard({ preview, draft, onReader }: Props) {
  const { language } = useLanguage("agenda");
  const words = useText("agenda").agenda.form;
  const readers = planOf(draft, false).parties.flatMap((party) => party.seats);
  const [reader, setReader] = useState("0");
  if (!preview) return null;
  const { recipients } = preview;
  const caption =
    recipients === 0
      ? words.willReceiveNone
      : recipients === 1
        ? words.willReceiveOne
        : words.willReceive(recipients);

  return (
    <section aria-label={caption}>
      <p className="caps q3">{caption}</p>
      <article className="invite">
        <div className="invitehead">
          <Stamp marking={preview.marking} onCloth />
          <p>{preview.title}</p>
        </div>
        <div className="invitebody">
          <p className="sm q3">{preview.clocks[0]?.date}</p>
          <dl>
            {preview.clocks.map((clock) => (
              <div key={clock.place}>
                <dt>{clock.place}</dt>
                <dd>
                  {clock.from} – {clock.to}
                </dd>
              </div>
            ))}
          </dl>
          <p className="sm q2">
            {preview.discreet && `${words.discreet} `}
            {words.personal}
          </p>
        </div>
      </article>
      {readers.length > 0 && (
        <details className="wholemail">
          <summary>{words.wholeMail}</summary>
          <Choice
            label={words.reader}
            options={readers.map((seat, at) => ({ id: String(at), word: seat.name }))}
            chosen={reader}
            onChoose={(next) => {
              setReader(next);
              onReader(Number(next));
            }}
          />
          <p className="b" lang={readers[Number(reader)]?.language ?? language}>
            {preview.subject}
          </p>
          <pre className="sm" lang={readers[Number(reader)]?.language ?? language} tabIndex={0}>
            {preview.text}
          </pre>
        </details>
      )}
    </section>
  );
}
