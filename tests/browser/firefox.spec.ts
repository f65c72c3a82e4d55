//! The other browser of ministries: Firefox ESR as Debian ships it, in session with Chromium. It is driven over WebDriver BiDi
//! by another library: the one of the other tests knows its own build of Firefox only.

import type { Page as PlaywrightPage } from "@playwright/test";
import { launch, type Browser, type Page } from "puppeteer-core";
import { expectFlow, instrument, received } from "./support/media.js";
import { HOST } from "./support/server.js";
import { expect, test as base } from "./support/test.js";

const test = base.extend<object, { fox: Browser }>({
  fox: [
    async ({}, use) => {
      const fox = await launch({
        browser: "firefox",
        executablePath: process.env["FIREFOX"] ?? "/usr/bin/firefox-esr",
        extraPrefsFirefox: {
          // A picture that changes its colour and a tone of 440 Hz, without a question.
          "media.navigator.streams.fake": true,
          "media.navigator.permission.disabled": true,
          "media.autoplay.default": 0,
          "media.peerconnection.ice.loopback": true,
          "intl.accept_languages": "fr-FR, fr",
        },
      });
      await use(fox);
      await fox.close();
    },
    { scope: "worker" },
  ],
});

test("somebody with Firefox and somebody with Chromium see and hear each other", async ({ arrive, fox, server }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.enter(code);
  const guest = await fox.newPage();
  await guest.setViewport({ width: 1280, height: 720 });
  await guest.evaluateOnNewDocument(instrument);
  await guest.goto(`${server.url}/m/${code}`);
  const faults: string[] = [];
  guest.on("pageerror", (error) => faults.push(String(error)));
  guest.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });

  await guest.locator("input[name=name]").fill("Consule générale");
  await guest.locator(".self video").wait();
  await guest.locator(".go").click();
  await guest.locator('[data-link="live"]').wait();
  await expect(host.tileOf("Consule générale")).toBeVisible();
  const flow = async () => {
    await expectFlow(host.page, { sounds: 1, pictures: 1 });
    await expectFlow(watched(guest), { sounds: 1, pictures: 1 });
  };
  await flow();
  await expect.poll(async () => (await received(host.page)).pictures.at(0)?.height, { timeout: 30_000 }).toBeGreaterThanOrEqual(180);

  // Closed and open again.
  for (const key of ["microphone", "camera"]) {
    await guest.locator(`#key-${key}`).click();
    await expect.poll(() => isPressed(guest, key)).toBe(false);
    await guest.locator(`#key-${key}`).click();
    await expect.poll(() => isPressed(guest, key)).toBe(true);
  }
  await flow();

  await host.openMessages();
  await host.say("Bonjour de Chromium");
  await guest.locator("#key-messages").click();
  await guest.locator(".thread").wait();
  await expect.poll(() => guest.$eval(".thread", (log) => log.textContent)).toContain("Bonjour de Chromium");
  await guest.locator(".say input").fill("Bonjour de Firefox");
  await guest.locator(".say button[type=submit]").click();
  await expect(host.page.getByText("Bonjour de Firefox")).toBeVisible();

  await guest.locator(".key.leave").click();
  await expect(host.page.locator("figure.tile")).toHaveCount(1);
  expect(faults).toEqual([]);
});

const isPressed = (page: Page, key: string) =>
  page.$eval(`#key-${key}`, (button) => button.getAttribute("aria-pressed") === "true");

/** What is read of a page is read by `evaluate`, which both libraries have. */
const watched = (page: Page) => page as unknown as PlaywrightPage;
