import { PhoneForwarded, PhoneIncoming, PhoneMissed, PhoneOutgoing } from "lucide-react";
import { useEffect, useState } from "react";
import { amountOf, currencyWord } from "../../amounts";
import { pastCalls, type PastCall } from "../../api/calls";
import { codeOf } from "../../api/client";
import { sentenceFor, useLanguage, type Words } from "../../i18n";
import { Button, FormError, Loading } from "../../ui";
import { hourOf, nameOf, spanOf, usePhone, useTelephone } from "../phone";

const PAGE = 30;

/** The calls that were, a press away from being placed again. */
export function Log({ missed }: { missed: boolean }) {
  const { text, language } = useLanguage("calls", "phone");
  const words = text.calls.history;
  const { state } = usePhone();
  const [calls, setCalls] = useState<readonly PastCall[]>();
  const [next, setNext] = useState<number | null>(null);
  const [error, setError] = useState<string>();

  useEffect(() => {
    let asked = true;
    pastCalls({ missed, limit: PAGE }).then(
      (page) => {
        if (!asked) return;
        setCalls(page.calls);
        setNext(page.next);
        setError(undefined);
      },
      (failure: unknown) => {
        if (asked) setError(codeOf(failure));
      },
    );
    return () => {
      asked = false;
    };
  }, [missed, state.written]);

  const more = (before: number) =>
    void pastCalls({ missed, before, limit: PAGE }).then(
      (page) => {
        setCalls((known = []) => [...known, ...page.calls]);
        setNext(page.next);
      },
      (failure: unknown) => setError(codeOf(failure)),
    );

  if (error !== undefined) return <FormError>{sentenceFor(text, error)}</FormError>;
  if (!calls) return <Loading />;
  if (calls.length === 0) return <p className="q3 none">{missed ? words.noneMissed : words.none}</p>;
  return (
    <>
      {byDay(calls).map(([day, lines]) => (
        <section key={day} aria-label={dayOf(day, language, words)}>
          <h2 className="caps q3 day">{dayOf(day, language, words)}</h2>
          <ul className="log">
            {lines.map((call) => (
              <Line key={call.id} call={call} />
            ))}
          </ul>
        </section>
      ))}
      {next !== null && (
        <Button rank="ghost" className="more" onPress={() => more(next)}>
          {words.more}
        </Button>
      )}
    </>
  );
}

function Line({ call }: { call: PastCall }) {
  const { text, language } = useLanguage("calls", "phone");
  const words = text.calls.history;
  const telephone = useTelephone();
  const { asking } = usePhone();
  const what = words.outcomes[call.outcome][call.direction];
  return (
    <li className={call.outcome === "missed" ? "miss" : ""}>
      <button
        className="line"
        disabled={asking || call.number === ""}
        title={what}
        onClick={() => void telephone?.place(call.number)}
      >
        <Icon call={call} />
        <span className="hide">{`${what}, ${text.calls.dial.call} `}</span>
        <span className="two grow">
          <span>{nameOf(text, call)}</span>
          <span>{secondLine(text, call)}</span>
          {call.direction === "out" && call.cost && costOf(text, call.cost, language) !== "" && (
            <span>{costOf(text, call.cost, language)}</span>
          )}
        </span>
        <span className="when sm q3">
          <time dateTime={call.began}>{hourOf(call.began, language)}</time>
          {call.talked > 0 && <span>{spanOf(call.talked * 1_000)}</span>}
        </span>
      </button>
    </li>
  );
}

/** The post; for a call that was neither taken nor missed, what became of it. */
function secondLine(text: Words<"calls">, { outcome, direction, post_name, name, number }: PastCall): string {
  const what = text.calls.history.outcomes[outcome][direction];
  if (outcome !== "answered" && outcome !== "missed") return what;
  if (post_name !== "") return post_name;
  return name === "" ? what : number;
}

/** What it cost, and what it would have; nothing while no tariff is known. */
function costOf(text: Words<"calls">, cost: NonNullable<PastCall["cost"]>, language: string): string {
  const amount = (minor: number) =>
    `${amountOf(minor, cost.decimals, language)}\u00a0${currencyWord(cost.currency, language)}`;
  if (cost.actual === null) return "";
  if (cost.old === null || cost.old === cost.actual) {
    return cost.actual === 0 ? "" : text.calls.cost.actual(amount(cost.actual));
  }
  return text.calls.cost.both(amount(cost.actual), amount(cost.old));
}

function Icon({ call }: { call: PastCall }) {
  switch (call.outcome) {
    case "missed":
    case "declined":
      return <PhoneMissed className="i" aria-hidden />;
    case "forwarded":
    case "elsewhere":
      return <PhoneForwarded className="i" aria-hidden />;
    case "answered":
    case "unanswered":
      return call.direction === "out" ? (
        <PhoneOutgoing className="i" aria-hidden />
      ) : (
        <PhoneIncoming className="i" aria-hidden />
      );
  }
}

/** The lines of each day, in their order. */
function byDay(calls: readonly PastCall[]): [string, PastCall[]][] {
  const days = new Map<string, PastCall[]>();
  for (const call of calls) {
    const day = new Date(call.began).toDateString();
    days.set(day, [...(days.get(day) ?? []), call]);
  }
  return [...days];
}

function dayOf(day: string, language: string, words: { today: string; yesterday: string }): string {
  const now = new Date();
  if (day === now.toDateString()) return words.today;
  now.setDate(now.getDate() - 1);
  if (day === now.toDateString()) return words.yesterday;
  return new Date(day).toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long" });
}
