//! How well sound and pictures come in, as the browser that receives them counts it.

import type { Page } from "@playwright/test";

/** Sums over all that comes in since the page began. */
export interface Quality {
  /** Samples of sound that were played, and of those the ones that were made up because nothing had come. */
  samples: number;
  concealed: number;
  /** Pictures shown, by source. */
  frames: Record<string, number>;
}

export async function quality(page: Page): Promise<Quality> {
  return page.evaluate(async () => {
    const sum = { samples: 0, concealed: 0, frames: {} as Record<string, number> };
    for (const peer of window.peers) {
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type !== "inbound-rtp") continue;
        if (stat.kind === "audio") {
          sum.samples += stat.totalSamplesReceived ?? 0;
          // Silence that is made up is silence: whoever says nothing sends nothing.
          sum.concealed += (stat.concealedSamples ?? 0) - (stat.silentConcealedSamples ?? 0);
        } else {
          sum.frames[`${stat.mid}/${stat.ssrc}`] = stat.framesDecoded ?? 0;
        }
      }
    }
    return sum;
  });
}

/** The longest time without a new picture of each source that shows any, in milliseconds, while looking on for a time. */
export async function longestFreezes(page: Page, time: number): Promise<number[]> {
  return page.evaluate(async (length) => {
    const last = new Map<string, { frames: number; at: number; longest: number }>();
    const start = performance.now();
    while (performance.now() - start < length) {
      for (const peer of window.peers) {
        for (const stat of (await peer.getStats()).values()) {
          if (stat.type !== "inbound-rtp" || stat.kind !== "video") continue;
          const id = `${stat.mid}/${stat.ssrc}`;
          const frames = stat.framesDecoded ?? 0;
          const now = performance.now();
          const seen = last.get(id) ?? { frames, at: now, longest: 0 };
          seen.longest = Math.max(seen.longest, now - seen.at);
          if (frames !== seen.frames) Object.assign(seen, { frames, at: now });
          last.set(id, seen);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return [...last.values()].filter(({ frames }) => frames > 0).map(({ longest }) => longest);
  }, time);
}
