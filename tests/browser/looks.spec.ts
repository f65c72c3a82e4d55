//! Every screen as it is meant to look, compared with pictures that somebody has looked at. Nobody has a camera here: what
//! moves is compared elsewhere.

import { crowd } from "./support/crowd.js";
import type { Person } from "./support/person.js";
import { bare } from "./support/sdk.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const DESK = { width: 1440, height: 900 };
const WALL = { width: 1920, height: 1080 };
const LAPTOP = { width: 1024, height: 768 };
const TABLET = { width: 768, height: 1024 };
const PHONE = { width: 360, height: 740 };
const TURNED = { width: 740, height: 360 };

const PEOPLE = [
  "Directrice des affaires juridiques",
  "Ambassadeur à Bruxelles",
  "Consule générale à Lyon",
  "Chef du protocole",
  "Premier conseiller, New York",
  "Conseillère économique",
  "Attaché de défense",
  "Directeur du cabinet",
  "Interprète",
  "Chargée d’affaires à Niamey",
  "Rapporteur",
];

test("the doors look as they are meant to", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Consultations sur les visas de long séjour", true);
  const guest = await arrive("Consule générale");
  await closed(guest);

  for (const [theme, size] of [["light", DESK], ["dark", PHONE], ["contrast", TABLET]] as const) {
    await wears(guest, theme);
    await guest.page.setViewportSize(size);
    await guest.page.goto("/");
    await expect(guest.page.getByRole("button", { name: "Ouvrir la session" })).toBeVisible();
    await looks(guest, `sign-in-${theme}-${size.width}`);
    await guest.page.goto(`/m/${code}`);
    await expect(guest.page.locator(".go")).toBeVisible();
    await looks(guest, `pre-join-${theme}-${size.width}`);
    await guest.page.goto("/test");
    await expect(guest.page.getByRole("button", { name: "Commencer l’essai" })).toBeVisible();
    await looks(guest, `link-test-${theme}-${size.width}`);
  }

  await wears(guest, "light");
  await guest.page.setViewportSize(LAPTOP);
  guest.excuse(/404/);
  await guest.page.goto("/m/zzz-zzzz-zzz");
  await expect(guest.page.locator("h1")).toBeVisible();
  await looks(guest, "no-such-meeting-light-1024");
  await guest.page.goto(`/m/${code}`);
  await guest.page.getByRole("textbox").fill(guest.name);
  await guest.page.locator(".go").click();
  await expect(guest.page.getByText("Salle d’attente")).toBeVisible();
  await looks(guest, "waiting-room-light-1024");
});

test("a session looks as it is meant to, for two and for thirty", async ({ arrive }) => {
  test.setTimeout(180_000);
  const host = await arrive(HOST.name, { viewport: DESK });
  await host.signIn();
  await closed(host);
  const code = await host.makeMeeting("Consultations sur les visas de long séjour", false);
  await wears(host, "light");
  await host.page.goto(`/m/${code}`);
  await host.page.locator(".go").click();
  await host.isInside();
  await looks(host, "alone-light-1440");

  const others = await arrive("Les autres", bare);
  await crowd(others, code, PEOPLE.slice(0, 1));
  await sees(host, 2);
  await looks(host, "two-light-1440");
  await crowd(await arrive("D’autres encore", bare), code, PEOPLE.slice(1, 4));
  await sees(host, 5);
  for (const [theme, size] of [["light", DESK], ["dark", LAPTOP], ["contrast", TABLET], ["dark", PHONE], ["light", TURNED]] as const) {
    await turns(host, theme, size);
    await looks(host, `five-${theme}-${size.width}`);
  }

  await turns(host, "light", DESK);
  for (const [panel, word] of [["people", /^Participants/], ["messages", /^Messages/]] as const) {
    await host.key(word).click();
    await expect(host.page.locator(".paper h2")).toBeFocused();
    await looks(host, `panel-${panel}-light-1440`);
  }
  for (const [panel, word] of [["settings", "Réglages"], ["invite", "Inviter"]] as const) {
    await host.key("Plus").click();
    await host.page.getByRole("menuitem", { name: word }).click();
    await expect(host.page.getByRole("complementary", { name: word })).toBeVisible();
    await looks(host, `panel-${panel}-light-1440`);
  }
  await turns(host, "dark", PHONE);
  await looks(host, "panel-invite-dark-360");
  await host.page.keyboard.press("Escape");
  await host.key("Plus").click();
  await expect(host.page.getByRole("menu")).toBeVisible();
  await looks(host, "menu-dark-360");
  await host.page.keyboard.press("Escape");

  await crowd(await arrive("Le reste", bare), code, PEOPLE.slice(4));
  for (const [theme, size, seen] of [["dark", WALL, 12], ["light", PHONE, 7]] as const) {
    await turns(host, theme, size);
    await sees(host, seen);
    await looks(host, `twelve-${theme}-${size.width}`);
  }
  await crowd(await arrive("La salle", bare), code, Array.from({ length: 18 }, () => "Délégué"));
  await turns(host, "light", WALL);
  await sees(host, 25);
  await looks(host, "thirty-light-1920");

  await host.key("Quitter").click();
  await expect(host.page.locator("main.plainmain h1")).toBeVisible();
  await looks(host, "left-light-1440");
});

test("a session in English looks as it is meant to, and so does a cut", async ({ arrive, arriveOver, line }) => {
  const host = await arrive(HOST.name, { locale: "en-GB", viewport: LAPTOP });
  await host.signIn();
  const code = await host.makeMeeting("Consultations on long-stay visas", false);
  await closed(host);
  await wears(host, "light");
  await host.page.goto(`/m/${code}`);
  await looks(host, "pre-join-english-1024");
  await host.page.locator(".go").click();
  await host.isInside();
  await crowd(await arrive("Les autres", bare), code, ["Head of Mission, London", "Legal Adviser"]);
  await sees(host, 3);
  await looks(host, "three-english-1024");

  const guest = await arriveOver(line, "Consule générale");
  await closed(guest);
  await guest.page.setViewportSize(DESK);
  await guest.page.goto(`/m/${code}`);
  await guest.page.getByRole("textbox").fill(guest.name);
  await guest.page.locator(".go").click();
  await guest.isInside();
  await sees(guest, 4);
  guest.excuse(/./);
  line.cut();
  await expect(guest.page.locator("[data-link]:not([data-link=live])")).toBeAttached({ timeout: 30_000 });
  await looks(guest, "cut-light-1440");
});

/** Compares, once what comes and goes has gone. */
async function looks({ page }: Person, name: string): Promise<void> {
  await expect(page.locator(".loading")).toHaveCount(0);
  await page.evaluate(() => document.fonts.ready);
  await expect(page).toHaveScreenshot(`${name}.png`, {
    animations: "disabled",
    caret: "hide",
    // What a clock shows, a code says, or an address is made of.
    mask: [page.locator(".clock, .invite .link, .toasts")],
    maskColor: "#7f7f7f",
    // Letters are drawn a little differently by each version of the browser.
    maxDiffPixelRatio: 0.01,
  });
}

const wears = async (person: Person, theme: string) => {
  await person.page.addInitScript((chosen) => localStorage.setItem("palabre.theme", chosen), theme);
};

/** Nothing is open that would move. */
const closed = async (person: Person) => {
  await person.page.addInitScript(() =>
    localStorage.setItem("palabre.choices", JSON.stringify({ cameraOn: false, microphoneOn: false })),
  );
};

async function turns({ page }: Person, theme: string, size: { width: number; height: number }): Promise<void> {
  await page.evaluate((theme) => (document.documentElement.dataset["theme"] = theme), theme);
  await page.setViewportSize(size);
}

const sees = ({ page }: Person, count: number) => expect(page.locator("figure.tile")).toHaveCount(count);
