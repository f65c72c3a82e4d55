//! What is said of a step beside its outcome: the values that were measured. Pure.

import type { Words } from "../../i18n";
import { isRelayed, type Findings, type Step } from "./findings";

export type ConnectionWords = Words<"connection">["connection"];

/** The values of a step, in words; empty while there are none. */
export function detailOf(step: Step, found: Findings, words: ConnectionWords, language: string): string {
  const { browser, devices, signalling, direct, tcp, relay, measures } = found;
  const number = (value: number, digits = 0) =>
    new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits })
      .format(value)
      .replace(/\u202f/g, "\u00a0");
  const rate = (bits: number) =>
    bits < 1_000_000 ? `${number(bits / 1_000)}\u00a0kbit/s` : `${number(bits / 1_000_000, 1)}\u00a0Mbit/s`;
  const { details } = words;

  switch (step) {
    case "browser": {
      if (!browser) return "";
      const missing = (["secure", "webrtc", "opus", "vp8"] as const).filter((part) => !browser[part]);
      return missing.length === 0 ? details.browser : missing.map((part) => words.missing[part]).join(" ");
    }
    case "devices":
      return devices
        ? [
            details.microphone(words.devices[devices.microphone]),
            details.camera(words.devices[devices.camera]),
            devices.speakers > 0 ? details.speakers(devices.speakers) : details.systemSpeaker,
          ].join(" ")
        : "";
    case "signalling":
      if (!signalling) return "";
      return "took" in signalling
        ? details.signalling(number(signalling.took))
        : words.errors[isKnown(signalling.failed, words) ? signalling.failed : "unexpected"];
    case "udp":
      return direct === undefined ? "" : direct === "udp" ? details.taken : details.closed;
    case "tcp":
      if (direct === undefined || (direct === "udp" && tcp === undefined)) return "";
      if (direct === "udp") return tcp === "tcp" ? details.spare : details.closed;
      return direct === "tcp" ? details.taken : details.closed;
    case "relay":
      return relay === undefined ? "" : isRelayed(relay) ? words.relays[relay] : details.closed;
    case "throughput":
      return measures ? details.throughput(rate(measures.up), rate(measures.down)) : "";
    case "quality":
      return measures
        ? details.quality(
            number(100 * measures.loss, 1),
            number(measures.roundTrip),
            number(measures.jitter),
            number(measures.frames),
          )
        : "";
  }
}

const isKnown = (code: string, { errors }: ConnectionWords): code is keyof ConnectionWords["errors"] =>
  code in errors;
