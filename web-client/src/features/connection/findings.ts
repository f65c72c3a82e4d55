//! What a test of the link has found, and what each step of it comes to. Pure.

import type { Why } from "../prejoin";

/** By which way media reach the server. */
export type Path = "udp" | "tcp" | Relayed;
export type Relayed = "relay-udp" | "relay-tcp" | "relay-tls";

/** Whether a way leads through the server's relay. */
export const isRelayed = (path: Path | "none"): path is Relayed => path.startsWith("relay-");

export interface BrowserFindings {
  agent: string;
  secure: boolean;
  webrtc: boolean;
  /** Whether it speaks what the rooms speak. */
  opus: boolean;
  vp8: boolean;
}

export interface DeviceFindings {
  microphone: "good" | Why;
  camera: "good" | Why;
  /** Outputs that can be chosen; where the browser leaves that to the system, none. */
  speakers: number;
}

/** What some seconds of pictures and sound to oneself and back have measured. */
export interface Measures {
  seconds: number;
  /** Bits a second. */
  up: number;
  down: number;
  /** From 0 to 1, of the packets that should have come back. */
  loss: number;
  /** Milliseconds to the server and back. */
  roundTrip: number;
  jitter: number;
  /** Pictures a second that arrived and were shown. */
  frames: number;
  /** Packets of sound a second that arrived. */
  sounds: number;
}

/** Everything found so far. */
export interface Findings {
  browser?: BrowserFindings;
  devices?: DeviceFindings;
  /** How long the signalling connection took in milliseconds, or why there is none. */
  signalling?: { took: number } | { failed: string };
  /** The way media take by themselves; `none` if they find no way. */
  direct?: Path | "none";
  /** Whether TCP alone is a way, where it did not need to be one. */
  tcp?: "tcp" | "none";
  /** The way when only the relay is allowed. */
  relay?: Path | "none";
  measures?: Measures;
}

export const steps = [
  "browser",
  "devices",
  "signalling",
  "udp",
  "tcp",
  "throughput",
  "quality",
  "relay",
] as const;
export type Step = (typeof steps)[number];
export type Outcome = "good" | "poor" | "bad";

/** What a step comes to, as far as it is known; nothing while it is not. */
export function outcomeOf(step: Step, found: Findings): Outcome | undefined {
  switch (step) {
    case "browser":
      return found.browser && (isUsable(found.browser) ? "good" : "bad");
    case "devices":
      return found.devices && ofDevices(found.devices);
    case "signalling":
      return found.signalling && ("took" in found.signalling ? "good" : "bad");
    case "udp":
      return found.direct && (found.direct === "udp" ? "good" : "bad");
    case "tcp":
      // Where UDP comes through, it is what would be left if that were closed one day.
      if (found.direct === "udp") return found.tcp && (found.tcp === "tcp" ? "good" : "poor");
      return found.direct && (found.direct === "tcp" ? "good" : "bad");
    case "throughput":
      return found.measures && rank(found.measures.up, ENOUGH.picture, ENOUGH.sound);
    case "quality":
      return found.measures && ofQuality(found.measures);
    case "relay":
      return found.relay && (isRelayed(found.relay) ? "good" : "bad");
  }
}

/** What the whole comes to. */
export interface Verdict {
  is: "picture" | "sound" | "insufficient";
  /** Why not more, the weightiest first. */
  because: readonly Reason[];
}
export type Reason =
  "browser" | "signalling" | "media" | "throughput" | "loss" | "delay" | "frames" | "microphone";

/** For what the link suffices, once everything is found that will be. */
export function verdictOf(found: Findings): Verdict {
  if (found.browser && !isUsable(found.browser)) return { is: "insufficient", because: ["browser"] };
  if (!found.signalling || "failed" in found.signalling)
    return { is: "insufficient", because: ["signalling"] };
  const { measures } = found;
  if (!measures || measures.sounds === 0) return { is: "insufficient", because: ["media"] };

  const microphone: Reason[] = found.devices && found.devices.microphone !== "good" ? ["microphone"] : [];
  const broken = short(measures, ENOUGH.sound, MOST.soundLoss, MOST.soundDelay);
  if (broken.length > 0) return { is: "insufficient", because: broken };
  const dim = short(measures, ENOUGH.picture, MOST.pictureLoss, MOST.pictureDelay);
  if (measures.frames < FEWEST_FRAMES) dim.push("frames");
  return dim.length > 0
    ? { is: "sound", because: [...dim, ...microphone] }
    : { is: "picture", because: microphone };
}

/** Whether a browser can take part at all. */
export const isUsable = ({ secure, webrtc, opus, vp8 }: BrowserFindings): boolean =>
  secure && webrtc && opus && vp8;

/** What a link of these measures has too little or too much of. */
function short({ up, down, loss, roundTrip }: Measures, rate: number, lost: number, delay: number): Reason[] {
  const reasons: Reason[] = [];
  if (Math.min(up, down) < rate) reasons.push("throughput");
  if (loss > lost) reasons.push("loss");
  if (roundTrip > delay) reasons.push("delay");
  return reasons;
}

function ofDevices({ microphone, camera }: DeviceFindings): Outcome {
  if (microphone !== "good") return "bad";
  return camera === "good" ? "good" : "poor";
}

function ofQuality({ loss, roundTrip, frames }: Measures): Outcome {
  const fair = loss <= MOST.pictureLoss && roundTrip <= MOST.pictureDelay && frames >= FEWEST_FRAMES;
  if (fair) return "good";
  return loss <= MOST.soundLoss && roundTrip <= MOST.soundDelay ? "poor" : "bad";
}

function rank(rate: number, good: number, poor: number): Outcome {
  if (rate >= good) return "good";
  return rate >= poor ? "poor" : "bad";
}

/** Bits a second: a face of modest size with its voice, and a voice with what surrounds it. */
const ENOUGH = { picture: 350_000, sound: 40_000 };
/** Pictures freeze at losses that voices bear by repetition; a conversation over a satellite is slow but one. */
const MOST = { pictureLoss: 0.08, soundLoss: 0.2, pictureDelay: 1_200, soundDelay: 2_500 };
const FEWEST_FRAMES = 4;
