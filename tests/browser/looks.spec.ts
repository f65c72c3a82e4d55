//! Every screen as it is meant to look, compared with pictures that somebody has looked at. Nobody has a camera here: what
//! moves is compared elsewhere.

import { crowd, sits } from "./support/crowd.js";
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

const BILATERAL = {
  title: "Consultations politiques bilatérales",
  start: "2027-12-03T10:00",
  time_zone: "Africa/Porto-Novo",
  minutes: 90,
  waiting_room: true,
  send: false,
  parties: [
    {
      name: "Bénin",
      country: "BJ",
      seats: [
        { name: "Présidente", title: "Secrétaire générale du Ministère", role: "chair", is_head: true },
        { name: "Directeur", title: "Directeur Asie", role: "delegate" },
        { name: "Rapporteuse", title: "Rapporteuse", role: "rapporteur" },
      ],
    },
    {
      name: "Inde",
      country: "IN",
      seats: [
        { name: "Secrétaire", title: "Secrétaire, relations avec l’Afrique", role: "head" },
        { name: "Conseiller", title: "Conseiller économique", role: "delegate" },
        { name: "Attachée", title: "Attachée", role: "observer" },
      ],
    },
  ],
  agenda: [
    { title: "Ouverture", minutes: 10 },
    { title: "Visas de service et passeports diplomatiques", minutes: 30 },
    { title: "Divers", minutes: 5 },
  ],
};

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

test("two delegations look as they are meant to: waiting, at the table, before a document", async ({ arrive, server }) => {
  test.setTimeout(180_000);
  const protocol = await arrive("Chef du protocole");
  await protocol.signIn();
  const made = await protocol.context.request.post("/api/schedules", { headers: { origin: server.url }, data: BILATERAL });
  expect(made.status(), await made.text()).toBe(201);
  const { code, parties } = (await made.json()) as { code: string; parties: { seats: { id: number }[] }[] };
  const links: string[] = [];
  for (const { id } of parties.flatMap(({ seats }) => seats)) {
    const answer = await protocol.context.request.get(`/api/meetings/${code}/seats/${id}/link`);
    links.push(new URL(((await answer.json()) as { link: string }).link).pathname);
  }
  const [chairs = "", director = "", rapporteur = "", heads = "", adviser = "", observer = ""] = links;

  const head = await arrive("Secrétaire", { viewport: DESK });
  await closed(head);
  await wears(head, "light");
  await head.page.goto(heads);
  await head.page.getByRole("button", { name: "Demander à entrer" }).click();
  await expect(head.page.locator(".lobbycard")).toBeVisible();
  await expect(head.page.getByText("Liaison avec votre délégation")).toHaveCount(0);
  await looks(head, "lobby-light-1440");
  await turns(head, "dark", PHONE);
  await looks(head, "lobby-dark-360");

  const chair = await arrive("Présidente", { viewport: DESK });
  await closed(chair);
  await wears(chair, "light");
  await chair.page.goto(chairs);
  await chair.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await chair.isInside();
  await chair.openPeople();
  await expect(chair.page.getByRole("button", { name: "Faire entrer", exact: true })).toBeVisible();
  await looks(chair, "panel-waiting-light-1440");
  await chair.page.getByRole("button", { name: "Faire entrer", exact: true }).click();
  await head.isInside();
  await chair.key(/^Participants/).click();
  const opened = await protocol.context.request.patch(`/api/meetings/${code}`, {
    headers: { origin: server.url },
    data: { waiting_room: false },
  });
  expect(opened.status()).toBe(200);
  const people = await arrive("Les autres", bare);
  await sits(people, code, [rapporteur, adviser, observer].map(tokenIn));

  await expect(chair.page.locator(".namecard")).toHaveCount(5);
  await looks(chair, "table-light-1440");
  await looks(head, "table-dark-360");
  for (const [theme, size] of [["dark", WALL], ["contrast", LAPTOP], ["light", TURNED]] as const) {
    await turns(chair, theme, size);
    // Held sideways there is no room for a table.
    await expect(chair.page.locator(".namecard")).toHaveCount(size === TURNED ? 0 : 5);
    await looks(chair, `table-${theme}-${size.width}`);
  }
  await turns(chair, "light", DESK);
  await chair.key(/^Parole/).click();
  await expect(chair.page.getByRole("button", { name: "Ouvrir le premier point" })).toBeVisible();
  await looks(chair, "panel-floor-light-1440");
  await chair.key(/^Parole/).click();

  await sits(await arrive("Directeur", bare), code, [tokenIn(director)], true);
  await expect(chair.page.locator(".shared video")).toBeVisible();
  await looks(chair, "share-light-1440");
  await turns(chair, "dark", LAPTOP);
  await looks(chair, "share-dark-1024");
  await expect(head.page.locator(".shared video")).toBeVisible();
  await looks(head, "share-dark-360");
});

test("the speaker’s layout looks as it is meant to", async ({ arrive }) => {
  const host = await arrive(HOST.name, { viewport: DESK });
  await host.signIn();
  await closed(host);
  await wears(host, "light");
  const code = await host.makeMeeting("Consultations sur les visas de long séjour", false);
  await host.page.goto(`/m/${code}`);
  await host.page.locator(".go").click();
  await host.isInside();
  await crowd(await arrive("Les autres", bare), code, PEOPLE.slice(0, 5));
  await sees(host, 6);
  await host.page.getByRole("radio", { name: "Orateur" }).check({ force: true });
  await looks(host, "speaker-light-1440");
  await turns(host, "dark", PHONE);
  await looks(host, "speaker-dark-360");
});

test("a day looks as it is meant to: at home, in the agenda, in the form", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const made = await admin.context.request.post("/api/users", {
    headers: { origin: server.url },
    data: { name: "Cheffe du protocole", email: "journee@example.org", role: "user", password: "une phrase provisoire", must_change: false },
  });
  expect(made.status(), await made.text()).toBe(201);
  const officer = await arrive("Cheffe du protocole", { viewport: DESK, timezoneId: "Africa/Porto-Novo" });
  await officer.signInAs("journee@example.org", "une phrase provisoire");
  const planned = await officer.context.request.post("/api/schedules", { headers: { origin: server.url }, data: BILATERAL });
  expect(planned.status(), await planned.text()).toBe(201);
  await officer.page.clock.setFixedTime(new Date("2027-12-03T08:45:00Z"));
  await wears(officer, "light");

  for (const [theme, size] of [["light", DESK], ["contrast", LAPTOP], ["dark", PHONE]] as const) {
    await wears(officer, theme);
    await officer.page.setViewportSize(size);
    for (const [name, path] of [["home", "/"], ["agenda", "/agenda"], ["agenda-form", "/agenda/new"]] as const) {
      await officer.page.goto(path);
      await expect(officer.page.locator("h1")).toBeVisible();
      await looks(officer, `${name}-${theme}-${size.width}`);
    }
  }
});

/** Compares, once what comes and goes has gone. */
async function looks({ page }: Person, name: string): Promise<void> {
  await expect(page.locator(".loading, .flag:empty")).toHaveCount(0);
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

const tokenIn = (link: string): string => link.split("/").at(-1) ?? "";

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
