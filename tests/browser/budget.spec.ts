//! What the first page costs, and that the next start costs nothing: it is kept on the device, opens with the server away, and
//! never changes in the middle of a meeting.

import type { Page } from "@playwright/test";
import { CUT } from "./support/cut.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

/** In milliseconds, on a machine a quarter as fast. */
const TARGET = 1_500;

test("the page before a meeting shows its largest part in time, on a slow machine that never saw it", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const paints: number[] = [];
  for (const name of ["Première", "Deuxième", "Troisième"]) {
    const guest = await arrive(name);
    const line = await guest.context.newCDPSession(guest.page);
    await line.send("Emulation.setCPUThrottlingRate", { rate: 4 });
    await guest.page.goto(`/m/${code}`);
    await expect(guest.page.getByLabel("Votre nom et votre fonction")).toBeVisible();
    paints.push(await largestPaint(guest.page));
    await guest.page.close();
  }

  const median = paints.sort((a, b) => a - b)[1] ?? Infinity;
  const figures = `${Math.round(median)} ms of ${TARGET} (${paints.map(Math.round).join(", ")})`;
  test.info().annotations.push({ type: "largest contentful paint", description: figures });
  console.log(`largest contentful paint before a meeting: ${figures}`);
  // The target is for the machine that it names. One that runs other tests at the same time only shows what is far off.
  expect(median).toBeLessThan(3 * TARGET);
});

test("a warm start brings no byte of the pages over the line", async ({ arrive }) => {
  const guest = await arrive("Consule générale");
  await isKept(guest);

  const asked: string[] = [];
  guest.page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.startsWith("/api/") && !response.fromServiceWorker()) asked.push(pathname);
  });
  await guest.page.goto("/");
  await expect(guest.page.getByRole("heading", { name: "Ouvrir votre session" })).toBeVisible();

  expect(asked).toEqual([]);
  expect(await bytesOfPages(guest.page)).toBe(0);
});

test("the pages open with the server away, say so, and go on when it is back", async ({ arrive, server }) => {
  const guest = await arrive("Consule générale");
  await isKept(guest);
  guest.excuse(...CUT, /status of 50\d/);
  const away = guest.page.getByText("Le serveur ne répond pas. Thème et langue fonctionnent");

  await server.kill();
  await guest.page.goto("/agenda");
  await expect(guest.page.getByRole("heading", { name: "Ouvrir votre session" })).toBeVisible();
  await expect(away).toBeVisible();
  await guest.page.getByRole("button", { name: "Apparence" }).click();
  await guest.page.getByRole("menuitemradio", { name: "Sombre" }).click();
  await expect(guest.page.locator("html")).toHaveAttribute("data-theme", "dark");

  await server.run();
  await expect(away).toHaveCount(0);
});

test("a newer version waits until the meeting is over, and comes when one asks for it", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await isKept(host);
  const offer = host.page.getByText("Une nouvelle version est prête");
  // To a browser another address is another version, though it finds the same there.
  await host.page.addInitScript(() => {
    const register = navigator.serviceWorker.register.bind(navigator.serviceWorker);
    navigator.serviceWorker.register = (address, options) => register(`${String(address)}?next`, options);
  });
  await host.enter(code);
  // Longer than pages wait before they look.
  await host.page.waitForTimeout(4_000);
  const next = () =>
    host.page.evaluate(async () => {
      const { installing, waiting } = await navigator.serviceWorker.ready;
      return (installing ?? waiting)?.scriptURL;
    });
  expect(await next(), "nothing is fetched over the line of a meeting").toBeUndefined();
  await expect(offer).toHaveCount(0);

  await host.key("Quitter").click();
  await expect(host.page.getByRole("heading", { name: "Vous avez quitté la séance" })).toBeVisible();
  await expect(offer).toBeVisible();
  await host.page.getByRole("button", { name: "Recharger" }).click();
  await expect(host.page.getByRole("button", { name: "Entrer", exact: true })).toBeVisible();
  expect(await host.page.evaluate(() => navigator.serviceWorker.controller?.scriptURL)).toMatch(/\?next$/);
});

/** Opens the first page, and waits until the device keeps all of it and answers for it. */
async function isKept({ page }: Person): Promise<void> {
  await page.goto("/");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe("activated");
}

/** What came over the line for the page itself and its files; answers of the office are not among it. */
const bytesOfPages = (page: Page) =>
  page.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .filter(({ name }) => !new URL(name).pathname.startsWith("/api/"))
      .reduce((sum, entry) => sum + (entry as PerformanceResourceTiming).transferSize, 0),
  );

const largestPaint = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        new PerformanceObserver((list) => resolve(list.getEntries().at(-1)?.startTime ?? 0)).observe({
          type: "largest-contentful-paint",
          buffered: true,
        });
      }),
  );
