//! What becomes of one's own calls by what the office says and what is done here. Pure; `telephone.ts` performs.

import type { Call, WholeState } from "../../api/calls";
import type { Presence } from "../../api/directory";
import type { PhoneState } from "./phone-state";

export type PhoneInput =
  | { on: "whole"; whole: WholeState }
  | { on: "call"; call: Call }
  | { on: "missed"; missed: number }
  | { on: "messages"; messages: number }
  | { on: "presence"; numbers: Readonly<Record<string, Presence>> }
  | { on: "all-presence" }
  | { on: "lost" }
  /** This page placed or answered a call, or went into it again. */
  | { on: "here"; id: string }
  /** This page is in the call no more: it was taken over, or its room was lost for good. */
  | { on: "away"; id: string }
  | { on: "put-away" };

export type PhoneEffect =
  /** Another room: the call was moved. */
  | { do: "follow"; call: Call }
  | { do: "enter-meeting"; code: string }
  /** Nothing of this page is in the room any more. */
  | { do: "leave"; room: string };

/** What follows from something that happened. */
export function phone(state: PhoneState, input: PhoneInput): [PhoneState, PhoneEffect[]] {
  switch (input.on) {
    case "whole":
      return takeWhole(state, input.whole);
    case "call":
      return takeCall(state, input.call);
    case "missed":
      return [{ ...state, missed: input.missed, written: state.written + 1 }, []];
    case "messages":
      return [{ ...state, messages: input.messages }, []];
    case "presence":
      return [{ ...state, presence: { ...state.presence, ...input.numbers } }, []];
    case "all-presence":
      return [{ ...state, presence: {}, stale: state.stale + 1 }, []];
    case "lost":
      return [{ ...state, line: "lost" }, []];
    case "here":
      return [{ ...state, over: undefined, here: [...new Set([...state.here, input.id])] }, []];
    case "away":
      return leaveCall(state, input.id);
    case "put-away":
      return [{ ...state, over: undefined }, []];
  }
}

/** As everything would be told to a page that has just been opened. */
export const wholeOf = (state: PhoneState): WholeState => ({
  extension: state.extension,
  do_not_disturb: state.doNotDisturb,
  calls: [...state.calls],
  missed: state.missed,
  messages: state.messages,
});

function takeWhole(state: PhoneState, whole: WholeState): [PhoneState, PhoneEffect[]] {
  const reopened = state.line === "lost";
  // What is not told any more ended while nobody listened.
  const gone = state.calls.filter(({ id }) => !whole.calls.some((call) => call.id === id));
  let next: PhoneState = {
    ...state,
    line: "open",
    extension: whole.extension,
    doNotDisturb: whole.do_not_disturb,
    missed: whole.missed,
    messages: whole.messages,
    written: reopened ? state.written + 1 : state.written,
    stale: reopened ? state.stale + 1 : state.stale,
  };
  const effects: PhoneEffect[] = [];
  for (const call of [...gone.map(lost), ...whole.calls]) {
    const [taken, more] = takeCall(next, call);
    next = taken;
    effects.push(...more);
  }
  return [next, effects];
}

const lost = (call: Call): Call => ({ ...call, state: "ended", cause: "lost" });

function takeCall(state: PhoneState, call: Call): [PhoneState, PhoneEffect[]] {
  const before = state.calls.find(({ id }) => id === call.id);
  const mine = state.here.includes(call.id);
  if (call.state === "ended") {
    const calls = state.calls.filter(({ id }) => id !== call.id);
    const [next, effects] = leaveCall({ ...state, calls }, call.id, before?.room ?? call.room);
    // The last word is shown when nothing else of this page goes on.
    const last = mine && next.here.length === 0 ? call : next.over;
    const unanswered = call.meeting !== null && call.answered === null ? call : next.unanswered;
    return [{ ...next, over: last, unanswered }, effects];
  }
  const calls = before
    ? state.calls.map((each) => (each.id === call.id ? call : each))
    : [...state.calls, call];
  // A new try makes the last one forgotten.
  const unanswered = before || call.meeting === null ? state.unanswered : undefined;
  const next = { ...state, calls, unanswered };
  if (mine && before && before.room !== call.room) {
    return call.meeting === null
      ? [next, [{ do: "follow", call }]]
      : [{ ...next, here: without(next.here, call.id) }, [{ do: "enter-meeting", code: call.meeting }]];
  }
  return [next, []];
}

function leaveCall(state: PhoneState, id: string, room?: string): [PhoneState, PhoneEffect[]] {
  if (!state.here.includes(id)) return [state, []];
  const left = room ?? state.calls.find((call) => call.id === id)?.room;
  const here = without(state.here, id);
  const others = state.calls.some((call) => here.includes(call.id) && call.room === left);
  const next = { ...state, here };
  return [next, left === undefined || others ? [] : [{ do: "leave", room: left }]];
}

const without = (ids: readonly string[], id: string): string[] => ids.filter((each) => each !== id);
