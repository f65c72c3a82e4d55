//! One person's way through a meeting link: door, pre-join, waiting room, session, and what comes after. Pure.

import type { Admission, JoinAnswer, MeetingDoor, WaitingTable } from "../../api/meetings";

/** How a stay ended. */
export type Departure =
  | "left"
  | "ended"
  | "removed"
  | "refused"
  | "elsewhere"
  | "meeting_locked"
  | "meeting_full"
  | "marking"
  | "no_invitation"
  | "failed";

export type VisitState =
  | { at: "door" }
  | { at: "closed"; code: string }
  | { at: "prejoin"; door: MeetingDoor; asking: boolean; error?: string }
  | {
      at: "waiting";
      door: MeetingDoor;
      ticket: string;
      lost: boolean;
      /** Who is there and who is expected; only for who has a seat. */
      table?: WaitingTable;
    }
  | { at: "inside"; door: MeetingDoor }
  | { at: "after"; door: MeetingDoor; why: Departure };

export type VisitInput =
  | { on: "door-opened"; door: MeetingDoor }
  | { on: "door-failed"; code: string }
  | { on: "asked" }
  | { on: "answered"; answer: JoinAnswer }
  | { on: "ask-failed"; code: string }
  | { on: "refused" }
  | { on: "ended" }
  /** The browser tries the line again by itself, with the same ticket. */
  | { on: "wait-interrupted" }
  | { on: "wait-resumed" }
  | { on: "table-changed"; table: WaitingTable }
  /** The ticket is no longer known: the server was started anew, or we were away too long. */
  | { on: "wait-lost" }
  | { on: "must-wait"; ticket: string }
  | { on: "departed"; why: Departure }
  | { on: "left-waiting" }
  | { on: "returned" };

export type VisitEffect =
  | { do: "open-door" }
  | { do: "ask"; after: number }
  | { do: "wait"; ticket: string }
  | { do: "stop-waiting" }
  /** One's delegation gathers: to be left by itself as soon as one waits no longer, or with another ticket. */
  | { do: "gather"; ticket: string }
  | { do: "enter"; admission: Admission }
  | { do: "forget" };

type Step = [VisitState, readonly VisitEffect[]];

export const atTheDoor: Step = [{ at: "door" }, [{ do: "open-door" }]];

/** How long a guest's page waits before it knocks again after the line was cut, in milliseconds. */
export const KNOCK_AGAIN = 2_000;

export function visit(state: VisitState, input: VisitInput): Step {
  switch (input.on) {
    case "door-opened":
      return [{ at: "prejoin", door: input.door, asking: false }, []];
    case "door-failed":
      return [{ at: "closed", code: input.code }, []];
    case "returned":
      return atTheDoor;
    case "asked":
      if (state.at !== "prejoin" || state.asking) return [state, []];
      return [{ at: "prejoin", door: state.door, asking: true }, [{ do: "ask", after: 0 }]];
    case "answered":
      return answered(state, input.answer);
    case "ask-failed":
      return askFailed(state, input.code);
    case "must-wait":
      if (state.at !== "inside") return [state, []];
      return [waiting(state.door, input.ticket), [{ do: "wait", ticket: input.ticket }]];
    case "wait-interrupted":
      return state.at === "waiting" ? [{ ...state, lost: true }, []] : [state, []];
    case "wait-resumed":
      return state.at === "waiting" ? [{ ...state, lost: false }, []] : [state, []];
    case "table-changed": {
      if (state.at !== "waiting") return [state, []];
      const first = state.table === undefined;
      return [{ ...state, table: input.table }, first ? [{ do: "gather", ticket: state.ticket }] : []];
    }
    case "wait-lost":
      if (state.at !== "waiting") return [state, []];
      return [{ ...state, lost: true }, [{ do: "stop-waiting" }, { do: "ask", after: KNOCK_AGAIN }]];
    case "refused":
      return state.at === "waiting" ? after(state.door, "refused") : [state, []];
    case "ended":
      return state.at === "waiting" ? after(state.door, "ended") : [state, []];
    case "left-waiting":
      return state.at === "waiting" ? after(state.door, "left") : [state, []];
    case "departed":
      return state.at === "inside" ? after(state.door, input.why) : [state, []];
  }
}

function answered(state: VisitState, answer: JoinAnswer): Step {
  if (state.at !== "prejoin" && state.at !== "waiting") return [state, []];
  if (answer.state === "waiting")
    return [waiting(state.door, answer.ticket), [{ do: "wait", ticket: answer.ticket }]];
  return [
    { at: "inside", door: state.door },
    [
      ...(state.at === "waiting" ? [{ do: "stop-waiting" } as const] : []),
      { do: "enter", admission: answer },
    ],
  ];
}

function askFailed(state: VisitState, code: string): Step {
  if (state.at === "prejoin") return [{ at: "prejoin", door: state.door, asking: false, error: code }, []];
  if (state.at !== "waiting") return [state, []];
  if (worthAnotherTry(code)) return [state, [{ do: "ask", after: KNOCK_AGAIN }]];
  return after(state.door, departureFor(code));
}

/** Whether the same question may get another answer a little later. */
export function worthAnotherTry(code: string): boolean {
  return ["offline", "draining", "too_many_attempts", "server_full", "unexpected"].includes(code);
}

/** What an answer that will not change means for one's stay. */
export function departureFor(code: string): Departure {
  switch (code) {
    case "not_found":
      return "ended";
    case "removed":
    case "meeting_locked":
    case "meeting_full":
    case "marking":
    case "no_invitation":
      return code;
    default:
      return "failed";
  }
}

function waiting(door: MeetingDoor, ticket: string): VisitState {
  return { at: "waiting", door, ticket, lost: false };
}

function after(door: MeetingDoor, why: Departure): Step {
  // The admission to a closed session is worth nothing. That of somebody removed is kept: by it the office knows them.
  const forget = why === "ended" ? [{ do: "forget" } as const] : [];
  return [{ at: "after", door, why }, [{ do: "stop-waiting" }, ...forget]];
}
