//! A meeting of more people than a screen shows: a page at a time, and nothing comes over the line for the others.

import { crowd } from "./support/crowd.js";
import { moving } from "./support/media.js";
import { bare } from "./support/sdk.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

test("of twenty people only those on the page are received", async ({ arrive }) => {
  test.setTimeout(150_000);
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Conférence des ambassadeurs", false);
  await host.enter(code);
  const others = await arrive("Les autres", bare);
  await crowd(others, code, Array.from({ length: 19 }, () => "Délégué"), true);

  const page = host.page.getByRole("navigation", { name: /^Page/ });
  await expect(page.getByText("Page 1 sur 3")).toBeVisible();
  await expect(host.page.locator("figure.tile")).toHaveCount(9);
  // Oneself is on it.
  await expect.poll(async () => (await moving(host.page, 2_000)).length, { timeout: 30_000 }).toBe(8);

  await page.getByRole("button", { name: "Page suivante" }).click();
  await expect(page.getByText("Page 2 sur 3")).toBeVisible();
  await expect.poll(async () => (await moving(host.page, 2_000)).length, { timeout: 30_000 }).toBe(9);

  await page.getByRole("button", { name: "Page suivante" }).click();
  await expect(host.page.locator("figure.tile")).toHaveCount(2);
  await expect.poll(async () => (await moving(host.page, 2_000)).length, { timeout: 30_000 }).toBe(2);
});
