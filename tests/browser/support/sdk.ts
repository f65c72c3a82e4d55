//! A client SDK in a page without our interface: for what the interface does not ask of it.

import { readFileSync } from "node:fs";
import type { Person } from "./person.js";

/** The little of the SDK that is used here; it is the one that the web client was built with. */
interface Sdk {
  Room: new (options: object) => SdkRoom;
  LocalVideoTrack: new (track: MediaStreamTrack, constraints: undefined, userProvided: boolean) => unknown;
}
interface SdkRoom {
  connect(url: string, token: string, options?: object): Promise<void>;
  localParticipant: { publishTrack(track: unknown, options: object): Promise<unknown> };
  remoteParticipants: Map<string, { trackPublications: Map<string, SdkPublication> }>;
}
interface SdkPublication {
  kind: string;
  setVideoQuality(quality: number): void;
}

declare global {
  /** Chromium's way to make a track of pictures; TypeScript does not know it. */
  class MediaStreamTrackGenerator extends MediaStreamTrack {
    constructor(init: { kind: string });
    readonly writable: WritableStream<VideoFrame>;
  }
  interface Window {
    LivekitClient: Sdk;
    sdkRoom: SdkRoom;
  }
}

/** The SDK as a script for any page. */
export const bundle = new URL("../../../web-client/node_modules/livekit-client/dist/livekit-client.umd.js", import.meta.url);

/** What somebody must be let in with to use the SDK: our policy forbids a bare page of ours to connect anywhere. */
export const bare = { bypassCSP: true };

/** Goes into a meeting; nothing is published, everything is received. */
export async function connect(person: Person, code: string): Promise<void> {
  const answer = await person.context.request.post(`/api/meetings/${code}/join`, {
    headers: { origin: person.base },
    data: { name: person.name },
  });
  if (!answer.ok()) throw new Error(`not admitted: ${await answer.text()}`);
  const { url, token } = (await answer.json()) as { url: string; token: string };

  // Any page of the origin that does not start the interface.
  await person.page.goto("/health");
  await person.page.evaluate(readFileSync(bundle, "utf8"));
  await person.page.evaluate(
    async ({ url, token }) => {
      window.sdkRoom = new window.LivekitClient.Room({ dynacast: true, adaptiveStream: false });
      await window.sdkRoom.connect(url, token);
    },
    { url, token },
  );
}

/** Publishes a moving picture of 960 by 540, which is large enough for three layers, ten times a second. */
export async function publishPicture(person: Person, options: object): Promise<void> {
  await person.page.evaluate(async (options) => {
    const canvas = new OffscreenCanvas(960, 540);
    const context = canvas.getContext("2d");
    const generator = new MediaStreamTrackGenerator({ kind: "video" });
    const writer = generator.writable.getWriter();
    if (!context) throw new Error("no canvas");
    let count = 0;
    setInterval(() => {
      count += 1;
      for (let stripe = 0; stripe < 12; stripe += 1) {
        context.fillStyle = `hsl(${(count * 3 + stripe * 30) % 360} 60% 50%)`;
        context.fillRect(stripe * 80, 0, 80, 540);
      }
      context.fillStyle = "white";
      context.fillRect((count * 12) % 960, 120, 120, 300);
      void writer.write(new VideoFrame(canvas, { timestamp: performance.now() * 1000 }));
    }, 100);
    const track = new window.LivekitClient.LocalVideoTrack(generator, undefined, true);
    await window.sdkRoom.localParticipant.publishTrack(track, { source: "camera", ...options });
  }, options);
}

/** Asks for a quality of all pictures: 0 low, 1 medium, 2 high. */
export async function wantQuality(person: Person, quality: number): Promise<void> {
  await person.page.waitForFunction(() =>
    [...window.sdkRoom.remoteParticipants.values()].some(({ trackPublications }) => trackPublications.size > 0),
  );
  await person.page.evaluate((quality) => {
    for (const { trackPublications } of window.sdkRoom.remoteParticipants.values()) {
      for (const publication of trackPublications.values()) {
        if (publication.kind === "video") publication.setVideoQuality(quality);
      }
    }
  }, quality);
}

/** Lets this browser decode only some codecs: the others are not in what it offers to receive. */
export function decodingOnly(codecs: string[]): void {
  const set = RTCRtpTransceiver.prototype.setCodecPreferences;
  const native = RTCRtpReceiver.getCapabilities.bind(RTCRtpReceiver);
  const known = (mime: string) => codecs.some((codec) => mime.toLowerCase() === `video/${codec}`) || /\/(rtx|red|ulpfec|flexfec-03)$/.test(mime);
  RTCRtpReceiver.getCapabilities = (kind) => {
    const all = native(kind);
    if (all && kind === "video") all.codecs = all.codecs.filter(({ mimeType }) => known(mimeType));
    return all;
  };
  const add = RTCPeerConnection.prototype.createOffer;
  RTCPeerConnection.prototype.createOffer = function (this: RTCPeerConnection, ...args: unknown[]) {
    for (const transceiver of this.getTransceivers()) {
      if (transceiver.receiver.track.kind !== "video" || transceiver.direction !== "recvonly") continue;
      set.call(transceiver, RTCRtpReceiver.getCapabilities("video")?.codecs ?? []);
    }
    return (add as (...args: unknown[]) => Promise<RTCSessionDescriptionInit>).apply(this, args);
  } as typeof add;
}
