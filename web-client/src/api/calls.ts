//! One's own calls: placing, answering and leading them, and those that were.

import { call } from "./client";
import type { Entry, Presence } from "./directory";
import { query } from "./query";

export type CallState = "calling" | "ringing" | "talking" | "ended";

export type Cause =
  | "hung-up"
  | "other-hung-up"
  | "answered-elsewhere"
  | "declined"
  | "cancelled"
  | "no-answer"
  | "busy"
  | "unreachable"
  | "refused"
  | "transferred"
  | "lost"
  | "failed";

/** A call as it stands; `number` and what follows are the other side's. */
export interface Call {
  id: string;
  direction: "in" | "out";
  state: CallState;
  number: string;
  name: string;
  post_name: string;
  time_zone: string;
  dialled: string;
  room: string;
  /** The code of the meeting that calls, if it is one. */
  meeting: string | null;
  held: boolean;
  held_by_other: boolean;
  in_browser: boolean;
  /** The other side is a voice that asks for a message. */
  mailbox: boolean;
  since: string;
  answered: string | null;
  cause: Cause | null;
  transfer_failed: number | null;
}

/** Where to go with the SDK. */
export interface CallRoom {
  call: string;
  room: string;
  url: string;
  token: string;
  identity: string;
}

export type Outcome = "answered" | "missed" | "declined" | "unanswered" | "forwarded" | "elsewhere";

export interface PastCall {
  id: number;
  direction: "in" | "out";
  number: string;
  name: string;
  post_name: string;
  time_zone: string;
  dialled: string;
  began: string;
  answered: string | null;
  talked: number;
  outcome: Outcome;
  /** In the currency's smallest coins; nothing for a call that nobody took. */
  cost: { currency: string; decimals: number; actual: number | null; old: number | null } | null;
}

/** Everything that is true at a moment. */
export interface WholeState {
  extension: Entry | null;
  do_not_disturb: boolean;
  calls: Call[];
  missed: number;
  /** Voice messages not heard yet. */
  messages: number;
}

/** Words that have changed; `all` when the directory is to be asked anew. */
export interface PresenceNews {
  numbers?: Record<string, Presence>;
  all?: boolean;
}

const at = (id: string, rest: string) => `/api/calls/${encodeURIComponent(id)}/${rest}`;

/** Where a browser hears of its calls, and by which it rings. */
export const EVENTS = "/api/events";

export const placeCall = (number: string, into?: string) =>
  call<CallRoom>("POST", "/api/calls", { number, ...(into !== undefined && { call: into }) });
export const answerCall = (id: string) => call<CallRoom>("POST", at(id, "answer"));
export const joinCall = (id: string) => call<CallRoom>("POST", at(id, "join"));
export const declineCall = (id: string) => call<undefined>("POST", at(id, "decline"));
export const hangUp = (id: string) => call<undefined>("POST", at(id, "hang-up"));
/** Hangs up everything in the room of a call; two whom one has brought together there go on. */
export const leaveCall = (id: string) => call<undefined>("POST", at(id, "leave"));
export const holdCall = (id: string, held: boolean) => call<undefined>("POST", at(id, "hold"), { held });
export const transferCall = (id: string, to: { number: string } | { meeting: string }) =>
  call<undefined>("POST", at(id, "transfer"), to);
export const pressKeys = (id: string, digits: string) => call<undefined>("POST", at(id, "keys"), { digits });

export const pastCalls = (asked: { missed?: boolean; before?: number; limit?: number }) =>
  call<{ calls: PastCall[]; next: number | null }>("GET", `/api/calls/history${query({ ...asked })}`);
export const sawCalls = () => call<undefined>("POST", "/api/calls/history/seen");

export const setDoNotDisturb = (quiet: boolean) =>
  call<undefined>("PUT", "/api/me/presence", { do_not_disturb: quiet });
