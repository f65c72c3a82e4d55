//! One's own calls as this page knows them, apart from what becomes of them: every page shows them, few have any.

import type { Call, Cause } from "../../api/calls";
import type { Entry, Presence } from "../../api/directory";

export interface PhoneState {
  /** Whether the office is heard: it rings here only then. */
  line: "opening" | "open" | "lost";
  extension: Entry | null;
  doNotDisturb: boolean;
  /** Calls that nobody took and that were not looked at yet. */
  missed: number;
  /** Voice messages not heard yet. */
  messages: number;
  /** Rises with each call that was written into the history. */
  written: number;
  calls: readonly Call[];
  /** The calls that this page is in. */
  here: readonly string[];
  /** The last call out of a meeting that nobody took, until the next one. */
  unanswered: Call | undefined;
  /** The last call of this page, until one looks elsewhere. */
  over: Call | undefined;
  /** What became of others since the page was opened. */
  presence: Readonly<Record<string, Presence>>;
  /** Rises when the directory is to be asked anew. */
  stale: number;
}

/** Nothing is known yet. */
export const onTheHook: PhoneState = {
  line: "opening",
  extension: null,
  doNotDisturb: false,
  missed: 0,
  messages: 0,
  written: 0,
  calls: [],
  here: [],
  unanswered: undefined,
  over: undefined,
  presence: {},
  stale: 0,
};

/** The calls that ring here and wait to be answered, the oldest first. */
export const ringing = (state: PhoneState): readonly Call[] =>
  state.calls.filter(({ id, direction, state: is }) => {
    return direction === "in" && is === "ringing" && !state.here.includes(id);
  });

/** The calls that this page is in, the oldest first. */
export const held = (state: PhoneState): readonly Call[] =>
  state.calls.filter(({ id }) => state.here.includes(id));

/** The calls that go on in another page or browser of mine. */
export const elsewhere = (state: PhoneState): readonly Call[] =>
  state.calls.filter(
    ({ id, state: is, direction, meeting }) =>
      !state.here.includes(id) && meeting === null && (is === "talking" || direction === "out"),
  );

/** Whether somebody this page calls is being alerted: then it makes the tone. */
export const alerts = (state: PhoneState): boolean => {
  const mine = held(state);
  return (
    mine.some(({ direction, state: is }) => direction === "out" && is === "ringing") &&
    !mine.some(({ state: is }) => is === "talking")
  );
};

/** Whether an ended call was one that should be said in words of regret, and not simply that it is over. */
export const failed = (cause: Cause | null): boolean =>
  cause !== null && !["hung-up", "other-hung-up", "transferred", "cancelled"].includes(cause);
