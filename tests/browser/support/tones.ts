//! Who is heard, by pitch: each microphone hums a tone of its own, and what comes in is measured at that tone.

import { expect } from "@playwright/test";
import type { Person } from "./person.js";

/** From the next page on, this person's microphone hums a pure tone. */
export async function hums(person: Person, hertz: number): Promise<void> {
  await person.context.addInitScript((pitch) => {
    const media = navigator.mediaDevices;
    const before = media.getUserMedia.bind(media);
    media.getUserMedia = async ({ audio = false, video = false } = {}) => {
      const pictures = video === false ? [] : (await before({ video })).getTracks();
      if (audio === false) return new MediaStream(pictures);
      const context = new AudioContext({ sampleRate: 48_000 });
      await context.resume();
      const output = context.createMediaStreamDestination();
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.frequency.value = pitch;
      volume.gain.value = 0.3;
      tone.connect(volume).connect(output);
      tone.start();
      return new MediaStream([...output.stream.getTracks(), ...pictures]);
    };
  }, hertz);
}

/** How loud some tones come in, in decibels over what is heard beside them; one second of all sounds that arrive. */
export async function levels(person: Person, tones: readonly number[]): Promise<Record<string, number>> {
  return person.page.evaluate(async (pitches) => {
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();
    const analyser = context.createAnalyser();
    analyser.fftSize = 16_384;
    analyser.smoothingTimeConstant = 0;
    for (const peer of window.peers) {
      if (peer.connectionState !== "connected") continue;
      for (const { track } of peer.getReceivers()) {
        if (track.kind !== "audio" || track.readyState !== "live") continue;
        context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 700));
    const spectrum = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(spectrum);
    await context.close();
    const bin = (hertz: number) => Math.round((hertz * analyser.fftSize) / 48_000);
    const peak = (hertz: number) => Math.max(...spectrum.slice(bin(hertz) - 3, bin(hertz) + 4));
    // The middle of what is between 200 and 3,000 hertz is the ground on which a tone stands out.
    const ground = [...spectrum.slice(bin(200), bin(3_000))].sort((a, b) => a - b)[Math.floor((bin(3_000) - bin(200)) / 2)] ?? -100;
    const over = (hertz: number) => (peak(hertz) < -75 ? 0 : peak(hertz) - Math.max(ground, -95));
    return Object.fromEntries(pitches.map((hertz) => [String(hertz), over(hertz)]));
  }, tones);
}

/** Waits until the first tone is heard clearly, and the others are not. */
export async function hears(person: Person, tone: number, not: readonly number[] = []): Promise<void> {
  await expect
    .poll(
      async () => {
        const heard = await levels(person, [tone, ...not]);
        return { tone: (heard[tone] ?? 0) > 25, others: not.filter((other) => (heard[other] ?? 0) > 25) };
      },
      { message: `${person.name} must hear ${tone} Hz`, timeout: 30_000 },
    )
    .toEqual({ tone: true, others: [] });
}

/** Waits until a tone is heard no more. */
export async function hearsNoMore(person: Person, tone: number): Promise<void> {
  await expect
    .poll(async () => ((await levels(person, [tone]))[tone] ?? 0) > 25, {
      message: `${person.name} must not hear ${tone} Hz any more`,
      timeout: 30_000,
    })
    .toBe(false);
}
