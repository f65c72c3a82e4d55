import { PhoneIncoming, PhoneOutgoing } from "lucide-react";
import { useEffect, useState } from "react";
import { sawCalls } from "../../api/calls";
import { useLanguage } from "../../i18n";
import { held, nameOf, usePhone, whereOf } from "../phone";
import { Dialler } from "./Dialler";
import { Log } from "./Log";
import { Messages } from "./Messages";

/** Dial or search above, the last calls below, by day. */
export function History() {
  const { text } = useLanguage("calls", "phone");
  const words = text.calls;
  const { state } = usePhone();
  const [shown, setShown] = useState<"all" | "missed" | "messages">("all");
  const [typed, setTyped] = useState("");
  const mine = held(state);

  // Whoever looks at the list has seen it.
  useEffect(() => {
    if (state.missed > 0) void sawCalls().catch(() => undefined);
  }, [state.missed, state.written]);

  return (
    <aside className="hist" aria-label={words.history.label}>
      <h1>{words.title}</h1>
      <Dialler typed={typed} onType={setTyped} />
      {typed === "" && (
        <>
          <div className="seg" role="group" aria-label={words.history.filter}>
            <button aria-pressed={shown === "all"} onClick={() => setShown("all")}>
              {words.history.all}
            </button>
            <button aria-pressed={shown === "missed"} onClick={() => setShown("missed")}>
              {words.history.missed}
            </button>
            <button aria-pressed={shown === "messages"} onClick={() => setShown("messages")}>
              {words.messages.title}
              {state.messages > 0 && (
                <>
                  <span aria-hidden>{state.messages}</span>
                  <span className="hide">{words.messages.unheard(state.messages)}</span>
                </>
              )}
            </button>
          </div>
          {mine.length > 0 && (
            <ul className="log">
              {mine.map((call) => (
                <li key={call.id} className="cur">
                  <span className="line">
                    {call.direction === "out" ? (
                      <PhoneOutgoing className="i" aria-hidden />
                    ) : (
                      <PhoneIncoming className="i" aria-hidden />
                    )}
                    <span className="two grow">
                      <span>{nameOf(text, call)}</span>
                      <span>{whereOf(text, call)}</span>
                    </span>
                    <span className="when sm">{words.history.running}</span>
                  </span>
                </li>
              ))}
            </ul>
          )}
          {shown === "messages" ? <Messages /> : <Log key={shown} missed={shown === "missed"} />}
        </>
      )}
    </aside>
  );
}
