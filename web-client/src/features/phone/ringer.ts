//! What a telephone sounds like: it rings until somebody does something about it, and hums while the other end rings.
//! Made on the spot, no file to load.

/** Pairs of pitches in hertz, and how many seconds of each turn they sound. */
interface Cadence {
  pitches: readonly [number, number];
  on: number;
  turn: number;
  volume: number;
}

const RING: Cadence = { pitches: [784, 988], on: 1.4, turn: 3, volume: 0.16 };
/** While one talks already, a call announces itself softly. */
const KNOCK: Cadence = { pitches: [784, 784], on: 0.25, turn: 5, volume: 0.05 };
/** What the other end's ringing sounds like in France and West Africa. */
const RINGBACK: Cadence = { pitches: [440, 440], on: 1.5, turn: 5, volume: 0.05 };

export type Sound = "ring" | "knock" | "ringback";
const cadences: Record<Sound, Cadence> = { ring: RING, knock: KNOCK, ringback: RINGBACK };

/** Plays one sound at a time on a chosen output, again and again, until it is hushed. */
export class Ringer {
  private playing: { sound: Sound; stop: () => void } | undefined;

  play(sound: Sound, outputId: string): void {
    if (this.playing?.sound === sound) return;
    this.hush();
    const ended = new AbortController();
    this.playing = { sound, stop: () => ended.abort() };
    // All pages of a browser know of the call; one of them makes the sound, the next one goes on when it is closed.
    const locks = navigator.locks as LockManager | undefined;
    const sounding = () => ring(cadences[sound], outputId, ended.signal);
    if (sound === "ringback" || !locks) void sounding();
    else locks.request("palabre.ring", { signal: ended.signal }, sounding).catch(() => undefined);
  }

  hush(): void {
    this.playing?.stop();
    this.playing = undefined;
  }
}

/** Rings until the signal comes. A page nobody has touched yet may not sound: then another one gets its turn. */
async function ring(cadence: Cadence, outputId: string, until: AbortSignal): Promise<void> {
  if (until.aborted) return;
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = output.stream;
  element.dataset["ringer"] = "";
  try {
    if (outputId !== "" && "setSinkId" in element) await element.setSinkId(outputId).catch(() => undefined);
    await element.play();
    await context.resume();
    for (;;) {
      turn(context, output, cadence);
      if (await pause(cadence.turn * 1_000, until)) return;
    }
  } catch {
    // The browser wants a click first; the card is seen all the same.
  } finally {
    element.srcObject = null;
    await context.close();
  }
}

function turn(context: AudioContext, output: AudioNode, { pitches, on, volume }: Cadence): void {
  // Alternating pitches, eight a second, are what one looks up for.
  const step = pitches[0] === pitches[1] ? on : 1 / 8;
  const start = context.currentTime;
  const gain = context.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(volume, start + 0.03);
  gain.gain.setValueAtTime(volume, start + on - 0.05);
  gain.gain.linearRampToValueAtTime(0, start + on);
  gain.connect(output);
  const tone = context.createOscillator();
  for (let at = 0, index = 0; at < on; at += step, index += 1) {
    tone.frequency.setValueAtTime(pitches[index % 2] ?? pitches[0], start + at);
  }
  tone.connect(gain);
  tone.start(start);
  tone.stop(start + on);
}

/** Waits; true when the signal came meanwhile. */
const pause = (milliseconds: number, until: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    if (until.aborted) {
      resolve(true);
      return;
    }
    const done = () => {
      window.clearTimeout(timer);
      until.removeEventListener("abort", done);
      resolve(until.aborted);
    };
    const timer = window.setTimeout(done, milliseconds);
    until.addEventListener("abort", done);
  });
