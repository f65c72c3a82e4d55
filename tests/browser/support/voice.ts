//! Something like a voice for the fake microphones: Chromium's own beeps too seldom to be heard as somebody who speaks.

import { existsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RATE = 48_000;
const SECONDS = 4;

/** The path of a WAV file of four seconds that ends where it begins; made once. */
export function voiceFile(): string {
  const path = join(tmpdir(), "palabre-voice.wav");
  if (!existsSync(path)) writeFileSync(path, wav());
  return path;
}

/** Harmonics of 150 Hz in four syllables a second. */
function sample(index: number): number {
  const time = index / RATE;
  const syllable = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * time);
  let voice = 0;
  for (let harmonic = 1; harmonic <= 12; harmonic += 1) {
    voice += Math.sin(2 * Math.PI * 150 * harmonic * time) / harmonic;
  }
  return 0.25 * syllable * voice;
}

function wav(): Buffer {
  const samples = RATE * SECONDS;
  const file = Buffer.alloc(44 + samples * 2);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples * 2, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16); // size of the format chunk
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // one channel
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28); // bytes a second
  file.writeUInt16LE(2, 32); // bytes a frame
  file.writeUInt16LE(16, 34); // bits a sample
  file.write("data", 36);
  file.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i += 1) {
    file.writeInt16LE(Math.round(32_767 * Math.max(-1, Math.min(1, sample(i)))), 44 + i * 2);
  }
  return file;
}
