import { CircleAlert, Download, Search, ShieldCheck } from "lucide-react";
import { useCallback, useState } from "react";
import {
  auditFile,
  searchAudit,
  verifyAudit,
  type AuditEntry,
  type AuditQuery,
  type Verified,
} from "../../api/audit";
import { useLanguage, type Words } from "../../i18n";
import { Button, Choice, DataTable, Field, FormError, Loading, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { useLoaded } from "../../useLoaded";
import "./audit.css";

/** What was done by whom: found by person, action and day, page by page. */
export function AuditPage() {
  const { text } = useLanguage("audit");
  const words = text.audit;
  const [asked, setAsked] = useState<AuditQuery>({});
  useTitle(words.title);

  return (
    <>
      <div className="head">
        <div>
          <h1>{words.title}</h1>
          <p className="lede">{words.lede}</p>
        </div>
        <a className="btn plain" href={auditFile(asked)} download>
          <Download className="i s" aria-hidden />
          CSV
        </a>
      </div>
      <Check />
      {/* Another question begins anew at the first page. */}
      <Entries key={JSON.stringify(asked)} asked={asked} onAsk={setAsked} />
    </>
  );
}

function Entries({ asked, onAsk }: { asked: AuditQuery; onAsk: (asked: AuditQuery) => void }) {
  const { text } = useLanguage("audit");
  const words = text.audit;
  const load = useCallback(() => searchAudit(asked), [asked]);
  const page = useLoaded(load);
  const form = useForm();
  const [more, setMore] = useState<{ entries: AuditEntry[]; next: number | null }>();
  const entries = [...(page.value?.entries ?? []), ...(more?.entries ?? [])];
  const next = more ? more.next : (page.value?.next ?? null);

  return (
    <>
      <Filters asked={asked} actions={page.value?.actions ?? []} onAsk={onAsk} />
      <FormError>{page.error ?? form.errorElsewhere()}</FormError>
      {page.value ? (
        <>
          <DataTable label={words.title} className="audit">
            <thead>
              <tr>
                {(["at", "actor", "action", "object", "address", "result"] as const).map((head) => (
                  <th scope="col" key={head}>
                    {words.heads[head]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Line key={entry.seq} entry={entry} />
              ))}
              {entries.length === 0 && (
                <tr>
                  <td colSpan={6} className="q3">
                    {words.none}
                  </td>
                </tr>
              )}
            </tbody>
          </DataTable>
          {next !== null && (
            <Button
              rank="ghost"
              className="flushleft"
              isPending={form.sending}
              onPress={() =>
                void form.submit(async () => {
                  const older = await searchAudit({ ...asked, before: next });
                  setMore({ entries: [...(more?.entries ?? []), ...older.entries], next: older.next });
                })
              }
            >
              {words.more}
            </Button>
          )}
        </>
      ) : (
        page.error === undefined && <Loading />
      )}
    </>
  );
}

function Line({ entry }: { entry: AuditEntry }) {
  const { text, language } = useLanguage("audit");
  const words = text.audit;
  const at = new Date(entry.at);
  return (
    <tr>
      <td>
        <time dateTime={entry.at}>
          {at.toLocaleString(language, { dateStyle: "medium", timeStyle: "medium" })}
        </time>
      </td>
      <td className="b">{actorWord(entry, text)}</td>
      <td>{actionWord(entry.action, text)}</td>
      <td className="object">{entry.object_name ?? entry.object}</td>
      <td className="q2">{entry.address}</td>
      <td>
        {entry.result === "ok" ? (
          words.done
        ) : (
          <span className="tag danger">
            <CircleAlert className="i s" aria-hidden />
            {entry.result}
          </span>
        )}
      </td>
    </tr>
  );
}

interface FiltersProps {
  asked: AuditQuery;
  actions: readonly string[];
  onAsk: (asked: AuditQuery) => void;
}

function Filters({ asked, actions, onAsk }: FiltersProps) {
  const { text } = useLanguage("audit");
  const words = text.audit;
  const [person, setPerson] = useState(asked.person ?? "");
  const [since, setSince] = useState(dayOf(asked.since));
  const [until, setUntil] = useState(dayOf(asked.until, -1));
  const [action, setAction] = useState(asked.action ?? "");

  const ask = (chosen: string) => {
    const query: AuditQuery = {};
    if (person.trim() !== "") query.person = person.trim();
    if (chosen !== "") query.action = chosen;
    if (since !== "") query.since = new Date(`${since}T00:00`).toISOString();
    if (until !== "") query.until = nextDay(until).toISOString();
    onAsk(query);
  };

  return (
    <form
      className="auditfilters"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        ask(action);
      }}
    >
      <Field
        label={words.person}
        help={words.personHelp}
        autoComplete="off"
        value={person}
        onChange={setPerson}
        maxLength={100}
      />
      <Choice
        label={words.heads.action}
        options={[
          { id: "", word: words.everyAction },
          ...actions.map((each) => ({ id: each, word: actionWord(each, text) })),
        ]}
        chosen={action}
        onChoose={(chosen) => {
          setAction(chosen);
          ask(chosen);
        }}
      />
      <Field label={words.since} type="date" value={since} onChange={setSince} />
      <Field label={words.until} type="date" value={until} onChange={setUntil} />
      <Button type="submit">
        <Search className="i s" aria-hidden />
        {words.find}
      </Button>
    </form>
  );
}

/** Recomputes the chain, and says by what a shortened log is found out later. */
function Check() {
  const { text, language } = useLanguage("audit");
  const words = text.audit.check;
  const form = useForm();
  const [seen, setSeen] = useState<Verified>();
  return (
    <section className="auditcheck">
      <Button
        isPending={form.sending}
        onPress={() => void form.submit(async () => setSeen(await verifyAudit()))}
      >
        <ShieldCheck className="i s" aria-hidden />
        {words.verify}
      </Button>
      <div role="status" className="sm">
        {seen?.whole === true && (
          <>
            <p className="b">{words.whole(new Intl.NumberFormat(language).format(seen.entries))}</p>
            {seen.head !== null && (
              <p className="q2">
                {words.keep} <code>{seen.head}</code>
              </p>
            )}
          </>
        )}
        {seen?.whole === false && <p className="error">{words.broken(seen.fault ?? "")}</p>}
      </div>
      <FormError>{form.errorElsewhere()}</FormError>
    </section>
  );
}

function actorWord({ actor, actor_name: name }: AuditEntry, { audit }: Words<"audit">): string {
  if (name !== null) return name;
  if (actor === "console") return audit.console;
  if (actor === "-") return audit.nobody;
  return actor.startsWith("guest-") ? audit.guest : actor;
}

/** What has no word is shown as it is written. */
function actionWord(action: string, { audit }: Words<"audit">): string {
  return action in audit.actions ? audit.actions[action as keyof typeof audit.actions] : action;
}

function nextDay(day: string): Date {
  const date = new Date(`${day}T00:00`);
  date.setDate(date.getDate() + 1);
  return date;
}

/** The day of a moment, here, as a field of that kind takes it. */
function dayOf(time: string | undefined, days = 0): string {
  if (time === undefined) return "";
  const date = new Date(time);
  date.setDate(date.getDate() + days);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`;
}
