//! The speaker's layout: who speaks is large, the others are in a strip.

import { fits, hasGoodAccess } from "./support/access.js";
import { CUT } from "./support/cut.js";
import { received } from "./support/media.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hums } from "./support/tones.js";

const [CONSUL, ADVISER] = ["Consule générale", "Premier conseiller"];

// Three browsers, and one who comes back: more than others do in one test.
test.setTimeout(180_000);

type Arrive = (name: string) => Promise<Person>;

test("who speaks becomes large, the pinned goes before them, and the layout is kept", async ({ arrive, server }) => {
  const { host, consul, adviser } = await three(arrive);
  await choose(host, "Orateur");

  await consul.key("Micro coupé").click();
  await isLarge(host, CONSUL);
  await consul.key("Micro ouvert").click();
  // Silence moves nobody; another voice does.
  await isLarge(host, CONSUL);
  await adviser.key("Micro coupé").click();
  await isLarge(host, ADVISER);
  await expect(host.page.locator(".speaker .tile:not(.large)")).toHaveCount(2);
  await hasGoodAccess(host.page);

  // Oneself is never large: whoever speaks sees the others.
  await choose(adviser, "Orateur");
  await isLarge(adviser, HOST.name);

  const pin = host.page.getByRole("button", { name: `Garder en grand : ${CONSUL}` });
  await host.tileOf(CONSUL).hover();
  await pin.click();
  await isLarge(host, CONSUL);
  await expect(host.tileOf(ADVISER)).toHaveClass(/speaks/);
  await expect(pin).toHaveAttribute("aria-pressed", "true");

  // Two can be kept large: side by side, and equally so.
  const second = host.page.getByRole("button", { name: `Garder en grand : ${ADVISER}` });
  await host.tileOf(ADVISER).hover();
  await second.click();
  await expect(host.page.locator(".speaker .tile.large")).toHaveCount(2);
  const [one, other] = [await host.tileOf(CONSUL).boundingBox(), await host.tileOf(ADVISER).boundingBox()];
  expect(one?.width).toBe(other?.width);
  expect(one?.height).toBe(other?.height);
  await second.click();
  await isLarge(host, CONSUL);

  // Everybody comes back after the server, as they were.
  for (const person of [host, consul, adviser]) person.excuse(...CUT, /status of 50\d/);
  await server.kill();
  await expect(host.page.getByText("Votre place est gardée")).toBeVisible();
  await server.run();
  await expect(host.page.locator('[data-link="live"]')).toBeAttached({ timeout: 60_000 });
  await expect(host.page.locator(".speaker .tile")).toHaveCount(3);
  await isLarge(host, CONSUL);
  await pin.click();
  await isLarge(host, ADVISER);

  // The choice lasts longer than the page.
  await host.page.reload();
  await host.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await host.isInside();
  await expect(host.page.getByRole("radio", { name: "Orateur" })).toBeChecked();
  await isLarge(host, ADVISER);
});

test("the strip asks for small pictures, the large tile for a big one", async ({ arrive }) => {
  const { host, adviser } = await three(arrive);
  await adviser.key("Micro coupé").click();
  await choose(host, "Orateur");
  await isLarge(host, ADVISER);

  await expect
    .poll(async () => (await received(host.page)).pictures.map(({ height }) => height).sort((a, b) => a - b), { timeout: 30_000 })
    .toEqual([180, 360]);
});

test("on a phone the speaker is wide, above the others", async ({ arrive }) => {
  const { host, adviser } = await three(arrive);
  await host.page.setViewportSize({ width: 390, height: 800 });
  await adviser.key("Micro coupé").click();
  await isLarge(host, ADVISER);

  const large = await host.tileOf(ADVISER).boundingBox();
  const small = await host.tileOf(CONSUL).boundingBox();
  expect(large?.width ?? 0).toBeGreaterThan(350);
  expect((large?.y ?? 0) + (large?.height ?? 0)).toBeLessThanOrEqual(small?.y ?? 0);
  expect(small?.width ?? 0).toBeLessThan(200);
  await fits(host);
  await hasGoodAccess(host.page);
});

/** Two who hum, silently for now, and one who looks. */
async function three(arrive: Arrive): Promise<{ host: Person; consul: Person; adviser: Person }> {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const [consul, adviser] = [await arrive(CONSUL), await arrive(ADVISER)];
  await hums(consul, 440);
  await hums(adviser, 1_000);
  for (const person of [host, consul, adviser]) {
    await person.prepare(code);
    await person.page.getByRole("button", { name: /^Micro/ }).first().click();
    await person.page.getByRole("button", { name: "Entrer", exact: true }).click();
    await person.isInside();
    await expect(person.key("Micro coupé")).toBeVisible();
  }
  for (const name of [CONSUL, ADVISER]) await expect(host.tileOf(name).locator("video")).toBeVisible();
  return { host, consul, adviser };
}

async function choose(person: Person, layout: string): Promise<void> {
  await person.page.getByRole("radio", { name: layout }).click();
}

async function isLarge(person: Person, name: string): Promise<void> {
  await expect(person.page.locator(".speaker .tile.large .plate")).toContainText(name);
}
