//! Every screen as it must be for everybody: no serious fault by axe-core in either language and any theme, no line wider than
//! 320 px, and room for letters twice as large. The pages behind mails and a form half filled in are seen in `agenda.spec.ts`
//! and `bilateral.spec.ts`, calls in the specs of telephony.

import { bearsWideText, fits, hasGoodAccess, isInOrder } from "./support/access.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const TELEPHONY = ["", "/sites", "/groups", "/lines", "/live", "/calls", "/explain"].map((tab) => `/telephony${tab}`);
const OFFICE = ["/", "/agenda", "/agenda/new", "/directory", "/calls", "/users", "/savings", "/audit", "/mail", "/settings", ...TELEPHONY];
const PHONE = { width: 360, height: 740 };
/** WCAG 2.2, 1.4.10: 1280 px at 400 %. */
const NARROWEST = { width: 320, height: 640 };

const KEYS = {
  "fr-FR": { floor: "Parole", people: /^Participants/, messages: /^Messages/, more: "Plus", inMenu: ["Inviter", "Réglages"] },
  "en-GB": { floor: "Floor", people: /^Participants/, messages: /^Messages/, more: "More", inMenu: ["Invite", "Settings"] },
} as const;

/** Each language and each theme once: a sentence has the same colours in both. */
const LOOKS = [
  { locale: "fr-FR", theme: "light" },
  { locale: "en-GB", theme: "dark" },
] as const;

for (const { locale, theme } of [...LOOKS, { locale: "fr-FR", theme: "contrast" }]) {
  test(`the screens of an account have no serious fault of access (${locale}, ${theme})`, async ({ arrive }) => {
    const host = await arrive(HOST.name, { locale });
    await wears(host, theme);
    await opens(host, "/");
    await hasGoodAccess(host.page);

    await host.signIn();
    const code = await host.makeMeeting("Point hebdomadaire", true);
    for (const path of [...OFFICE, `/m/${code}/attendance`, "/nowhere"]) {
      await opens(host, path);
      await hasGoodAccess(host.page);
    }
  });
}

for (const { locale, theme } of LOOKS) {
  test(`a meeting, from its door to its end, has no serious fault of access (${locale}, ${theme})`, async ({ arrive }) => {
    const keys = KEYS[locale];
    const host = await arrive(HOST.name, { locale });
    await wears(host, theme);
    await host.signIn();
    const code = await host.makeMeeting("Point hebdomadaire", true);
    await host.page.goto(`/m/${code}`);
    await expect(host.page.locator(".self video")).toBeVisible();
    await hasGoodAccess(host.page);
    await host.page.locator(".go").click();
    await host.isInside();
    const bar = host.page.getByRole("toolbar");

    const guest = await arrive("Consule générale", { locale });
    await wears(guest, theme);
    await guest.page.goto(`/m/${code}`);
    await expect(guest.page.locator(".self video")).toBeVisible();
    await guest.page.getByRole("textbox").fill(guest.name);
    await hasGoodAccess(guest.page);
    await guest.page.locator(".go").click();
    await expect(host.page.locator(".toast")).toBeVisible();
    await hasGoodAccess(guest.page);
    await hasGoodAccess(host.page);

    for (const panel of [keys.floor, keys.people, keys.messages]) {
      await bar.getByRole("button", { name: panel, exact: true }).click();
      await expect(host.page.locator(".paper h2")).toBeFocused();
      await hasGoodAccess(host.page);
    }
    for (const panel of keys.inMenu) {
      await bar.getByRole("button", { name: keys.more, exact: true }).click();
      await expect(host.page.getByRole("menu")).toBeVisible();
      await hasGoodAccess(host.page);
      await host.page.getByRole("menuitem", { name: panel }).click();
      await expect(host.page.getByRole("complementary", { name: panel }).locator("h2")).toBeFocused();
      await hasGoodAccess(host.page);
    }

    await host.page.locator(".key.leave").click();
    await expect(host.page.locator("main.plainmain h1")).toBeVisible();
    await hasGoodAccess(host.page);
  });
}

test("the cards beside the tables of telephony have no serious fault of access, and fit a phone", async ({ arrive, server }) => {
  const host = await arrive(HOST.name, { viewport: PHONE });
  await host.signIn();
  const made = await host.context.request.post("/api/admin/posts", {
    headers: { origin: server.url },
    data: { name: "Mission à Genève", country: "CH" },
  });
  expect(made.status(), await made.text()).toBe(201);

  await host.page.goto("/telephony");
  await host.page.getByRole("button", { name: "Ajouter un poste" }).click();
  await hasGoodAccess(host.page);
  await fits(host);
  await host.page.getByLabel("Numéro", { exact: true }).fill("2511");
  await host.page.getByLabel("Titulaire", { exact: true }).fill("Salle de réunion");
  await host.page.getByRole("button", { name: "Créer le poste" }).click();
  await expect(host.page.getByRole("group", { name: "À saisir dans le téléphone" })).toBeVisible();
  await hasGoodAccess(host.page);
  await fits(host);
  for (const [path, button] of [
    ["sites", "Ajouter un site"],
    ["groups", "Ajouter un groupe"],
    ["lines", "Ajouter une ligne"],
  ]) {
    await host.page.goto(`/telephony/${path}`);
    await host.page.getByRole("button", { name: button }).click();
    await hasGoodAccess(host.page);
    await fits(host);
  }
});

test("everything fits 320 px, and letters twice as large or wide apart", async ({ arrive }) => {
  const host = await arrive(HOST.name, { viewport: NARROWEST });
  await host.signIn();
  const code = await host.makeMeeting("Une rencontre au titre plutôt long pour un téléphone", true);
  for (const path of [...OFFICE, `/m/${code}/attendance`]) {
    await opens(host, path);
    await fits(host);
    await isInOrder(host);
  }

  // 1.4.12: what users may set apart, by a rule of their own.
  await host.page.setViewportSize({ width: 1280, height: 720 });
  for (const path of [...OFFICE, `/m/${code}/attendance`]) {
    await opens(host, path);
    await bearsWideText(host);
  }

  // 1.4.4: letters alone, as browsers have it in their settings.
  await host.page.addInitScript(() => {
    addEventListener("DOMContentLoaded", () => (document.documentElement.style.fontSize = "200%"));
  });
  for (const path of [...OFFICE, `/m/${code}/attendance`]) {
    await opens(host, path);
    await fits(host);
  }

  await host.page.goto(`/m/${code}`);
  await expect(host.page.locator(".self video")).toBeVisible();
  await fits(host);
  await host.page.locator(".go").click();
  await host.isInside();
  await fits(host);
  await isInOrder(host);
  for (const key of [KEYS["fr-FR"].people, "Quitter"]) await expect(host.key(key)).toBeInViewport();
});

const wears = (person: Person, theme: string) =>
  person.page.addInitScript((chosen) => localStorage.setItem("palabre.theme", chosen), theme);

async function opens({ page }: Person, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.locator("h1")).toBeVisible();
  await expect(page.locator(".loading")).toHaveCount(0);
}
