//! From the click on « Entrer » until one is heard at the other end.

import { appendFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { Far, NEAR } from "../support/far.js";
import { received, standing } from "../support/media.js";
import { Person } from "../support/person.js";
import { HOST, Server } from "../support/server.js";
import { expect, test } from "../support/test.js";

for (const { name, link, most } of [
  { name: "no distance", link: "rate=100M delay=0ms queue=300ms", most: 1_500 },
  { name: "60 ms", link: "rate=10M delay=30ms queue=300ms", most: 1_500 },
  { name: "600 ms and 1 Mbit/s", link: "rate=1M delay=300ms queue=300ms", most: 3_000 },
]) {
  test(`at ${name} a post is heard and seen soon after the click`, async ({ playwright, launchOptions }) => {
    const far = await Far.behind(link);
    const server = await Server.start("", { address: NEAR });
    server.addHost();
    const origin = `http://${NEAR}:${server.port}`;
    const here = await playwright.chromium.launch(launchOptions);
    const there = await far.browser(playwright.chromium, launchOptions, origin);
    try {
      const host = await Person.at(here, server.url, HOST.name);
      await host.signIn();
      const code = await host.makeMeeting("Point avec le poste", false);
      await host.enter(code);
      const times: { heard: number; seen: number }[] = [];
      for (let turn = 0; turn < 5; turn += 1) {
        const post = await Person.at(there, origin, `Poste ${turn}`);
        // Warm: the browser has been here before, and nothing is under way any more.
        await post.prepare(code);
        await post.page.waitForLoadState("networkidle");
        await post.prepare(code);
        await post.page.waitForLoadState("networkidle");
        // Whoever types a name takes as long.
        await standing(post.page);
        const arrives = watch(host.page);
        await expect.poll(async () => host.page.evaluate(() => window.watching)).toBe(true);
        await post.page.getByRole("button", { name: "Entrer", exact: true }).evaluate((button) => {
          button.addEventListener("click", () => (window.clicked = Date.now()), { capture: true });
        });
        await post.page.getByRole("button", { name: "Entrer", exact: true }).click();
        const { heard, seen } = await arrives;
        const clicked = await post.page.evaluate(() => window.clicked);
        times.push({ heard: heard - clicked, seen: seen - clicked });
        await post.context.close();
        await expect.poll(async () => (await received(host.page)).sounds.length, { timeout: 60_000 }).toBe(0);
      }
      const median = (kind: "heard" | "seen") => times.map((time) => time[kind]).sort((a, b) => a - b)[2] ?? Infinity;
      console.log(`    heard after ${median("heard")} ms, seen after ${median("seen")} ms: ${JSON.stringify(times)}`);
      const report = process.env["JOIN_REPORT"];
      if (report) await appendFile(report, `${name};${median("heard")};${median("seen")}\n`);
      expect(median("heard")).toBeLessThan(most);
    } finally {
      await here.close();
      await there.close();
      await server.stop();
      await far.end();
    }
  });
}

declare global {
  interface Window {
    watching: boolean;
    clicked: number;
  }
}

/** When the next sound and the next picture begin to come out, on the clock of this machine. */
async function watch(page: Page): Promise<{ heard: number; seen: number }> {
  return page.evaluate(async () => {
    const known = new Set<string>();
    const times = { heard: 0, seen: 0 };
    let first = true;
    for (const end = Date.now() + 30_000; Date.now() < end && (times.heard === 0 || times.seen === 0); ) {
      for (const peer of window.peers) {
        for (const stat of (await peer.getStats()).values()) {
          if (stat.type !== "inbound-rtp") continue;
          if (first) known.add(`${stat.mid}/${stat.ssrc}`);
          if (known.has(`${stat.mid}/${stat.ssrc}`)) continue;
          if (stat.kind === "audio" && (stat.totalAudioEnergy ?? 0) > 0.000_01) times.heard ||= Date.now();
          if (stat.kind === "video" && (stat.framesDecoded ?? 0) > 0) times.seen ||= Date.now();
        }
      }
      first = false;
      window.watching = true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    window.watching = false;
    return times;
  });
}
