//! The test as a text that can be sent to whoever keeps the network. Pure; nothing secret is in it.

import { standing, type ConnectionState } from "./connection-machine";
import { detailOf, type ConnectionWords } from "./details";
import { steps, verdictOf } from "./findings";

/** The whole report, line by line. */
export function reportOf(
  state: ConnectionState,
  words: ConnectionWords,
  { language, at, server }: { language: string; at: Date; server: string },
): string {
  const verdict = verdictOf(state.found);
  const lines = steps.map((step) => {
    const detail = detailOf(step, state.found, words, language);
    const outcome = words.outcomes[standing(step, state)];
    return `${words.steps[step]}: ${outcome}${detail === "" ? "" : `. ${detail}`}`;
  });
  return [
    words.reportTitle,
    `${at.toISOString()} ${server}`,
    state.found.browser?.agent ?? "",
    "",
    [words.verdicts[verdict.is], ...verdict.because.map((reason) => words.reasons[reason])].join(" "),
    "",
    ...lines,
    "",
    words.method,
  ].join("\n");
}
