//! Reads what a browser counts of its media (W3C webrtc-stats). Pure, but for the reports it is given.

import type { Measures, Path } from "./findings";

/** What we use of one entry of a report. */
export interface Stat {
  id: string;
  type: string;
  kind?: string;
  bytesSent?: number;
  bytesReceived?: number;
  packetsReceived?: number;
  packetsLost?: number;
  framesDecoded?: number;
  jitter?: number;
  currentRoundTripTime?: number;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  nominated?: boolean;
  state?: string;
  candidateType?: string;
  protocol?: string;
  relayProtocol?: string;
}

/** The counters of one moment, of both ends. */
export interface Sample {
  /** Milliseconds of any clock. */
  at: number;
  sent: number;
  received: number;
  packets: number;
  lost: number;
  sounds: number;
  frames: number;
  /** Seconds; of this moment, not summed up. */
  roundTrip: number;
  jitter: number;
}

/** Sums up what the sending and the receiving end have counted so far. */
export function sampleOf(at: number, sending: readonly Stat[], receiving: readonly Stat[]): Sample {
  const total = (stats: readonly Stat[], type: string, value: (stat: Stat) => number | undefined) =>
    stats.filter((stat) => stat.type === type).reduce((sum, stat) => sum + (value(stat) ?? 0), 0);
  const sounds = receiving.filter(({ kind }) => kind === "audio");
  return {
    at,
    sent: total(sending, "outbound-rtp", ({ bytesSent }) => bytesSent),
    received: total(receiving, "inbound-rtp", ({ bytesReceived }) => bytesReceived),
    packets: total(receiving, "inbound-rtp", ({ packetsReceived }) => packetsReceived),
    lost: total(receiving, "inbound-rtp", ({ packetsLost }) => packetsLost),
    sounds: total(sounds, "inbound-rtp", ({ packetsReceived }) => packetsReceived),
    frames: total(receiving, "inbound-rtp", ({ framesDecoded }) => framesDecoded),
    roundTrip: pairOf(sending)?.currentRoundTripTime ?? 0,
    jitter: Math.max(0, ...sounds.map(({ jitter }) => jitter ?? 0)),
  };
}

/** What happened between the first and the last of some samples. */
export function measuresOf(samples: readonly Sample[]): Measures | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || last.at <= first.at) return undefined;
  const seconds = (last.at - first.at) / 1_000;
  // What was repeated in time counts as lost and as received; browsers then count backwards.
  const lost = Math.max(0, last.lost - first.lost);
  const due = lost + (last.packets - first.packets);
  const roundTrips = samples.map(({ roundTrip }) => roundTrip).sort((a, b) => a - b);
  return {
    seconds,
    up: (8 * (last.sent - first.sent)) / seconds,
    down: (8 * (last.received - first.received)) / seconds,
    loss: due > 0 ? lost / due : 0,
    roundTrip: 1_000 * (roundTrips[Math.floor(roundTrips.length / 2)] ?? 0),
    jitter: 1_000 * last.jitter,
    frames: (last.frames - first.frames) / seconds,
    sounds: (last.sounds - first.sounds) / seconds,
  };
}

/** By which way the media of a report go; nothing while they have found none. */
export function pathOf(stats: readonly Stat[]): Path | undefined {
  const pair = pairOf(stats);
  const local = stats.find(({ id }) => id === pair?.localCandidateId);
  if (!local) return undefined;
  if (local.candidateType !== "relay") return local.protocol === "tcp" ? "tcp" : "udp";
  switch (local.relayProtocol) {
    case "tls":
      return "relay-tls";
    case "tcp":
      return "relay-tcp";
    default:
      return "relay-udp";
  }
}

function pairOf(stats: readonly Stat[]): Stat | undefined {
  const transport = stats.find(({ type }) => type === "transport");
  // Firefox has no transport, and marks the pair itself.
  return (
    stats.find(({ id }) => id === transport?.selectedCandidatePairId) ??
    stats.find(
      ({ type, nominated, state }) => type === "candidate-pair" && nominated && state === "succeeded",
    )
  );
}
