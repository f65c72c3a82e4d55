import { useState } from "react";
import {
  calendarFeed,
  mailWishes,
  newCalendarFeed,
  noCalendarFeed,
  setMailWishes,
} from "../../api/schedules";
import { useLanguage } from "../../i18n";
import { Button, FormError } from "../../ui";
import { useForm } from "../../useForm";
import { useLoaded } from "../../useLoaded";
import { usePhone } from "../phone";

/** Whether messages of callers come by mail. */
export function MailSection() {
  const { text, language } = useLanguage("settings");
  const words = text.settings.mailSettings;
  const { state } = usePhone();
  const wishes = useLoaded(mailWishes);
  const form = useForm();
  const [saved, setSaved] = useState(false);
  if (state.extension === null || !wishes.value) return null;
  const { configured, voicemail } = wishes.value;

  return (
    <section className="section narrow">
      <h2>{words.title}</h2>
      <FormError>{form.errorElsewhere()}</FormError>
      <label className="check">
        <input
          type="checkbox"
          checked={voicemail}
          disabled={!configured || form.sending}
          onChange={(event) => {
            const wanted = event.target.checked;
            void form.submit(async () => {
              await setMailWishes(wanted, language);
              setSaved(true);
              wishes.reload();
            });
          }}
        />
        {words.voicemail}
      </label>
      <p role="status" className="sm q2">
        {configured ? saved && words.saved : words.off}
      </p>
    </section>
  );
}

/** The secret address that a calendar program reads. */
export function CalendarSection() {
  const { text, language } = useLanguage("settings");
  const words = text.settings.feed;
  const feed = useLoaded(calendarFeed);
  const form = useForm();
  const [url, setUrl] = useState<string>();
  if (!feed.value) return null;
  const since = feed.value.since;

  return (
    <section className="section narrow">
      <h2>{words.title}</h2>
      <p className="q2">{words.help}</p>
      <FormError>{form.errorElsewhere()}</FormError>
      <div role="status">
        {url === undefined ? (
          <p>
            {since === null
              ? words.none
              : words.active(
                  new Date(since).toLocaleDateString(language, {
                    day: "numeric",
                    month: "long",
                    year: "numeric",
                  }),
                )}
          </p>
        ) : (
          <>
            <p>{words.once}</p>
            <p className="b feedaddress">{url}</p>
          </>
        )}
      </div>
      <p className="row">
        <Button
          isPending={form.sending}
          onPress={() =>
            void form.submit(async () => {
              setUrl((await newCalendarFeed(language)).url);
              feed.reload();
            })
          }
        >
          {since === null ? words.make : words.renew}
        </Button>
        {since !== null && (
          <Button
            rank="ghost"
            onPress={() =>
              void form.submit(async () => {
                await noCalendarFeed();
                setUrl(undefined);
                feed.reload();
              })
            }
          >
            {words.revoke}
          </Button>
        )}
      </p>
    </section>
  );
}
