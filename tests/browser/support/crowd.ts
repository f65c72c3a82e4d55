//! Many people at once, in one page without our interface: there, named, silent, and seen if that is asked for.

import { readFileSync } from "node:fs";
import { bundle } from "./sdk.js";
import type { Person } from "./person.js";

/**
 * Goes into a meeting under each of the names, one after the other. Whoever looks sees them in this order, for which others
 * come in another second. With pictures each has a small camera, whose colour is another one every time.
 */
export async function crowd(person: Person, code: string, names: readonly string[], pictures = false): Promise<void> {
  // Any page of the origin that does not start the interface.
  await person.page.goto("/health");
  await person.page.evaluate(readFileSync(bundle, "utf8"));
  for (const [at, name] of names.entries()) {
    if (at > 0 && name !== names[at - 1]) await person.page.waitForTimeout(1_000);
    const { url, token } = await admitted(person, code, name);
    await person.page.evaluate(
      async ({ url, token, pictures }) => {
        const room = new window.LivekitClient.Room({ dynacast: true, adaptiveStream: false });
        await room.connect(url, token);
        if (!pictures) return;
        const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 90 });
        const paint = canvas.getContext("2d");
        setInterval(() => {
          if (paint) paint.fillStyle = `hsl(${Math.random() * 360} 60% 50%)`;
          paint?.fillRect(0, 0, 160, 90);
        }, 250);
        const [camera] = canvas.captureStream(4).getVideoTracks();
        if (!camera) throw new Error("no camera");
        const track = new window.LivekitClient.LocalVideoTrack(camera, undefined, true);
        await room.localParticipant.publishTrack(track, { source: "camera", simulcast: false });
      },
      { url, token, pictures },
    );
  }
}

/**
 * Sends under each of the names what a camera takes, and a voice under the first, and receives nothing: where many are to be
 * seen on a small machine, nobody but the one who looks shall have to decode.
 */
export async function cameras(person: Person, code: string, names: readonly string[]): Promise<void> {
  await person.page.goto("/health");
  await person.page.evaluate(readFileSync(bundle, "utf8"));
  for (const [at, name] of names.entries()) {
    const { url, token } = await admitted(person, code, name);
    await person.page.evaluate(
      async ({ url, token, speaks }) => {
        const room = new window.LivekitClient.Room({ dynacast: true, adaptiveStream: false });
        await room.connect(url, token, { autoSubscribe: false });
        const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: speaks });
        for (const track of stream.getTracks()) {
          const source = track.kind === "video" ? "camera" : "microphone";
          await room.localParticipant.publishTrack(track, { source, videoCodec: "vp8" });
        }
      },
      { url, token, speaks: at === 0 },
    );
  }
}

async function admitted(person: Person, code: string, name: string): Promise<{ url: string; token: string }> {
  const answer = await person.context.request.post(`/api/meetings/${code}/join`, {
    headers: { origin: person.base },
    data: { name },
  });
  if (!answer.ok()) throw new Error(`not admitted: ${await answer.text()}`);
  return (await answer.json()) as { url: string; token: string };
}
