//! How a browser sends its own voice, as its peer connections count it.

import type { Page } from "@playwright/test";

export interface Voice {
  packets: number;
  /** Of what the packets carry, without headers: twice as many where each repeats the one before. */
  bytes: number;
}

/** The voice that a page sends, counted since it began. */
export async function voiceSent(page: Page): Promise<Voice> {
  return page.evaluate(async () => {
    const voice = { packets: 0, bytes: 0 };
    for (const peer of window.peers) {
      if (peer.connectionState !== "connected") continue;
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type !== "outbound-rtp" || stat.kind !== "audio") continue;
        voice.packets += stat.packetsSent;
        voice.bytes += stat.bytesSent;
      }
    }
    return voice;
  });
}

/** Packets and kilobits a second, over some seconds. */
export async function voiceRate(page: Page): Promise<{ packets: number; kbits: number }> {
  const before = await voiceSent(page);
  const began = performance.now();
  await page.waitForTimeout(6_000);
  const after = await voiceSent(page);
  const seconds = (performance.now() - began) / 1_000;
  return {
    packets: (after.packets - before.packets) / seconds,
    kbits: ((after.bytes - before.bytes) * 8) / 1_000 / seconds,
  };
}
