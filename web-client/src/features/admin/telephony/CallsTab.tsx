import { Download } from "lucide-react";
import { useCallback, useState } from "react";
import { callsFile, lastCalls, listTrunks, type Call, type CallQuery } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, Choice, Field, FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { CallTable } from "./CallTable";
import { spanOf } from "./shared";

type Period = "all" | "day" | "week" | "month";
const days: Record<Exclude<Period, "all">, number> = { day: 1, week: 7, month: 30 };

/** The calls that were, the newest first. */
export function CallsTab() {
  const text = useText("telephony");
  const words = text.telephony.calls;
  const trunks = useLoaded(listTrunks);
  const [number, setNumber] = useState("");
  const [trunk, setTrunk] = useState("");
  const [period, setPeriod] = useState<Period>("all");
  const [asked, setAsked] = useState<CallQuery>({});

  const ask = (next: { number?: string; trunk?: string; period?: Period }) => {
    const said = { number, trunk, period, ...next };
    const query: CallQuery = {};
    if (said.number.trim() !== "") query.number = said.number.trim();
    if (said.trunk !== "") query.trunk = Number(said.trunk);
    if (said.period !== "all") {
      query.since = new Date(Date.now() - days[said.period] * 86_400_000).toISOString();
    }
    setAsked(query);
  };

  return (
    <>
      <form
        className="filters"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          ask({});
        }}
      >
        <Field
          label={words.number}
          name="number"
          inputMode="tel"
          autoComplete="off"
          value={number}
          onChange={setNumber}
        />
        <Choice
          label={words.line}
          options={[
            { id: "", word: words.everyLine },
            ...(trunks.value ?? []).map(({ id, name }) => ({ id: String(id), word: name })),
          ]}
          chosen={trunk}
          onChoose={(next) => {
            setTrunk(next);
            ask({ trunk: next });
          }}
        />
        <Choice
          label={words.period}
          options={(["all", "day", "week", "month"] as const).map((each) => ({
            id: each,
            word: words.periods[each],
          }))}
          chosen={period}
          onChoose={(next) => {
            setPeriod(next as Period);
            ask({ period: next as Period });
          }}
        />
        <Button type="submit">{words.search}</Button>
        <a className="btn plain" href={callsFile(asked)} download>
          <Download className="i s" aria-hidden />
          {words.export}
        </a>
      </form>
      <FormError>{trunks.error}</FormError>
      <Found key={JSON.stringify(asked)} asked={asked} />
    </>
  );
}

/** One answer of the server, and the pages after it. */
function Found({ asked }: { asked: CallQuery }) {
  const text = useText("telephony");
  const words = text.telephony.calls;
  const first = useLoaded(useCallback(() => lastCalls(asked), [asked]));
  const form = useForm();
  const [more, setMore] = useState<{ calls: Call[]; next: number | null }>();

  if (!first.value) return first.error === undefined ? <Loading /> : <FormError>{first.error}</FormError>;
  const calls = [...first.value.calls, ...(more?.calls ?? [])];
  const next = more ? more.next : first.value.next;

  return (
    <>
      <p className="sums q2" role="status">
        <span>
          <b>{first.value.legs}</b> {words.legs(first.value.legs)}
        </span>
        <span>
          <b>{first.value.answered}</b> {words.answered(first.value.answered)}
        </span>
        <span>
          <b>{spanOf(first.value.talked)}</b> {words.together}
        </span>
      </p>
      <CallTable label={text.telephony.tabs.calls} calls={calls} none={words.none} />
      <FormError>{form.errorElsewhere()}</FormError>
      {next !== null && (
        <p className="after">
          <Button
            isPending={form.sending}
            onPress={() =>
              void form.submit(async () => {
                const page = await lastCalls({ ...asked, before: next });
                setMore({ calls: [...(more?.calls ?? []), ...page.calls], next: page.next });
              })
            }
          >
            {words.older}
          </Button>
        </p>
      )}
    </>
  );
}
