//! Many people at once, in one page without our interface: there, named, silent, and seen if that is asked for.

import { readFileSync } from "node:fs";
import { bundle } from "./sdk.js";
import type { Person } from "./person.js";

/**
 * Goes into a meeting under each of the names, one after the other. Whoever looks sees them in this order, for which others
 * come in another second. With pictures each has a small camera, whose colour is another one every time.
 */
export async function crowd(person: Person, code: string, names: readonly string[], pictures = false): Promise<void> {
  await brings(person);
  for (const [at, name] of names.entries()) {
    if (at > 0 && name !== names[at - 1]) await person.page.waitForTimeout(1_000);
    const { url, token } = await admitted(person, code, { name });
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
  await brings(person);
  for (const [at, name] of names.entries()) {
    const { url, token } = await admitted(person, code, { name });
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

/** Takes the seats that invitations are for, one after the other. Whoever presents shows a sheet of paper. */
export async function sits(person: Person, code: string, invitations: readonly string[], presents = false): Promise<void> {
  await brings(person);
  for (const invitation of invitations) {
    const { url, token } = await admitted(person, code, { invitation });
    await person.page.evaluate(
      async ({ url, token, presents }) => {
        const room = new window.LivekitClient.Room({ dynacast: false, adaptiveStream: false });
        await room.connect(url, token, { autoSubscribe: false });
        if (!presents) return;
        const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
        const paint = canvas.getContext("2d");
        setInterval(() => {
          if (!paint) return;
          paint.fillStyle = "#ffffff";
          paint.fillRect(0, 0, 1280, 720);
          paint.fillStyle = "#3a4a44";
          paint.fillRect(120, 80, 560, 36);
          for (let line = 0; line < 11; line += 1) paint.fillRect(120, 170 + line * 44, 1040 - 90 * (line % 3), 14);
        }, 200);
        const [screen] = canvas.captureStream(5).getVideoTracks();
        if (!screen) throw new Error("no screen");
        const track = new window.LivekitClient.LocalVideoTrack(screen, undefined, true);
        await room.localParticipant.publishTrack(track, { source: "screen_share", simulcast: false });
      },
      { url, token, presents },
    );
  }
}

/** Opens any page of the origin that does not start the interface, and the SDK in it. */
async function brings({ page }: Person): Promise<void> {
  await page.goto("/health");
  await page.evaluate(readFileSync(bundle, "utf8"));
}

async function admitted(
  person: Person,
  code: string,
  who: { name: string } | { invitation: string },
): Promise<{ url: string; token: string }> {
  const answer = await person.context.request.post(`/api/meetings/${code}/join`, {
    headers: { origin: person.base },
    data: who,
  });
  if (!answer.ok()) throw new Error(`not admitted: ${await answer.text()}`);
  return (await answer.json()) as { url: string; token: string };
}
