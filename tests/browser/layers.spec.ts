//! Streams of several sizes in one, as browsers send and decode them.

import { bare, connect, decodingOnly, publishPicture, wantQuality } from "./support/sdk.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import type { Person } from "./support/person.js";

for (const [codec, mode] of [
  ["vp9", "L3T3_KEY"],
  ["vp9", "L3T3"],
  ["av1", "L3T3_KEY"],
] as const) {
  test(`of one ${codec} stream in ${mode} each viewer gets the size that it wants`, async ({ arrive }) => {
    const { host, code } = await meeting(arrive);
    const small = await arrive("Petit écran", bare);
    const large = await arrive("Grand écran", bare);
    for (const person of [host, small, large]) await connect(person, code);
    await publishPicture(host, { videoCodec: codec, scalabilityMode: mode, backupCodec: false });
    await wantQuality(small, 0);
    await wantQuality(large, 2);

    await expect.poll(() => picture(large), { timeout: 30_000 }).toMatchObject({ codec, width: 960 });
    await expect.poll(() => picture(small), { timeout: 30_000 }).toMatchObject({ codec, width: 240 });
    await flows(small);
    await flows(large);

    // Down at once and up again, while the others see no stop.
    const before = await picture(small);
    await wantQuality(large, 0);
    await expect.poll(() => picture(large)).toMatchObject({ width: 240 });
    await wantQuality(large, 1);
    await expect.poll(() => picture(large)).toMatchObject({ width: 480 });
    await wantQuality(large, 2);
    await expect.poll(() => picture(large)).toMatchObject({ width: 960 });
    await flows(large);
    expect(await picture(small)).toMatchObject({ width: 240, freezes: before?.freezes });
  });
}

test("who decodes no VP9 gets the backup in VP8, the others go on in VP9", async ({ arrive }) => {
  const { host, code } = await meeting(arrive);
  const modern = await arrive("Poste récent", bare);
  const old = await arrive("Poste ancien", bare);
  await old.context.addInitScript(decodingOnly, ["vp8"]);
  for (const person of [host, modern]) await connect(person, code);
  await publishPicture(host, { videoCodec: "vp9", scalabilityMode: "L3T3_KEY", backupCodec: { codec: "vp8" } });
  await expect.poll(() => picture(modern), { timeout: 30_000 }).toMatchObject({ codec: "vp9", width: 960 });
  expect(await sent(host), "nobody needs it yet").toEqual(["vp9"]);

  await connect(old, code);

  await expect.poll(() => picture(old), { timeout: 30_000 }).toMatchObject({ codec: "vp8" });
  await flows(old);
  await flows(modern);
  expect(await picture(modern)).toMatchObject({ codec: "vp9", width: 960 });
  expect(await sent(host)).toEqual(["vp8", "vp9"]);
});

type Arrive = (name: string, options: typeof bare) => Promise<Person>;

async function meeting(arrive: Arrive): Promise<{ host: Person; code: string }> {
  const host = await arrive(HOST.name, bare);
  await host.signIn();
  return { host, code: await host.makeMeeting("Couches", false) };
}

interface Picture {
  codec: string;
  width: number;
  frames: number;
  freezes: number;
}

/** The picture that comes in. */
async function picture(person: Person): Promise<Picture | undefined> {
  return person.page.evaluate(async () => {
    for (const peer of window.peers) {
      const stats = await peer.getStats();
      for (const stat of stats.values()) {
        if (stat.type !== "inbound-rtp" || stat.kind !== "video" || !stat.framesDecoded) continue;
        const codec = String(stats.get(stat.codecId)?.mimeType ?? "").replace("video/", "").toLowerCase();
        return { codec, width: stat.frameWidth ?? 0, frames: stat.framesDecoded, freezes: stat.freezeCount ?? 0 };
      }
    }
    return undefined;
  });
}

/** Thirty more pictures are decoded, and none of them was waited for. */
async function flows(person: Person): Promise<void> {
  const before = await picture(person);
  await expect.poll(async () => (await picture(person))?.frames ?? 0).toBeGreaterThan((before?.frames ?? 0) + 30);
  expect((await picture(person))?.freezes).toBe(before?.freezes);
}

/** The codecs of pictures that this browser sends now. */
async function sent(person: Person): Promise<string[]> {
  return person.page.evaluate(async () => {
    const codecs = new Set<string>();
    for (const peer of window.peers) {
      const stats = await peer.getStats();
      for (const stat of stats.values()) {
        if (stat.type !== "outbound-rtp" || stat.kind !== "video" || !stat.framesEncoded) continue;
        codecs.add(String(stats.get(stat.codecId)?.mimeType ?? "").replace("video/", "").toLowerCase());
      }
    }
    return [...codecs].sort();
  });
}
