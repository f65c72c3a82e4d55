import { ArrowUpRight, Phone, PhoneOff } from "lucide-react";
import { useEffect } from "react";
import type { Call } from "../../api/calls";
import { useLanguage } from "../../i18n";
import { go, useRoute } from "../../navigation";
import { Button } from "../../ui";
import { usePhone, useTelephone } from "./PhoneProvider";
import { held, ringing } from "./phone-state";
import { hourAt, spanOf } from "./time";
import { useNow } from "./useNow";
import { failureOf, nameOf } from "./words";
import "./phone.css";

/** Above every page: who calls, and the call one is in while one looks elsewhere. */
export function Cards() {
  const { text } = useLanguage("phone");
  const { state, failure } = usePhone();
  const route = useRoute();
  const incoming = ringing(state);
  const [current] = held(state);
  const [first] = incoming;
  useTabTitle(first && text.phone.card.tab(nameOf(text, first)));

  // The page of calls shows the call itself, and what went wrong with it.
  const onCalls = route.page === "calls";
  if (incoming.length === 0 && (onCalls || (!current && !failure))) return null;
  return (
    <div className="callcards">
      {incoming.map((call) => (
        <Incoming key={call.id} call={call} />
      ))}
      {current && !onCalls && <Current call={current} />}
      {failure && !onCalls && (
        <p className="callcard plain sm" role="alert">
          <span className="grow">{failureOf(text, failure)}</span>
          <Dismiss />
        </p>
      )}
    </div>
  );
}

function Incoming({ call }: { call: Call }) {
  const { text, language } = useLanguage("phone");
  const words = text.phone.card;
  const telephone = useTelephone();
  const { asking, state } = usePhone();
  const now = useNow(10_000);
  const route = useRoute();
  const name = nameOf(text, call);
  const hour = hourAt(call.time_zone, language, now);
  const inside = call.post_name !== "";
  const through = call.dialled !== "" && call.dialled !== state.extension?.number;

  const answer = () =>
    void telephone?.answer(call).then((done) => {
      // Whoever is in session stays there.
      if (done && call.meeting === null && route.page !== "meeting") go("/calls");
    });

  return (
    <section
      className="callcard rings"
      role="alertdialog"
      aria-label={`${words.label} ${name}`}
      data-call={call.id}
    >
      <span className="seal" aria-hidden>
        <Phone className="i" />
      </span>
      <span className="two grow">
        <span>{name}</span>
        <span>
          {inside ? words.callsYou(text.app.extension(call.number)) : words.callsYouOutside}
          {through && ` ${words.through(call.dialled)}`}
        </span>
        {inside && (
          <span className="sm q2">
            {call.post_name}
            {hour !== undefined && `, ${words.hourThere(hour)}`}
          </span>
        )}
      </span>
      <span className="choices">
        <Button small rank="danger" isDisabled={asking} onPress={() => void telephone?.decline(call)}>
          {words.decline}
        </Button>
        <Button small rank="primary" isDisabled={asking} onPress={answer}>
          {words.answer}
        </Button>
      </span>
    </section>
  );
}

function Current({ call }: { call: Call }) {
  const { text } = useLanguage("phone");
  const words = text.phone.card;
  const telephone = useTelephone();
  const now = useNow(1_000);
  const name = nameOf(text, call);
  const since = call.answered ?? undefined;

  return (
    <section className="callcard current" aria-label={`${words.inCall} ${name}`}>
      <span className="two grow">
        <span>{name}</span>
        <span>
          {since === undefined
            ? text.phone.states[call.state === "ringing" ? "ringing" : "calling"]
            : spanOf(now.getTime() - new Date(since).getTime())}
        </span>
      </span>
      <span className="choices">
        <Button small onPress={() => go("/calls")}>
          <ArrowUpRight className="i s" aria-hidden />
          {words.open}
        </Button>
        <Button small rank="danger" onPress={() => void telephone?.leave(call)}>
          <PhoneOff className="i s" aria-hidden />
          {words.hangUp}
        </Button>
      </span>
    </section>
  );
}

function Dismiss() {
  const { text } = useLanguage();
  const telephone = useTelephone();
  return (
    <Button small rank="ghost" onPress={() => telephone?.putAway()}>
      {text.app.close}
    </Button>
  );
}

/** Names the caller in the tab while it rings, so that it is found among others. */
function useTabTitle(title: string | undefined): void {
  useEffect(() => {
    if (title === undefined) return;
    const before = document.title;
    document.title = `☎ ${title}`;
    return () => {
      document.title = before;
    };
  }, [title]);
}
