//! A few people whom one is likely to call. Pure.

import type { PastCall } from "../../api/calls";
import type { Entry, Presence } from "../../api/directory";

/** Somebody to call. */
export interface Callee {
  number: string;
  name: string;
  post_name: string;
  time_zone: string;
  /** Nothing where nobody knows. */
  presence: Presence | null;
  /** When they tried in vain; nothing if they did not. */
  missed: string | undefined;
}

/** So many fit beside the day. */
export const MOST = 4;

/** Who called in vain and was not spoken to since, who was spoken to last, and the first of the directory. */
export function whomToCall(entries: readonly Entry[], calls: readonly PastCall[]): Callee[] {
  const found = new Map<string, Callee>();
  for (const call of calls) {
    if (call.number === "" || found.has(call.number)) continue;
    found.set(call.number, {
      ...call,
      presence: entries.find(({ number }) => number === call.number)?.presence ?? null,
      missed: call.outcome === "missed" && call.direction === "in" ? call.began : undefined,
    });
  }
  for (const entry of entries) {
    if (!entry.is_self && !found.has(entry.number)) found.set(entry.number, { ...entry, missed: undefined });
  }
  const missed = (callee: Callee) => callee.missed !== undefined;
  const all = [...found.values()];
  return [...all.filter(missed), ...all.filter((callee) => !missed(callee))].slice(0, MOST);
}
