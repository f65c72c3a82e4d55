//! A post abroad at a thin link, in a meeting with others who have enough.

import type { Browser } from "@playwright/test";
import { Far, NEAR } from "../support/far.js";
import { expectFlow, received } from "../support/media.js";
import { Person } from "../support/person.js";
import { longestFreezes, quality } from "../support/quality.js";
import { HOST, Server } from "../support/server.js";
import { expect, test as base } from "../support/test.js";

const test = base.extend<{ post: Person; far: Far }>({
  // The program listens at the near end of the link, so that the link comes first.
  far: async ({}, use) => {
    const far = await Far.behind("rate=1M delay=50ms queue=300ms");
    await use(far);
    await far.end();
  },
});

test("three cameras over 1 Mbit/s: every word is heard, and no picture stands still", async ({ far, playwright, launchOptions }) => {
  await meet(far, playwright.chromium, launchOptions, async ({ post }) => {
    await expectFlow(post.page, { sounds: 1, pictures: 3 });
    await post.page.waitForTimeout(10_000);
    const before = await quality(post.page);

    const freezes = await longestFreezes(post.page, 20_000);

    const after = await quality(post.page);
    const concealed = (after.concealed - before.concealed) / (after.samples - before.samples);
    console.log(`    concealed ${(100 * concealed).toFixed(2)} %, longest freezes ${freezes.map(Math.round).join(", ")} ms`);
    console.log(`    ${await far.counts()}`);
    expect(concealed).toBeLessThan(0.01);
    expect(freezes).toHaveLength(3);
    expect(Math.max(...freezes)).toBeLessThan(1_000);
  });
});

test("a minute at 128 kbit/s: speech goes on, and pictures come back after it", async ({ far, playwright, launchOptions }) => {
  await meet(far, playwright.chromium, launchOptions, async ({ post }) => {
    await expectFlow(post.page, { sounds: 1, pictures: 3 });
    await post.page.waitForTimeout(5_000);
    const before = await quality(post.page);

    await far.change("down rate=128k");
    await post.page.waitForTimeout(60_000);
    const during = await quality(post.page);
    await far.change("down rate=1M");
    const widened = Date.now();
    await expectFlow(post.page, { sounds: 1, pictures: 3 });
    const back = Date.now() - widened;

    const lost = (during.concealed - before.concealed) / 48_000;
    console.log(`    speech lost ${lost.toFixed(2)} s, pictures back after ${(back / 1_000).toFixed(1)} s; ${await far.counts()}`);
    expect(lost).toBeLessThan(1);
    expect(back).toBeLessThan(20_000);
  });
});

test("a link that is cut for 20 s carries both ways again within 3 s", async ({ far, playwright, launchOptions }) => {
  await meet(far, playwright.chromium, launchOptions, async ({ post, host }) => {
    post.excuse(/./);
    await expectFlow(post.page, { sounds: 1, pictures: 3 });
    await expectFlow(host.page, { sounds: 1, pictures: 3 });

    await far.change("both cut");
    await post.page.waitForTimeout(20_000);
    const there = await received(post.page);
    const here = await received(host.page);
    await far.change("both whole");
    const mended = Date.now();
    const heard = async (person: Person, before: typeof there): Promise<number> => {
      await expect
        .poll(async () => gained(before, await received(person.page)), { intervals: [100], timeout: 20_000 })
        .toBe(true);
      return Date.now() - mended;
    };
    const [down, up] = await Promise.all([heard(post, there), heard(host, here)]);

    console.log(`    down again after ${down} ms, up after ${up} ms`);
    expect(down).toBeLessThan(3_000);
    expect(up).toBeLessThan(3_000);
  });
});

type Incoming = Awaited<ReturnType<typeof received>>;

/** Whether every sound that was heard before, and a picture, goes on. */
function gained(before: Incoming, now: Incoming): boolean {
  const packets = new Map(before.sounds.map((sound) => [sound.id, sound.packets]));
  const frames = new Map(before.pictures.map((picture) => [picture.id, picture.frames]));
  const sounds = now.sounds.filter(({ id, packets: count }) => count > (packets.get(id) ?? Infinity) + 5);
  const pictures = now.pictures.filter(({ id, frames: count }) => count > (frames.get(id) ?? Infinity));
  return sounds.length > 0 && pictures.length > 0;
}

/** Three people here and one at the post: all with a camera, of those here one speaks. */
async function meet(
  far: Far,
  chromium: Parameters<Far["browser"]>[0],
  options: Parameters<Far["browser"]>[1],
  story: (people: { post: Person; host: Person }) => Promise<void>,
): Promise<void> {
  const server = await Server.start("", { address: NEAR });
  server.addHost();
  const origin = `http://${NEAR}:${server.port}`;
  const browsers: Browser[] = [];
  try {
    const here = async (name: string): Promise<Person> => {
      const browser = await chromium.launch(options);
      browsers.push(browser);
      return Person.at(browser, server.url, name);
    };
    const host = await here(HOST.name);
    await host.signIn();
    const code = await host.makeMeeting("Point avec le poste", false);
    await host.enter(code);
    for (const name of ["Consule générale", "Premier conseiller"]) {
      const person = await here(name);
      await person.enter(code);
      await person.key("Micro ouvert").click();
    }
    const there = await far.browser(chromium, options, origin);
    browsers.push(there);
    const post = await Person.at(there, origin, "Poste de Niamey");
    await post.enter(code);
    await story({ post, host });
    expect(post.faults, "no page may log an error or ask a foreign origin").toEqual([]);
  } finally {
    for (const browser of browsers) await browser.close();
    await server.stop();
  }
}
