//! What a browser really receives, read from its peer connections.

import { expect, type Page } from "@playwright/test";

declare global {
  interface Window {
    peers: RTCPeerConnection[];
  }
}

/** Runs in the page before anything else: remembers peer connections, keeps the fake camera small for a small
 * machine, and the fake voice as it is. */
export function instrument(): void {
  window.peers = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      window.peers.push(this);
    }
  };

  const media = navigator.mediaDevices;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = ({ audio = false, video = false } = {}) => {
    const constraints: MediaStreamConstraints = { audio, video };
    if (video !== false) {
      constraints.video = { ...(video === true ? {} : video), width: 640, height: 360, frameRate: 15 };
    }
    // All microphones hear the same voice: to an echo canceller that is echo.
    if (audio !== false) {
      const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      constraints.audio = { ...(audio === true ? {} : audio), ...raw };
    }
    return open(constraints);
  };
}

/** One incoming track, summed up. */
export interface Heard {
  /** Section and source: a section that is used again is another track. */
  id: string;
  energy: number;
  packets: number;
}
export interface Seen {
  id: string;
  frames: number;
  width: number;
  height: number;
}

/** Waits until the page, which is before the door, is connected. */
export async function standing(page: Page): Promise<void> {
  const connected = () =>
    window.peers.some((peer) => peer.connectionState === "connected" && peer.signalingState === "stable");
  await expect.poll(() => page.evaluate(connected), { message: "the way to the meeting stands" }).toBe(true);
  // The client is told by a message of its own that the room knows it too.
  await page.waitForTimeout(1_000);
}

/** Every sound and picture that comes in now. */
export async function received(page: Page): Promise<{ sounds: Heard[]; pictures: Seen[] }> {
  return page.evaluate(async () => {
    const sounds: Heard[] = [];
    const pictures: Seen[] = [];
    for (const peer of window.peers) {
      if (peer.connectionState !== "connected") continue;
      for (const stat of (await peer.getStats()).values()) {
        if (stat.type !== "inbound-rtp") continue;
        if (stat.kind === "audio") {
          sounds.push({ id: `${stat.mid}/${stat.ssrc}`, energy: stat.totalAudioEnergy ?? 0, packets: stat.packetsReceived ?? 0 });
        } else {
          pictures.push({
            id: `${stat.mid}/${stat.ssrc}`,
            frames: stat.framesDecoded ?? 0,
            width: stat.frameWidth ?? 0,
            height: stat.frameHeight ?? 0,
          });
        }
      }
    }
    return { sounds, pictures };
  });
}

/** The pictures that move while so many milliseconds pass. */
export async function moving(page: Page, milliseconds: number): Promise<Seen[]> {
  const before = new Map((await received(page)).pictures.map(({ id, frames }) => [id, frames]));
  await page.waitForTimeout(milliseconds);
  return (await received(page)).pictures.filter(({ id, frames }) => frames > (before.get(id) ?? 0));
}

/** Waits until so many sounds gained energy and so many pictures gained frames since this moment. */
export async function expectFlow(page: Page, wanted: { sounds: number; pictures: number }): Promise<void> {
  const start = await received(page);
  const energy = new Map(start.sounds.map((sound) => [sound.id, sound.energy]));
  const frames = new Map(start.pictures.map((picture) => [picture.id, picture.frames]));
  await expect
    .poll(
      async () => {
        const now = await received(page);
        return {
          sounds: now.sounds.filter(({ id, energy: heard }) => heard > (energy.get(id) ?? 0) + AUDIBLE).length,
          pictures: now.pictures.filter(({ id, frames: seen }) => seen > (frames.get(id) ?? 0) + 5).length,
        };
      },
      { message: "sounds and pictures must flow", timeout: 30_000 },
    )
    .toEqual(wanted);
}

// The voice of voice.ts brings about 0.01 a second; comfort noise stays far below.
const AUDIBLE = 1e-4;
