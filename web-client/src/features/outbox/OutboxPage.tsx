import { RefreshCw, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import {
  forgetMail,
  outbox,
  retryMail,
  testMail,
  type FailedMail,
  type Outbox,
  type Tested,
} from "../../api/outbox";
import { useLanguage, useText } from "../../i18n";
import { Button, DataTable, Field, FormError, Loading, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { useLoaded } from "../../useLoaded";
import "./outbox.css";

/** Whether mails leave the house, a test, and those that nobody got. */
export function OutboxPage() {
  const words = useText("outbox").outbox;
  const page = useLoaded(outbox);
  const form = useForm();
  const [done, setDone] = useState("");
  useTitle(words.title);

  return (
    <>
      <div className="head">
        <div>
          <h1>{words.title}</h1>
          <p className="lede">{words.lede}</p>
        </div>
        <Button onPress={page.reload}>
          <RefreshCw className="i s" aria-hidden />
          {words.refresh}
        </Button>
      </div>
      <FormError>{page.error ?? form.errorElsewhere()}</FormError>
      {page.value ? (
        <>
          <State outbox={page.value} />
          {page.value.configured && <Test onTested={page.reload} />}
          <section className="section">
            <h2>{words.failed}</h2>
            <p className="q2">{words.failedHelp}</p>
            <Failed
              mails={page.value.failed}
              onRetry={(mail) =>
                void form.submit(async () => {
                  await retryMail(mail.id);
                  setDone(words.retried(mail.to));
                  page.reload();
                })
              }
              onForget={(mail) =>
                void form.submit(async () => {
                  await forgetMail(mail.id);
                  setDone(words.forgotten(mail.to));
                  page.reload();
                })
              }
            />
            <p role="status" className="sm q2">
              {done}
            </p>
          </section>
        </>
      ) : (
        page.error === undefined && <Loading />
      )}
    </>
  );
}

function State({ outbox: { configured, server, from, waiting, reason } }: { outbox: Outbox }) {
  const words = useText("outbox").outbox;
  if (!configured) return <p className="section">{words.off}</p>;
  return (
    <section className="section">
      <p className="b">
        {server !== null && words.by(server)}
        {from !== null && `, ${words.from(from)}`}
      </p>
      <p>{waiting === 0 ? words.nothingWaits : words.waiting(waiting)}</p>
      {reason !== null && <p className="q2">{words.said(reason)}</p>}
    </section>
  );
}

function Test({ onTested }: { onTested: () => void }) {
  const words = useText("outbox").outbox.test;
  const form = useForm();
  const [to, setTo] = useState("");
  const [tested, setTested] = useState<Tested & { to: string }>();
  return (
    <section className="section">
      <h2>{words.title}</h2>
      <FormError>{form.errorElsewhere("to")}</FormError>
      <form
        className="outboxtest"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTested(undefined);
          void form.submit(async () => {
            setTested({ ...(await testMail(to.trim())), to: to.trim() });
            onTested();
          });
        }}
      >
        <Field
          label={words.to}
          type="email"
          value={to}
          onChange={setTo}
          error={form.errorAt("to")}
          maxLength={254}
        />
        <Button type="submit" isPending={form.sending}>
          <Send className="i s" aria-hidden />
          {words.send}
        </Button>
      </form>
      <p role="status">
        {tested && (tested.sent ? words.sent(tested.to) : words.postponed(tested.reason ?? ""))}
      </p>
    </section>
  );
}

interface FailedProps {
  mails: readonly FailedMail[];
  onRetry: (mail: FailedMail) => void;
  onForget: (mail: FailedMail) => void;
}

function Failed({ mails, onRetry, onForget }: FailedProps) {
  const { text, language } = useLanguage("outbox");
  const words = text.outbox;
  if (mails.length === 0) return <p>{words.none}</p>;
  const day = (time: string) =>
    new Date(time).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
  return (
    <DataTable label={words.failed} className="outboxtable">
      <thead>
        <tr>
          {(["to", "purpose", "failed", "reason"] as const).map((head) => (
            <th scope="col" key={head}>
              {words.heads[head]}
            </th>
          ))}
          <th scope="col">
            <span className="hide">{words.heads.acts}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {mails.map((mail) => (
          <tr key={mail.id}>
            <td className="b">{mail.to}</td>
            <td>{words.purposes[mail.purpose]}</td>
            <td>
              <time dateTime={mail.failed}>{day(mail.failed)}</time>
            </td>
            <td className="reason">{mail.reason}</td>
            <td className="acts">
              <Button className="small" aria-label={words.retryFor(mail.to)} onPress={() => onRetry(mail)}>
                <RefreshCw className="i s" aria-hidden />
                {words.retry}
              </Button>
              <Button
                rank="ghost"
                className="small"
                aria-label={words.forgetFor(mail.to)}
                onPress={() => onForget(mail)}
              >
                <Trash2 className="i s" aria-hidden />
                {words.forget}
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </DataTable>
  );
}
