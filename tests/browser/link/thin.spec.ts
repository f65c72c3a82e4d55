//! A post abroad at a thin link, in a meeting with others who have enough.

import type { Browser } from "@playwright/test";
import { cameras } from "../support/crowd.js";
import { Far, NEAR } from "../support/far.js";
import { expectFlow, received } from "../support/media.js";
import { Person } from "../support/person.js";
import { longestFreezes, quality } from "../support/quality.js";
import { bare } from "../support/sdk.js";
import { voiceRate } from "../support/sent.js";
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
  await look(far, playwright.chromium, launchOptions, async (post) => {
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
  await look(far, playwright.chromium, launchOptions, async (post) => {
    await expectFlow(post.page, { sounds: 1, pictures: 3 });
    await post.page.waitForTimeout(5_000);
    const before = await quality(post.page);

    await far.change("down rate=128k");
    await expect(post.page.getByText("les voix passent d’abord")).toBeVisible();
    await expect(post.page.getByText("Image fixe")).toHaveCount(3);
    await post.page.waitForTimeout(55_000);
    const during = await quality(post.page);
    await far.change("down rate=1M");
    const widened = Date.now();
    await expectFlow(post.page, { sounds: 1, pictures: 3 });
    const back = Date.now() - widened;
    await expect(post.page.getByText("Image fixe")).toHaveCount(0);

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
    // What was on its way has arrived, and no connection has found out yet.
    await post.page.waitForTimeout(1_000);
    const there = await received(post.page);
    const here = await received(host.page);
    await post.page.waitForTimeout(19_000);
    const cut = stood(here, await received(host.page));
    await far.change("both whole");
    const mended = Date.now();
    const heard = async (person: Person, before: Incoming): Promise<number> => {
      await expect
        .poll(async () => gained(before, await received(person.page)), { intervals: [100], timeout: 20_000 })
        .toBe(true);
      return Date.now() - mended;
    };
    const [down, up] = await Promise.all([heard(post, there), heard(host, cut)]);

    console.log(`    down again after ${down} ms, up after ${up} ms`);
    expect(down).toBeLessThan(3_000);
    expect(up).toBeLessThan(3_000);
  });
});

test("where packets are lost each carries those before it, and not longer than that", async ({ far, playwright, launchOptions }) => {
  await meet(far, playwright.chromium, launchOptions, async ({ post, host }) => {
    await expectFlow(host.page, { sounds: 1, pictures: 3 });
    const usual = (await voiceRate(post.page)).kbits;
    const times = async () => (await voiceRate(post.page)).kbits / usual;

    await far.change("up loss=8%");
    await expect.poll(times, { timeout: 60_000 }).toBeGreaterThan(1.7);
    const before = await quality(host.page);
    await host.page.waitForTimeout(15_000);
    const after = await quality(host.page);
    const concealed = (after.concealed - before.concealed) / (after.samples - before.samples);
    console.log(`    concealed ${(100 * concealed).toFixed(2)} % of what is 8 % lost`);
    expect(concealed).toBeLessThan(0.03);

    await far.change("up loss=0%");
    await expect.poll(times, { timeout: 90_000 }).toBeLessThan(1.3);
  });
});

type Incoming = Awaited<ReturnType<typeof received>>;

/** The streams of which nothing came meanwhile. */
function stood(before: Incoming, now: Incoming): Incoming {
  return {
    sounds: before.sounds.filter((sound) => now.sounds.some(({ id, packets }) => id === sound.id && packets === sound.packets)),
    pictures: before.pictures.filter((picture) => now.pictures.some(({ id, frames }) => id === picture.id && frames === picture.frames)),
  };
}

/** Whether a sound and a picture of those go on. */
function gained(before: Incoming, now: Incoming): boolean {
  const sounds = now.sounds.filter(({ id, packets }) => before.sounds.some((sound) => sound.id === id && packets > sound.packets + 5));
  const pictures = now.pictures.filter(({ id, frames }) => before.pictures.some((picture) => picture.id === id && frames > picture.frames));
  return sounds.length > 0 && pictures.length > 0;
}

/** Three people here and one at the post: all with a camera, of those here one speaks. */
async function meet(
  far: Far,
  chromium: Parameters<Far["browser"]>[0],
  options: Parameters<Far["browser"]>[1],
  story: (people: { post: Person; host: Person }) => Promise<void>,
): Promise<void> {
  await begin(far, chromium, options, async ({ arrive, depart, code, host }) => {
    await host.enter(code);
    for (const name of ["Consule générale", "Premier conseiller"]) {
      const person = await arrive(name);
      await person.enter(code);
      await person.key("Micro ouvert").click();
    }
    const post = await depart();
    await post.enter(code);
    await story({ post, host });
  });
}

/**
 * One at the post, who sees three cameras and hears one voice, all of one browser here that decodes nothing: where four
 * decode each other on a small machine, it is the machine that stands still.
 */
async function look(
  far: Far,
  chromium: Parameters<Far["browser"]>[0],
  options: Parameters<Far["browser"]>[1],
  story: (post: Person) => Promise<void>,
): Promise<void> {
  await begin(far, chromium, options, async ({ arrive, depart, code }) => {
    await cameras(await arrive("Le ministère", bare), code, ["Directrice Asie", "Consule générale", "Premier conseiller"]);
    const post = await depart();
    await post.enter(code);
    await story(post);
  });
}

interface Scene {
  /** Somebody here. */
  arrive: (name: string, options?: Parameters<typeof Person.at>[3]) => Promise<Person>;
  /** Whoever is at the post. */
  depart: () => Promise<Person>;
  code: string;
  host: Person;
}

/** A server at this end of the link, a meeting, and browsers at both. */
async function begin(
  far: Far,
  chromium: Parameters<Far["browser"]>[0],
  options: Parameters<Far["browser"]>[1],
  story: (scene: Scene) => Promise<void>,
): Promise<void> {
  const server = await Server.start("", { address: NEAR });
  server.addHost();
  const origin = `http://${NEAR}:${server.port}`;
  const browsers: Browser[] = [];
  try {
    const arrive: Scene["arrive"] = async (name, more) => {
      const browser = await chromium.launch(options);
      browsers.push(browser);
      return Person.at(browser, server.url, name, more);
    };
    const posts: Person[] = [];
    const depart = async () => {
      const browser = await far.browser(chromium, options, origin);
      browsers.push(browser);
      const post = await Person.at(browser, origin, "Poste de Niamey");
      posts.push(post);
      return post;
    };
    const host = await arrive(HOST.name);
    await host.signIn();
    const code = await host.makeMeeting("Point avec le poste", false);
    await story({ arrive, depart, code, host });
    expect(posts.flatMap(({ faults }) => faults), "no page may log an error or ask a foreign origin").toEqual([]);
  } finally {
    for (const browser of browsers) await browser.close();
    await server.stop();
  }
}
