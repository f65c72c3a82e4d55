import { CircleAlert, CircleCheck, CircleX, Copy } from "lucide-react";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { useLanguage, withWords } from "../../i18n";
import { Button, copyText, PlainPage, useTitle } from "../../ui";
import { Connection } from "./connection";
import { standing, stepsDone, type ConnectionState } from "./connection-machine";
import { detailOf } from "./details";
import { steps, verdictOf } from "./findings";
import { reportOf } from "./report";
import "../../ui/data.css";
import "./connection.css";

// Only for whoever's devices do not open.
const BlockedHelp = lazy(async () => ({
  default: (await withWords(import("../prejoin/BlockedHelp"), "blocked")).BlockedHelp,
}));

/** What one's link bears, before the meeting: for whoever comes, and whoever keeps the network. */
export function ConnectionPage() {
  const [connection, setConnection] = useState<Connection>();

  useEffect(() => {
    const opened = new Connection();
    setConnection(opened);
    return () => opened.leave();
  }, []);

  return connection && <Test connection={connection} />;
}

function Test({ connection }: { connection: Connection }) {
  const { text } = useLanguage("connection");
  const words = text.connection;
  const state = useSyncExternalStore(connection.shown.subscribe, connection.shown.current);
  useTitle(words.title);

  return (
    <PlainPage title={words.title} help={words.lede}>
      <p className="sm q2" role="status">
        {state.now && words.progress(words.steps[state.now], stepsDone(state) + 1, steps.length)}
      </p>
      {state.is === "done" && <Result state={state} />}
      {state.is !== "idle" && <Steps state={state} />}
      <Blocked state={state} onRetry={() => connection.start()} />
      <p className="row testkeys">
        {state.is === "done" && <CopyReport state={state} />}
        {state.is !== "running" && (
          <Button rank={state.is === "idle" ? "primary" : "plain"} onPress={() => connection.start()}>
            {state.is === "idle" ? words.start : words.again}
          </Button>
        )}
      </p>
      <p className="sm q3">{words.method}</p>
    </PlainPage>
  );
}

/** For what the link suffices, and why not for more. */
function Result({ state }: { state: ConnectionState }) {
  const words = useLanguage("connection").text.connection;
  const { is, because } = verdictOf(state.found);
  const Icon = { picture: CircleCheck, sound: CircleAlert, insufficient: CircleX }[is];
  return (
    <section className={`notice verdict ${is === "insufficient" ? "bad" : ""}`} role="status">
      <Icon className="i" aria-hidden />
      <div>
        <h2>{words.verdicts[is]}</h2>
        {because.map((reason) => (
          <p key={reason}>{words.reasons[reason]}</p>
        ))}
        {is === "sound" && <p>{words.advice}</p>}
      </div>
    </section>
  );
}

function Steps({ state }: { state: ConnectionState }) {
  const { text, language } = useLanguage("connection");
  const words = text.connection;
  return (
    <table className="teststeps" aria-label={words.title}>
      <thead>
        <tr>
          <th scope="col">{words.step}</th>
          <th scope="col">{words.result}</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => {
          const stands = standing(step, state);
          return (
            <tr key={step} data-step={step} data-outcome={stands}>
              <th scope="row">{words.steps[step]}</th>
              <td>
                <b className={stands}>{words.outcomes[stands]}</b>
                <span className="q2">{detailOf(step, state.found, words, language)}</span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** The way out for devices that did not open. */
function Blocked({ state, onRetry }: { state: ConnectionState; onRetry: () => void }) {
  const { devices } = state.found;
  if (state.is !== "done" || !devices) return null;
  const whys = new Set([devices.microphone, devices.camera].filter((how) => how !== "good"));
  return (
    <Suspense fallback={null}>
      {[...whys].map((why) => (
        <BlockedHelp key={why} why={why} onRetry={onRetry} />
      ))}
    </Suspense>
  );
}

function CopyReport({ state }: { state: ConnectionState }) {
  const { text, language } = useLanguage("connection");
  const words = text.connection;
  const [copied, setCopied] = useState<boolean>();
  const [at] = useState(() => new Date());
  const report = reportOf(state, words, { language, at, server: location.host });
  return (
    <>
      <Button rank="primary" onPress={() => void copyText(report).then(setCopied)}>
        <Copy className="i s" aria-hidden />
        {words.copy}
      </Button>
      <span className="sm q2" role="status">
        {copied === true && words.copied}
        {copied === false && words.notCopied}
      </span>
      {copied === false && <pre className="testreport">{report}</pre>}
    </>
  );
}
