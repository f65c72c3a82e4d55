//! Calls from browser to browser: one rings, the other is heard, and everybody learns how it ended.

import { fits, hasGoodAccess } from "./support/access.js";
import { cardOf, dial, key, lastCall, live } from "./support/calls.js";
import { ASIA, furnish, MINISTER, PASSWORD, PROTOCOL, type Subscriber } from "./support/house.js";
import { HOST, type Server } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hearsNoMore, hums } from "./support/tones.js";
import type { Person } from "./support/person.js";

const LOW = 440;
const HIGH = 1_250;

test("a name pressed in the directory rings, is answered, and both hear each other", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  await caller.page.goto("/directory");
  await callee.page.goto("/settings");
  const row = caller.page.locator(`[data-number="${MINISTER.number}"]`);
  await expect(row).toContainText("Disponible");
  const address = `mailto:${encodeURIComponent(MINISTER.email)}`;
  await expect(row.getByRole("link", { name: `Écrire à ${MINISTER.name}` })).toHaveAttribute("href", address);

  await row.getByRole("button", { name: `Appeler ${MINISTER.name}` }).click();
  const card = cardOf(callee.page, ASIA.name);
  await expect(card).toContainText(`vous appelle, poste ${ASIA.number}`);
  await expect(card).toContainText(ASIA.post);
  await expect(card).toContainText(/\d\d:\d\d sur place/);
  await expect(live(caller.page)).toContainText("Ça sonne");

  await card.getByRole("button", { name: "Répondre" }).click();
  await expect(live(callee.page)).toContainText("En communication");
  await expect(live(caller.page)).toContainText("En communication");
  await expect(live(caller.page)).toContainText(`${MINISTER.post}, poste ${MINISTER.number}`);
  await hears(caller, HIGH, [LOW]);
  await hears(callee, LOW, [HIGH]);
  await expect(caller.page.getByRole("timer")).toHaveText(/^00:\d\d$/);

  // Muted, on hold, and back: each for whoever is at the other end.
  await key(caller.page, "Micro ouvert").click();
  await hearsNoMore(callee, LOW);
  await key(caller.page, "Micro coupé").click();
  await hears(callee, LOW);
  await key(caller.page, "Attente").click();
  await expect(live(callee.page)).toContainText("Votre correspondant vous a mis en attente");
  await hearsNoMore(callee, LOW);
  await key(caller.page, "Reprendre").click();
  await hears(callee, LOW);

  await key(callee.page, "Raccrocher").click();
  await expect(live(caller.page)).toContainText("Appel terminé");
  await expect(lastCall(caller.page)).toHaveAccessibleName(new RegExp(`^Appel émis, Appeler ${MINISTER.name}`));
  await expect(lastCall(callee.page)).toHaveAccessibleName(new RegExp(`^Appel reçu, Appeler ${ASIA.name}`));
});

test("whoever declines says so, and is not rung again", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  await callee.page.goto("/");
  await dial(caller, MINISTER.number);

  await cardOf(callee.page, ASIA.name).getByRole("button", { name: "Refuser" }).click();

  await expect(live(caller.page)).toContainText("Appel refusé");
  await expect(cardOf(callee.page, ASIA.name)).toHaveCount(0);
  await expect(callee.page.getByText("appel manqué", { exact: false })).toHaveCount(0);
});

test("a call nobody takes is missed, counted, and a press away from being returned", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  await callee.page.goto("/");
  await dial(caller, MINISTER.number);
  await expect(cardOf(callee.page, ASIA.name)).toBeVisible();

  await key(caller.page, "Abandonner").click();

  await expect(live(caller.page)).toContainText("Appel abandonné");
  await expect(cardOf(callee.page, ASIA.name)).toHaveCount(0);
  const calls = callee.page.getByRole("link", { name: /^Appels/ }).first();
  await expect(calls).toHaveAccessibleName(/1 appel manqué/);
  await calls.click();
  await expect(lastCall(callee.page)).toHaveAccessibleName(new RegExp(`^Appel manqué, Appeler ${ASIA.name}`));
  await expect(calls).toHaveAccessibleName("Appels");

  await lastCall(callee.page).click();
  await expect(cardOf(caller.page, MINISTER.name)).toBeVisible();
  await key(callee.page, "Abandonner").click();
});

test("the first page tells whom to call: who called in vain first, and whoever is sought", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  await callee.page.goto("/");
  await caller.page.goto("/");
  const box = callee.page.getByRole("region", { name: "Appeler" });
  const calls = (person: Person, number: string) => person.page.locator(`.callbox [data-number="${number}"]`);
  await calls(caller, MINISTER.number).getByRole("button", { name: `Appeler ${MINISTER.name}` }).click();
  await expect(cardOf(callee.page, ASIA.name)).toBeVisible();
  await key(caller.page, "Abandonner").click();

  await expect(box.getByRole("listitem").first()).toContainText(/Appel manqué à \d\d:\d\d/);
  await box.getByLabel("Fonction, poste ou numéro").fill("courrier");
  await expect(box.getByRole("listitem")).toHaveCount(1);
  await expect(box).toContainText("Bureau du courrier");
  await box.getByLabel("Fonction, poste ou numéro").fill("");
  await hasGoodAccess(callee.page);
  await box.getByRole("button", { name: `Rappeler ${ASIA.name}` }).click();
  await expect(cardOf(caller.page, MINISTER.name)).toBeVisible();
  await key(callee.page, "Abandonner").click();
  // One's own try counts: nobody is called back twice.
  await callee.page.goto("/");
  await expect(calls(callee, ASIA.number)).not.toContainText("Appel manqué");
});

test("all tabs ring, and what is answered in one stops in the others", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  await callee.page.goto("/");
  const other = await callee.anotherTab();
  await other.goto("/settings");
  await dial(caller, MINISTER.number);
  await expect(cardOf(callee.page, ASIA.name)).toBeVisible();
  await expect(cardOf(other, ASIA.name)).toBeVisible();

  await cardOf(other, ASIA.name).getByRole("button", { name: "Répondre" }).click();
  await expect(live(other)).toContainText("En communication");
  await expect(cardOf(callee.page, ASIA.name)).toHaveCount(0);

  // The first tab sees where the call is, and can take it over.
  await callee.page.getByRole("link", { name: /^Appels/ }).first().click();
  await callee.page.getByRole("button", { name: "Reprendre ici" }).click();
  await expect(callee.page.getByRole("toolbar", { name: "Commandes de l’appel" })).toBeVisible();
  await expect(other.getByRole("button", { name: "Reprendre ici" })).toBeVisible();
  await hears(callee, LOW, [HIGH]);
  await hears(caller, HIGH, [LOW]);

  // Closing the page is hanging up, as soon as it is clear that it does not come back: fifteen seconds after its goodbye, or
  // half a minute after the line broke, since not every page that is closed gets to say it.
  await callee.page.close();
  await expect(live(caller.page)).toContainText("Appel terminé", { timeout: 45_000 });
});

test("a third is called in, and all three hear each other", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  const third = await signedIn(arrive, PROTOCOL, 2_100);
  await callee.page.goto("/");
  await third.page.goto("/");
  await dial(caller, MINISTER.number);
  await cardOf(callee.page, ASIA.name).getByRole("button", { name: "Répondre" }).click();
  await expect(live(caller.page)).toContainText("En communication");

  await key(caller.page, "Ajouter").click();
  const dialog = caller.page.getByRole("dialog", { name: "Ajouter une personne" });
  await dialog.getByRole("combobox").fill("protoc");
  await caller.page.getByRole("option", { name: new RegExp(PROTOCOL.name) }).click();
  await dialog.getByRole("button", { name: "Appeler" }).click();
  await cardOf(third.page, ASIA.name).getByRole("button", { name: "Répondre" }).click();

  await hears(third, LOW);
  await hears(third, HIGH);
  await hears(callee, 2_100);
  await hears(caller, 2_100, [LOW]);

  // Whoever has brought them together leaves: the two go on, and each sees whom it talks to.
  await key(caller.page, "Raccrocher").click();
  await expect(live(caller.page)).toContainText("Appel terminé");
  await expect(live(third.page)).toContainText(MINISTER.name);
  await expect(live(callee.page)).toContainText(PROTOCOL.name);
  await hears(third, HIGH, [LOW]);
  await hears(callee, 2_100, [LOW]);
  await key(third.page, "Raccrocher").click();
  await expect(live(callee.page)).toContainText("Appel terminé");
});

test("a call is sent on to a colleague, and into a meeting", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  const third = await signedIn(arrive, PROTOCOL, 2_100);
  await callee.page.goto("/");
  await third.page.goto("/");
  await dial(caller, MINISTER.number);
  await cardOf(callee.page, ASIA.name).getByRole("button", { name: "Répondre" }).click();
  await expect(live(caller.page)).toContainText("En communication");

  await key(caller.page, "Transférer").click();
  const dialog = caller.page.getByRole("dialog", { name: `Transférer ${MINISTER.name}` });
  await dialog.getByRole("combobox").fill(PROTOCOL.number);
  await caller.page.getByRole("option", { name: new RegExp(PROTOCOL.name) }).click();
  await dialog.getByRole("button", { name: "Transférer", exact: true }).last().click();
  await cardOf(third.page, MINISTER.name).getByRole("button", { name: "Répondre" }).click();
  await hears(third, HIGH, [LOW]);
  await hears(callee, 2_100, [LOW]);
  await expect(live(caller.page)).toContainText("Appel transféré");
  await expect(live(callee.page)).toContainText(PROTOCOL.name);
  await key(third.page, "Raccrocher").click();
  await expect(live(callee.page)).toContainText("Appel terminé");

  const code = await caller.makeMeeting("Commission mixte", false);
  await dial(caller, MINISTER.number);
  await cardOf(callee.page, ASIA.name).getByRole("button", { name: "Répondre" }).click();
  await expect(live(caller.page)).toContainText("En communication");
  await key(caller.page, "Transférer").click();
  await dialog.getByRole("button", { name: "Vers une rencontre" }).click();
  await dialog.getByRole("button", { name: "Transférer", exact: true }).last().click();
  await expect(callee.page).toHaveURL(new RegExp(`/m/${code}`));
});

test("what cannot be called is said in a sentence", async ({ arrive, server }) => {
  const { caller } = await two(arrive, server);
  caller.excuse(/409/);
  await caller.page.goto("/calls");
  for (const [number, sentence] of [
    ["1999", "Ce numéro n’existe pas."],
    ["*21*1002#", "Ce code ne se compose que sur un téléphone."],
  ] as const) {
    await dial(caller, number);
    await expect(live(caller.page)).toContainText(sentence);
  }
});

test("card, call and history have no serious fault of access, and fit a phone", async ({ arrive, server }) => {
  const { caller, callee } = await two(arrive, server);
  await callee.page.setViewportSize({ width: 360, height: 740 });
  await callee.page.goto("/directory");
  await expect(callee.page.getByText(ASIA.name)).toBeVisible();
  await hasGoodAccess(callee.page);
  await fits(callee);
  await dial(caller, MINISTER.number);
  await expect(cardOf(callee.page, ASIA.name)).toBeVisible();
  await hasGoodAccess(callee.page);
  await fits(callee);

  await cardOf(callee.page, ASIA.name).getByRole("button", { name: "Répondre" }).click();
  for (const { page } of [caller, callee]) {
    await expect(live(page)).toContainText("En communication");
    await hasGoodAccess(page);
  }
  await fits(callee);
  await key(caller.page, "Transférer").click();
  await hasGoodAccess(caller.page);
  await caller.page.keyboard.press("Escape");
  // From another page the call is still in sight, and a key away.
  await callee.page.getByRole("link", { name: "Réglages" }).last().click();
  const current = callee.page.getByRole("region", { name: `En communication ${ASIA.name}` });
  await hasGoodAccess(callee.page);
  await fits(callee);
  await current.getByRole("button", { name: "Raccrocher" }).click();
  await expect(live(caller.page)).toContainText("Appel terminé");
  await hasGoodAccess(caller.page);
});

/** The Asia director, who administers, and the minister counsellor in Paris, each with a tone. */
async function two(arrive: (name: string) => Promise<Person>, server: Server) {
  const caller = await arrive(ASIA.name);
  await hums(caller, LOW);
  await caller.signInAs(HOST.email, HOST.password);
  await furnish(caller, server);
  const callee = await signedIn(arrive, MINISTER, HIGH);
  return { caller, callee };
}

async function signedIn(arrive: (name: string) => Promise<Person>, who: Subscriber, tone: number): Promise<Person> {
  const person = await arrive(who.name);
  await hums(person, tone);
  await person.signInAs(who.email, PASSWORD);
  return person;
}
