//! Whether an open microphone brings nothing at all: muted at its key, unplugged from its cable, or another one than the
//! user speaks into. Pure; `LevelMeter` measures.

/** What was heard so far. */
export interface Hearing {
  /** Since when next to nothing came, in milliseconds of any clock. */
  quietSince: number;
  /** When we listened last. */
  at: number;
  silent: boolean;
}

/** The microphone has just been opened. */
export const listening = (now: number): Hearing => ({ quietSince: now, at: now, silent: false });

/** One more look at the level, in decibels below full scale. */
export function hear(before: Hearing, decibels: number, now: number): Hearing {
  if (decibels > VOICE) return listening(now);
  // A page in the background does not look; what it did not hear was not silence.
  if (now - before.at > GAP && !before.silent) return listening(now);
  return { ...before, at: now, silent: now - before.quietSince >= PATIENCE };
}

/** The power of some samples in decibels below full scale; digital silence is −100. */
export function decibelsOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return 10 * Math.log10(power + 1e-10);
}

/** Speech at arm's length is about −30; a quiet room behind noise suppression stays below −60. */
const VOICE = -50;
const PATIENCE = 6_000;
const GAP = 1_000;
