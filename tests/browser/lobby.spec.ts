import type { Locator } from "@playwright/test";
import { fits, hasGoodAccess } from "./support/access.js";
import { expectFlow } from "./support/media.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hums, levels } from "./support/tones.js";

test("from the first click to two people who see and hear each other", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  await host.page.goto("/");
  await host.page.getByLabel("Objet").fill("Consultations politiques");
  await host.page.getByRole("button", { name: "Ouvrir une rencontre" }).click();
  await expect(host.page.getByRole("heading", { name: "Consultations politiques" })).toBeVisible();
  await host.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await host.isInside();
  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Copier le lien" }).click();
  await expect(host.page.getByText("Lien copié")).toBeVisible();
  const link = await host.page.evaluate(() => navigator.clipboard.readText());

  const guest = await arrive("Ambassadeur");
  await guest.knock(new URL(link).pathname.slice("/m/".length));
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toBeVisible();
  await host.page.getByRole("button", { name: "Faire entrer" }).click();

  await guest.isInside();
  await expectFlow(guest.page, { sounds: 1, pictures: 1 });
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toHaveCount(0);
});

test("a refused guest is told, and the others go on waiting", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  await host.enter(code);
  const [first, second] = [await arrive("Un importun"), await arrive("Ambassadeur")];
  await first.knock(code);
  await expect(host.page.getByText("Un importun demande à entrer")).toBeVisible();
  await second.knock(code);
  await expect(host.page.getByText("2 personnes demandent à entrer")).toBeVisible();

  await host.page.getByRole("status").getByRole("button", { name: "Participants" }).click();
  await host.page.getByRole("button", { name: "Refuser Un importun" }).click();

  await expect(first.page.getByRole("heading", { name: "L’hôte n’a pas ouvert" })).toBeVisible();
  await expect(second.page.getByText("Salle d’attente")).toBeVisible();
  await host.page.getByRole("button", { name: "Faire entrer Ambassadeur" }).click();
  await second.isInside();
});

test("a guest who knocked before the host came is found waiting", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  const guest = await arrive("Ambassadeur");
  await guest.knock(code);

  await host.enter(code);
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toBeVisible();
});

test("a locked room lets nobody in until it is opened again", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.enter(code);
  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Verrouiller la salle" }).click();
  await expect(host.page.getByText("Salle verrouillée")).toBeVisible();

  const guest = await arrive("Ambassadeur");
  guest.excuse(/403/);
  await guest.prepare(code);
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await expect(guest.page.getByRole("alert")).toHaveText("La salle est verrouillée. L’hôte peut la rouvrir.");

  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Rouvrir la salle" }).click();
  await expect(host.page.getByText("Salle verrouillée")).toHaveCount(0);
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await guest.isInside();
});

test("an admitted guest who reloads the page does not wait again", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  await host.enter(code);
  const guest = await arrive("Ambassadeur");
  await guest.knock(code);
  await host.page.getByRole("button", { name: "Faire entrer" }).click();
  await guest.isInside();
  // Gone before its tracks arrived, a participant leaves the SDK with a track of nobody, which it reports as an error.
  await expectFlow(host.page, { sounds: 1, pictures: 1 });

  await guest.page.reload();
  await guest.page.getByRole("button", { name: "Demander à entrer" }).click();
  await guest.isInside();
  await expect(host.page.locator(".grid figure")).toHaveCount(2);
});

test("an unknown meeting says so", async ({ arrive }) => {
  const guest = await arrive("Ambassadeur");
  guest.excuse(/404/);
  await guest.page.goto("/m/zzz-zzzz-zzz");
  await expect(guest.page.getByRole("heading", { name: "Cette page n’existe pas" })).toBeVisible();
});

test("the plate in pre-join bears the name that the others will see", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.prepare(code);
  await expect(host.page.locator(".namecard")).toHaveText(HOST.name);

  const guest = await arrive("");
  await guest.prepare(code);
  await expect(guest.page.locator(".namecard")).toHaveText("Vous");
  await guest.page.getByLabel("Votre nom et votre fonction").fill("  Consule générale ");
  await expect(guest.page.locator(".namecard")).toHaveText("Consule générale");
});

test("a guest without a name is asked for it", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("");
  await guest.prepare(code);
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await expect(guest.page.getByText("Écrire votre nom pour entrer.")).toBeVisible();
  await expect(guest.page.getByLabel("Votre nom et votre fonction")).toBeFocused();
});

const [AWA, BEN, RAVI] = [440, 700, 1_000];

test("a delegation talks and writes by itself while it waits, and comes in as one", async ({ arrive, server }) => {
  // Four browsers on a small machine.
  test.setTimeout(240_000);
  const host = await arrive(HOST.name);
  await countTones(host);
  await host.signIn();
  const { code, links } = await planned(host, server.url);
  await host.enter(code);
  const tones = await tonesOf(host);

  const [awa, ben, ravi] = [await arrive("Awa"), await arrive("Ben"), await arrive("Ravi")];
  for (const [person, pitch] of [[awa, AWA], [ben, BEN], [ravi, RAVI]] as const) await hums(person, pitch);
  await waitBy(awa, links[0]);
  await expect(host.page.getByText("Awa demande à entrer")).toBeVisible();
  expect(await tonesOf(host), "somebody has come").toBeGreaterThan(tones);
  await waitBy(ben, links[1]);
  await expect(host.page.getByText("Bénin : 2 personnes demandent à entrer")).toBeVisible();
  await waitBy(ravi, links[3]);
  await expect(host.page.getByText("3 personnes demandent à entrer")).toBeVisible();

  // Who is there and who is expected, in a column for each delegation.
  const column = (person: Person, party: string) => person.page.getByRole("region", { name: party, exact: true });
  await expect(column(awa, "Bénin").getByText("2 sur 3 présents")).toBeVisible();
  await expect(column(awa, "Bénin").getByRole("listitem")).toContainText([/Ministre.*Ici/, /Conseiller.*Ici/, /Pas encore là/]);
  await expect(column(awa, "Inde").getByText("1 sur 1 présent")).toBeVisible();
  await expect(awa.page.getByRole("log").filter({ hasText: "Ravi, Inde : est là." })).toBeAttached();

  // One comes in silence; opened by the keyboard, one is heard by one's own and by nobody else.
  for (const person of [awa, ben, ravi]) await expect(keyOf(person, "Micro coupé")).toBeEnabled();
  await keyOf(awa, "Micro coupé").focus();
  await awa.page.keyboard.press("Space");
  await expect(keyOf(awa, "Micro ouvert")).toBeVisible();
  await keyOf(ravi, "Micro coupé").click();
  await hears(ben, AWA, [RAVI]);
  await expect(column(ben, "Bénin").getByRole("listitem").filter({ hasText: "Awa" })).toHaveClass(/speaks/);
  await keyOf(ben, "Micro coupé").click();
  await hears(awa, BEN, [RAVI]);
  expect(await levels(ravi, [AWA, BEN])).toEqual({ [AWA]: 0, [BEN]: 0 });
  expect(await levels(host, [AWA, BEN, RAVI])).toEqual({ [AWA]: 0, [BEN]: 0, [RAVI]: 0 });

  await write(awa, "Nous commençons par les visas.");
  await expect(thread(ben)).toContainText("Nous commençons par les visas.");
  await write(ben, "Entendu.");
  await expect(thread(awa)).toContainText("Entendu.");
  await write(ravi, "Are we all here?");
  await expect(thread(ravi)).toContainText("Are we all here?");
  await expect(thread(awa)).not.toContainText("Are we all here?");
  await expect(thread(ravi)).not.toContainText("Entendu.");
  await hasGoodAccess(awa.page);
  await picture(awa, "lobby-wide", { width: 1366, height: 800 });
  await picture(awa, "lobby-phone", { width: 390, height: 800 });
  await fits(awa);
  await hasGoodAccess(awa.page);

  // The host lets the one delegation in by one word, then the other.
  await host.page.getByRole("status").getByRole("button", { name: "Participants" }).click();
  await hasGoodAccess(host.page);
  await picture(host, "lobby-host", { width: 1366, height: 800 });
  await keyOf(ben, "Micro ouvert").click();
  await host.page.getByRole("button", { name: "Faire entrer la délégation : Bénin" }).click();
  await Promise.all([awa.isInside(), ben.isInside()]);
  await expect(host.tileOf("Ministre")).toBeVisible();
  await expect(host.tileOf("Conseiller")).toBeVisible();
  // What is still said among themselves is not heard by the others, until somebody wants that.
  await expect(awa.page.getByText("Vous êtes en séance, micro coupé.")).toBeVisible();
  await expect(ben.key("Micro coupé")).toBeVisible();
  expect(await levels(host, [AWA, BEN, RAVI])).toEqual({ [AWA]: 0, [BEN]: 0, [RAVI]: 0 });
  await awa.key("Micro coupé").click();
  await hears(host, AWA, [RAVI, BEN]);
  await expect(ravi.page.getByText("Salle d’attente")).toBeVisible();
  await expect(column(ravi, "Bénin").getByText("En séance")).toHaveCount(2);
  await expect(ravi.page.getByText("La séance est ouverte.")).toBeVisible();
  await host.page.getByRole("button", { name: "Faire entrer Ravi" }).click();
  await ravi.isInside();
  await hears(ravi, AWA);
});

test("somebody with an account waits with the delegation, and comes in with it", async ({ arrive, server }) => {
  test.setTimeout(180_000);
  const host = await arrive(HOST.name);
  await host.signIn();
  const account = { email: "awa@example.org", password: "une autre phrase assez longue" };
  const made = await host.context.request.post("/api/users", {
    headers: { origin: server.url },
    data: { ...account, name: "Awa", role: "user", must_change: false },
  });
  expect(made.ok(), await made.text()).toBe(true);
  const { code, links } = await planned(host, server.url, "public", account.email);
  await host.enter(code);

  const [awa, ben] = [await arrive("Awa"), await arrive("Ben")];
  for (const [person, pitch] of [[awa, AWA], [ben, BEN]] as const) await hums(person, pitch);
  await awa.signInAs(account.email, account.password);
  await waitBy(awa, `/m/${code}`);
  await waitBy(ben, links[1]);
  await expect(host.page.getByText("Bénin : 2 personnes demandent à entrer")).toBeVisible();
  await hasGoodAccess(awa.page);

  await keyOf(awa, "Micro coupé").click();
  await hears(ben, AWA);
  await expect(ben.page.getByRole("listitem").filter({ hasText: "Awa" })).toHaveClass(/speaks/);
  await expect(awa.page.getByRole("listitem").filter({ hasText: "Awa, chef de délégation, vous" })).toHaveClass(/speaks/);
  expect(await levels(host, [AWA])).toEqual({ [AWA]: 0 });
  await write(awa, "Nous commençons par les visas.");
  await expect(thread(ben)).toContainText("Nous commençons par les visas.");

  await host.openPeople();
  await host.page.getByRole("button", { name: "Faire entrer la délégation : Bénin" }).click();
  await Promise.all([awa.isInside(), ben.isInside()]);
  await awa.key("Micro coupé").click();
  await hears(host, AWA);

  // Whoever was let in comes back without waiting.
  await awa.page.reload();
  await awa.page.getByRole("button", { name: "Demander à entrer" }).click();
  await awa.isInside();
});

test("the sound at the door can be turned off", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await countTones(host);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  await host.enter(code);
  await host.openPeople();
  const sound = host.page.getByRole("checkbox", { name: "Signal sonore quand quelqu’un attend" });
  await expect(sound).toBeChecked();
  await sound.uncheck();
  const before = await tonesOf(host);

  const guest = await arrive("Ambassadeur");
  await guest.knock(code);
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toBeVisible();
  expect(await tonesOf(host)).toBe(before);

  await sound.check();
  const another = await arrive("Consule générale");
  await another.knock(code);
  await expect(host.page.getByText("2 personnes demandent à entrer")).toBeVisible();
  expect(await tonesOf(host)).toBeGreaterThan(before);
});

test("who waits checks microphone and camera one click away, in English too", async ({ arrive, server }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const { links } = await planned(host, server.url, "restricted");
  const guest = await arrive("Awa", { locale: "en-GB", viewport: { width: 1366, height: 800 } });
  await guest.page.goto(links[0] ?? "");
  await expect(guest.page.locator(".self video")).toBeVisible();
  await guest.page.getByRole("button", { name: "Ask to enter" }).click();
  await expect(guest.page.getByText("The session is not open yet.")).toBeVisible();
  // At a discreet meeting the other delegation is a number.
  await expect(guest.page.getByRole("region", { name: "Inde", exact: true })).toContainText("0 of 1 present");
  await expect(guest.page.getByText("Ravi")).toHaveCount(0);
  await expect(guest.page.locator('[data-gathering="together"]')).toBeAttached();
  await hasGoodAccess(guest.page);

  await guest.page.getByRole("button", { name: "Check microphone and camera" }).click();
  const dialog = guest.page.getByRole("dialog");
  await expect(dialog.locator(".self video")).toBeVisible();
  await hasGoodAccess(guest.page);
  await picture(guest, "lobby-check", { width: 1366, height: 800 });
  await guest.page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await guest.page.getByRole("button", { name: "Leave" }).click();
  await expect(guest.page.locator("h1")).toBeVisible();
});

/** A meeting of Benin, of whom three are expected, with India; the ways to its personal links, in the order of its seats. The head of Benin may have an account. */
async function planned(host: Person, origin: string, marking = "public", email?: string): Promise<{ code: string; links: string[] }> {
  const { request } = host.context;
  const seat = (name: string, title: string, is_head = false) => ({ name, title, is_head });
  const head = { ...seat("Awa", "Ministre", true), ...(email !== undefined && { email }) };
  const plan = {
    title: "Consultations politiques bilatérales",
    start: new Date(Date.now() + 600_000).toISOString().slice(0, 16),
    minutes: 90,
    time_zone: "UTC",
    marking,
    send: false,
    parties: [
      { name: "Bénin", country: "BJ", seats: [head, seat("Ben", "Conseiller"), seat("Coumba", "Cheffe du protocole")] },
      { name: "Inde", country: "IN", seats: [seat("Ravi", "Secrétaire", true)] },
    ],
  };
  const made = await request.post("/api/schedules", { headers: { origin }, data: plan });
  expect(made.status(), await made.text()).toBe(201);
  const { code, parties } = (await made.json()) as { code: string; parties: { seats: { id: number }[] }[] };
  const links: string[] = [];
  for (const { id } of parties.flatMap(({ seats }) => seats)) {
    const link = (await (await request.get(`/api/meetings/${code}/seats/${id}/link`)).json()) as { link: string };
    links.push(new URL(link.link).pathname);
  }
  return { code, links };
}

/** Comes by a personal link and waits with the delegation. */
async function waitBy(person: Person, link: string | undefined): Promise<void> {
  await person.page.goto(link ?? "");
  await expect(person.page.locator(".self video")).toBeVisible();
  await person.page.getByRole("button", { name: "Demander à entrer" }).click();
  await expect(person.page.locator('[data-gathering="together"]')).toBeAttached();
}

function keyOf({ page }: Person, word: string): Locator {
  return page.getByRole("toolbar", { name: "Commandes de la salle d’attente" }).getByRole("button", { name: word });
}

function thread({ page }: Person): Locator {
  return page.getByRole("complementary", { name: "Messages de votre délégation" }).getByRole("log");
}

async function write({ page }: Person, text: string): Promise<void> {
  await page.getByLabel("Écrire à votre délégation").fill(text);
  await page.keyboard.press("Enter");
}

/** From the next page on, counts the tones that the page makes. */
async function countTones({ context }: Person): Promise<void> {
  await context.addInitScript(() => {
    const page = window as unknown as { tones: number };
    page.tones = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      page.tones += 1;
      start.apply(this, when);
    };
  });
}

const tonesOf = ({ page }: Person): Promise<number> => page.evaluate(() => (window as unknown as { tones: number }).tones);

/** For whoever wants to look: PICTURES names a directory. */
async function picture({ page }: Person, name: string, viewport: { width: number; height: number }): Promise<void> {
  await page.setViewportSize(viewport);
  const pictures = process.env["PICTURES"];
  if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}
