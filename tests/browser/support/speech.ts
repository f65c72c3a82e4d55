//! What is said by voice: the signal after which one speaks, how long one has spoken, and what was kept of it.

import { expect, type Locator } from "@playwright/test";
import type { Person } from "./person.js";

/** The signal after which one speaks. */
export const BEEP = 800;

/** Listens to all that comes in from here on; answers with a way to wait until a tone was heard, however short. */
export async function listensFor(person: Person, hertz: number): Promise<() => Promise<void>> {
  await person.page.evaluate((pitch) => {
    const context = new AudioContext({ sampleRate: 48_000 });
    void context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 4_096;
    analyser.smoothingTimeConstant = 0;
    const known = new Set<string>();
    const spectrum = new Float32Array(analyser.frequencyBinCount);
    const bin = Math.round((pitch * analyser.fftSize) / 48_000);
    let streak = 0;
    const turn = window.setInterval(() => {
      for (const peer of window.peers) {
        for (const { track } of peer.getReceivers()) {
          if (track.kind !== "audio" || known.has(track.id)) continue;
          known.add(track.id);
          context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
        }
      }
      analyser.getFloatFrequencyData(spectrum);
      const loudest = spectrum.indexOf(Math.max(...spectrum));
      // A vowel may be at that pitch for a moment, but never alone, and not for a tenth of a second.
      const beside = Math.max(...spectrum.subarray(10, bin - 5), ...spectrum.subarray(bin + 6, 400));
      const peak = spectrum[loudest] ?? -200;
      streak = Math.abs(loudest - bin) <= 1 && peak > -50 && peak - beside > 25 ? streak + 1 : 0;
      if (streak < 3) return;
      document.documentElement.dataset["heard"] = String(pitch);
      window.clearInterval(turn);
      void context.close();
    }, 40);
  }, hertz);
  return async () => {
    const heard = person.page.locator(`html[data-heard="${hertz}"]`);
    await expect(heard, `${person.name} must hear ${hertz} Hz`).toBeAttached({ timeout: 45_000 });
    await person.page.evaluate(() => delete document.documentElement.dataset["heard"]);
  };
}

/** Waits until the microphone has sent so many more seconds of sound. */
export async function speaksFor(person: Person, seconds: number): Promise<void> {
  const sent = () =>
    person.page.evaluate(async () => {
      let packets = 0;
      for (const peer of window.peers) {
        for (const report of (await peer.getStats()).values() as Iterable<Record<string, unknown>>) {
          if (report["type"] === "outbound-rtp" && report["kind"] === "audio") packets += Number(report["packetsSent"]);
        }
      }
      return packets;
    });
  const before = await sent();
  await expect
    .poll(sent, { message: `${person.name} must speak for ${seconds} s`, timeout: 30_000 })
    .toBeGreaterThan(before + seconds * 50);
}

interface Recorded {
  seconds: number;
  /** The share of its energy, from its second half second on, that is at the tone. */
  share: number;
  loudness: number;
}

/** What a recording on the page sounds like at a tone. */
export const recordedAt = (sound: Locator, hertz: number): Promise<Recorded> =>
  sound.evaluate(async (audio: HTMLAudioElement, pitch) => {
    const context = new OfflineAudioContext(1, 48_000, 48_000);
    const answer = await fetch(audio.src);
    const decoded = await context.decodeAudioData(await answer.arrayBuffer());
    const samples = decoded.getChannelData(0).subarray(24_000, -24_000);
    const turn = 2 * Math.cos((2 * Math.PI * pitch) / decoded.sampleRate);
    let [power, energy] = [0, 0];
    // A tenth of a second at a time, so that clocks which differ a little do no harm.
    for (let from = 0; from + 4_800 <= samples.length; from += 4_800) {
      let [last, before] = [0, 0];
      for (const sample of samples.subarray(from, from + 4_800)) {
        [last, before] = [sample + turn * last - before, last];
        energy += sample * sample;
      }
      power += (2 * (last * last + before * before - turn * last * before)) / 4_800;
    }
    return { seconds: decoded.duration, share: power / energy, loudness: Math.sqrt(energy / samples.length) };
  }, hertz);
