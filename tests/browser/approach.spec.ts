//! The connection that stands before one enters: nothing of microphone or camera leaves before the click, and the click
//! opens the meeting on it.

import type { Page } from "@playwright/test";
import { CUT } from "./support/cut.js";
import { expectFlow, received, standing } from "./support/media.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

test("nothing leaves before the click, and with it one is in under the name that was typed", async ({ arrive }) => {
  const { host, code } = await meeting(arrive);
  const visitor = await arrive("Premier conseiller");
  await visitor.prepare(code);
  await standing(visitor.page);
  expect(await sent(visitor.page), "bytes of sound and picture").toBe(0);
  await expect(host.page.locator(".grid figure")).toHaveCount(1);
  await visitor.page.getByLabel("Votre nom et votre fonction").fill("Consule générale");

  await visitor.page.getByRole("button", { name: "Entrer", exact: true }).click();

  await visitor.isInside();
  await expect(host.tileOf("Consule générale")).toBeVisible();
  await expect(host.page.locator(".grid figure")).toHaveCount(2);
  for (const person of [host, visitor]) await expectFlow(person.page, { sounds: 1, pictures: 1 });
  expect(await visitor.page.evaluate(() => window.peers.length), "the connection that stood").toBe(1);

  // What is said and shown from here on is the meeting's.
  await visitor.openMessages();
  await visitor.say("Bonjour à tous");
  await host.openMessages();
  await expect(host.page.getByText("Bonjour à tous").first()).toBeVisible();
  await visitor.key("Micro ouvert").click();
  await expect(host.tileOf("Consule générale").getByLabel("micro coupé")).toBeVisible();
});

test("who came in so comes back into the meeting after a cut", async ({ arrive, arriveOver, line }) => {
  const { host, code } = await meeting(arrive);
  const visitor = await arriveOver(line, "Consule générale");
  await visitor.prepare(code);
  await standing(visitor.page);
  await visitor.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await visitor.isInside();
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  visitor.excuse(...CUT);
  const before = line.connections;

  line.drop();

  await expect.poll(() => line.connections).toBeGreaterThan(before);
  await visitor.isInside();
  for (const person of [host, visitor]) await expectFlow(person.page, { sounds: 1, pictures: 1 });
  await expect(host.page.locator(".grid figure")).toHaveCount(2);

  await visitor.page.reload();
  await visitor.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await visitor.isInside();
  await expect(host.page.locator(".grid figure")).toHaveCount(2);
});

test("who finds the door locked meanwhile is not in, and sends nothing any more", async ({ arrive }) => {
  const { host, code } = await meeting(arrive);
  const visitor = await arrive("Consule générale");
  await visitor.prepare(code);
  await standing(visitor.page);
  visitor.excuse(/status of 403/);
  await lock(host, code, true);

  await visitor.page.getByRole("button", { name: "Entrer", exact: true }).click();

  await expect(visitor.page.getByRole("alert")).toBeVisible();
  await expect(host.page.locator(".grid figure")).toHaveCount(1);
  const open = () => window.peers.filter((peer) => peer.getSenders().some(({ track }) => track !== null)).length;
  await expect.poll(() => visitor.page.evaluate(open)).toBe(0);
  await lock(host, code, false);
  await visitor.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await visitor.isInside();
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
});

test("where nothing stands, or the office does not take it over, one enters as before", async ({ arrive }) => {
  const { host, code } = await meeting(arrive);
  const first = await arrive("Consule générale");
  first.excuse(/status of 503/);
  await first.page.route("**/approach", (route) => route.fulfill({ status: 503, json: { error: { code: "too_many_approaches", message: "" } } }));
  await first.enter(code);
  await expectFlow(host.page, { sounds: 1, pictures: 1 });

  const second = await arrive("Premier conseiller");
  await second.page.route("**/join", (route) => {
    const { approach, ...asked } = route.request().postDataJSON() as Record<string, string>;
    expect(approach).toBeTruthy();
    return route.continue({ postData: asked });
  });
  await second.prepare(code);
  await standing(second.page);
  await second.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await second.isInside();
  await expectFlow(host.page, { sounds: 2, pictures: 2 });
  await expectFlow(second.page, { sounds: 2, pictures: 2 });
});

/** A meeting that is open to all, with its host inside. */
async function meeting(arrive: (name: string) => Promise<Person>): Promise<{ host: Person; code: string }> {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point avec le poste", false);
  await host.enter(code);
  expect((await received(host.page)).sounds).toEqual([]);
  return { host, code };
}

async function lock(host: Person, code: string, locked: boolean): Promise<void> {
  const answer = await host.context.request.patch(`/api/meetings/${code}`, { headers: { origin: host.base }, data: { locked } });
  expect(answer.status()).toBe(200);
}

/** How much sound and picture a page has sent, over whatever connection. */
async function sent(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let bytes = 0;
    for (const peer of window.peers) {
      for (const stat of (await peer.getStats()).values()) if (stat.type === "outbound-rtp") bytes += stat.bytesSent ?? 0;
    }
    return bytes;
  });
}
