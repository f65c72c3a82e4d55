//! How much data a call has taken, over all the connections it has had. Pure.

import { numberIn, ofType, type Reading } from "./reading";

/** What one transport has carried since it began, in bytes. */
export interface Counter {
  id: string;
  sent: number;
  received: number;
}

export interface Traffic {
  sent: number;
  received: number;
  /** As they were when last read; a connection may be silent for a while and go on counting. */
  seen: readonly Counter[];
}

export const noTraffic: Traffic = { sent: 0, received: 0, seen: [] };

/** The counters of all transports, with everything they carry: sound, pictures, messages, and what holds the line open. */
export const countersIn = (readings: readonly Reading[]): Counter[] =>
  readings.flatMap((reading) =>
    ofType(reading, "transport").map((stat) => ({
      id: `${reading.connection} ${String(stat["id"])}`,
      sent: numberIn(stat, "bytesSent") ?? 0,
      received: numberIn(stat, "bytesReceived") ?? 0,
    })),
  );

/** Adds what was carried since the last time. A counter that begins anew has carried all that it shows. */
export function counted(traffic: Traffic, now: readonly Counter[]): Traffic {
  let { sent, received } = traffic;
  for (const counter of now) {
    const before = traffic.seen.find(({ id }) => id === counter.id);
    sent += since(before?.sent, counter.sent);
    received += since(before?.received, counter.received);
  }
  const others = traffic.seen.filter(({ id }) => now.every((counter) => counter.id !== id));
  return { sent, received, seen: [...others, ...now].slice(-REMEMBERED) };
}

const since = (before = 0, now: number): number => (now >= before ? now - before : now);

/** Transports, of which a call has two at a time at most. */
const REMEMBERED = 16;
