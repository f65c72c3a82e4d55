//! What people use in session beside faces and voices: keys of the keyboard, private messages, files, and what the line carries.

import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import { received } from "./support/media.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const CONSUL = "Consule générale";
const ADVISER = "Premier conseiller";

// Three browsers, and files of some megabytes: more than others do in one test.
test.setTimeout(240_000);

test("whoever is muted is heard while the space bar is held, and no longer", async ({ arrive }) => {
  const { host, guest } = await two(arrive);
  await guest.key("Micro ouvert").click();
  await isQuiet(host.page);

  // On a key of the bar Space presses that key; nowhere else is there anything for it to press.
  await guest.page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await guest.page.keyboard.down(" ");
  await expect(guest.key("Micro ouvert")).toBeVisible();
  await isHeard(host.page);
  await guest.page.keyboard.up(" ");
  await expect(guest.key("Micro coupé")).toBeVisible();
  await isQuiet(host.page);

  await guest.page.keyboard.down(" ");
  await expect(guest.key("Micro ouvert")).toBeVisible();
  await guest.page.evaluate(() => window.dispatchEvent(new Event("blur")));
  await expect(guest.key("Micro coupé")).toBeVisible();
  await guest.page.keyboard.up(" ");

  await guest.openMessages();
  await guest.page.getByLabel("Écrire à tous").focus();
  await guest.page.keyboard.type("m v ?");
  await expect(guest.page.getByLabel("Écrire à tous")).toHaveValue("m v ?");
  await expect(guest.key("Micro coupé")).toBeVisible();
});

test("the keys are listed by one of them, and can be switched off", async ({ arrive }) => {
  const { host } = await two(arrive);
  const list = host.page.getByRole("dialog", { name: "Raccourcis clavier" });

  await host.page.keyboard.press("m");
  await expect(host.key("Micro coupé")).toBeVisible();
  await host.page.keyboard.press("p");
  await expect(host.page.getByRole("complementary", { name: "Participants" })).toBeVisible();

  await host.page.keyboard.press("?");
  await expect(list).toContainText("Ouvrir ou couper le micro");
  await list.getByRole("checkbox").uncheck();
  await list.getByRole("button", { name: "Fermer" }).click();
  await host.page.keyboard.press("m");
  await host.page.keyboard.press("?");
  await expect(host.key("Micro coupé")).toBeVisible();
  await expect(list).toHaveCount(0);

  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Raccourcis clavier" }).click();
  await expect(list.getByRole("checkbox")).not.toBeChecked();
});

test("a private message is read by one person, and no other browser ever has it", async ({ arrive }) => {
  const { host, guest, code } = await twoInSilence(arrive);
  const third = await arrive(ADVISER);
  await enterInSilence(third, code);
  for (const person of [host, guest, third]) await person.openMessages();

  await choose(host, CONSUL);
  await host.page.getByLabel(`Écrire en privé à ${CONSUL}`).fill("Entre nous");
  await host.page.getByRole("button", { name: "Envoyer" }).click();

  await expect(log(host)).toContainText(`Privé, à ${CONSUL}`);
  await expect(log(guest)).toContainText("Entre nous");
  await expect(log(guest)).toContainText("Privé, à vous");

  // What is for all comes after it, so the other would have come by now.
  await choose(host, "Tous");
  await host.say("Pour tous");
  await expect(log(third)).toContainText("Pour tous");
  await expect(log(third)).not.toContainText("Entre nous");

  await choose(host, ADVISER);
  await third.key("Quitter").click();
  await expect(host.page.getByRole("alert").filter({ hasText: `${ADVISER} n’est plus en séance.` })).toBeVisible();
  await expect(host.page.getByRole("button", { name: "Envoyer" })).toBeDisabled();
});

test("a file arrives byte for byte, and one that is taken back disappears on both sides", async ({ arrive }) => {
  const { host, guest } = await twoInSilence(arrive);
  for (const person of [host, guest]) await person.openMessages();
  const bytes = randomBytes(3_000_000);

  await offer(host, "note verbale.pdf", bytes);
  await expect(log(guest)).toContainText("PDF, 3 Mo");
  await guest.page.getByRole("button", { name: "Recevoir note verbale.pdf" }).click();
  const saves = guest.page.getByRole("button", {
    name: "Enregistrer note verbale.pdf",
  });
  await expect(saves).toBeVisible({ timeout: 90_000 });
  await expect(log(host)).toContainText("Reçu par 1 personne.");
  const download = guest.page.waitForEvent("download");
  await saves.click();
  const saved = await download;
  expect(saved.suggestedFilename()).toBe("note verbale.pdf");
  expect(sha256(await readFile(await saved.path()))).toBe(sha256(bytes));

  await offer(host, "annexe.zip", randomBytes(20_000_000));
  await guest.page.getByRole("button", { name: "Recevoir annexe.zip" }).click();
  await expect(guest.page.getByRole("progressbar", { name: "Réception de annexe.zip" })).toBeVisible();
  await expect(host.page.getByRole("progressbar")).toBeVisible();
  await host.page.getByRole("button", { name: "Retirer annexe.zip" }).click();
  for (const person of [host, guest]) await expect(log(person)).not.toContainText("annexe.zip");
  // What had arrived before stays.
  await expect(saves).toBeVisible();

  await offer(host, "film.mp4", Buffer.alloc(25_000_001));
  await expect(host.page.getByText("Ce fichier dépasse 25 Mo.")).toBeVisible();
});

test("what the call takes is counted, and each stream told for whoever looks after the network", async ({ arrive }) => {
  const { host } = await two(arrive);
  const figure = host.page.locator(".title .meta .wideonly");
  const megabytes = async () => Number.parseFloat((await figure.innerText()).replace(",", "."));
  await expect.poll(megabytes).toBeGreaterThan(0);
  const first = await megabytes();
  await expect.poll(megabytes).toBeGreaterThan(first);

  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Informations" }).click();
  const panel = host.page.getByRole("complementary", { name: "Informations" });
  // The month has at least what this call has.
  const month = panel.getByText(/ce mois-ci sur cet appareil : [\d,]+\sMo/);
  await expect(month).toBeVisible();
  const ofMonth = Number.parseFloat(/: ([\d,]+)/.exec(await month.innerText())?.[1]?.replace(",", ".") ?? "0");
  expect(ofMonth).toBeGreaterThanOrEqual(first);
  await expect(panel).toContainText("Point hebdomadaire");
  await panel.getByText("Pour l’informatique").click();
  await expect(panel).toContainText(/(UDP|TCP), (direct|par relais)/);
  const heard = panel.getByRole("row").filter({ hasText: CONSUL }).filter({ hasText: "Micro" });
  await expect(heard).toContainText(/opus/i);
  await expect(heard).toContainText(/\d\skbit\/s/);
  await panel.getByRole("button", { name: "Copier", exact: true }).click();
  expect(await host.page.evaluate(() => navigator.clipboard.readText())).toContain(CONSUL);
});

test("a tab asks before it is closed by mistake, and a microphone that is unplugged gives its place to another", async ({ arrive }) => {
  const { host, guest } = await two(arrive);
  let asked = 0;
  const stay = (dialog: { type: () => string; dismiss: () => Promise<void> }) => {
    if (dialog.type() === "beforeunload") asked += 1;
    return dialog.dismiss();
  };
  guest.page.on("dialog", (dialog) => void stay(dialog));
  await guest.page.close({ runBeforeUnload: true });
  await expect.poll(() => asked).toBe(1);
  // Whoever stays is in session still, and heard.
  await isHeard(host.page);

  await guest.page.evaluate(async () => {
    const media = navigator.mediaDevices;
    const all = await media.enumerateDevices();
    const used = window.peers
      .flatMap((peer) => peer.getSenders())
      .flatMap(({ track }) => (track?.kind === "audio" && track.readyState === "live" ? track.getSettings() : []));
    const gone = all.find(({ kind, deviceId }) => kind === "audioinput" && deviceId === used[0]?.deviceId);
    const left = all.filter(({ kind, groupId }) => kind !== "audioinput" || groupId !== gone?.groupId);
    media.enumerateDevices = () => Promise.resolve(left);
    media.dispatchEvent(new Event("devicechange"));
  });
  await expect(guest.page.getByText(/^Le micro .+ a été débranché\. Micro .+ utilisé\.$/)).toBeVisible();
  await isHeard(host.page);
});

async function two(arrive: (name: string) => Promise<Person>): Promise<{ host: Person; guest: Person; code: string }> {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive(CONSUL);
  await host.enter(code);
  await guest.enter(code);
  await expect(host.tileOf(CONSUL).locator("video")).toBeVisible();
  await expect(guest.tileOf(HOST.name).locator("video")).toBeVisible();
  return { host, guest, code };
}

/** The same without sound and pictures: what is written needs none, and a small machine has its time for it. */
async function twoInSilence(arrive: (name: string) => Promise<Person>): Promise<{ host: Person; guest: Person; code: string }> {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive(CONSUL);
  for (const person of [host, guest]) await enterInSilence(person, code);
  await expect(host.tileOf(CONSUL)).toBeVisible();
  await expect(guest.tileOf(HOST.name)).toBeVisible();
  return { host, guest, code };
}

async function enterInSilence(person: Person, code: string): Promise<void> {
  await person.prepare(code);
  await person.page.getByRole("button", { name: /^Micro/ }).click();
  await person.page.getByRole("button", { name: /^Caméra/ }).click();
  await person.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await person.isInside();
}

const log = (person: Person): Locator => person.page.getByRole("log", { name: "Messages de la séance" });

async function choose(person: Person, name: string): Promise<void> {
  await person.page.getByRole("combobox", { name: "À", exact: true }).selectOption({ label: name });
}

/** From a file on disk: what is large takes long on its way to the browser otherwise. */
async function offer(person: Person, name: string, bytes: Buffer): Promise<void> {
  const path = test.info().outputPath(name);
  await writeFile(path, bytes);
  const chooser = person.page.waitForEvent("filechooser");
  await person.page.getByRole("button", { name: "Joindre un fichier" }).click();
  await (await chooser).setFiles(path);
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

const energy = async (page: Page): Promise<number> => (await received(page)).sounds.reduce((sum, sound) => sum + sound.energy, 0);

/** Energy comes in from somewhere. */
async function isHeard(page: Page): Promise<void> {
  const before = await energy(page);
  await expect
    .poll(async () => (await energy(page)) - before, {
      message: "somebody must be heard",
    })
    .toBeGreaterThan(1e-3);
}

/** Nothing is heard for a second. */
async function isQuiet(page: Page): Promise<void> {
  const gained = async () => {
    const before = await energy(page);
    await page.waitForTimeout(1_000);
    return (await energy(page)) - before;
  };
  await expect.poll(gained, { message: "nobody must be heard" }).toBeLessThan(1e-4);
}
