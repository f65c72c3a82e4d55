//! People and places as an administrator keeps them, and the ways of signing in.

import { createHmac } from "node:crypto";
import { fits, hasGoodAccess } from "./support/access.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const PHONE = { width: 360, height: 740 };

test("a table of people is tried, told line by line, and brought in", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const made = await admin.context.request.post("/api/admin/posts", {
    headers: { origin: server.url },
    data: { name: "Ambassade à Tokyo", country: "JP", city: "Tokyo", down_kbit: 2048, up_kbit: 512 },
  });
  expect(made.ok(), await made.text()).toBe(true);
  const { page } = admin;
  await page.goto("/users");
  await page.getByRole("button", { name: "Importer un fichier" }).click();
  const dialog = page.getByRole("dialog", { name: "Importer des comptes" });
  const choose = (text: string) =>
    dialog.getByLabel("Fichier CSV, en UTF-8").setInputFiles({
      name: "gens.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(text),
    });

  await choose("email;name;post\nimport1@example.org;Première;Ambassade à Tokyo\nimport2@example.org;Second;Nulle part\n");
  await expect(dialog.getByText("1 ligne ne convient pas. Rien n’est changé.")).toBeVisible();
  await expect(dialog.getByText("there is no post named")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Rien à importer" })).toBeDisabled();
  await hasGoodAccess(page);

  await choose("email;name;function;post\nimport1@example.org;Première;Première secrétaire;Ambassade à Tokyo\nimport2@example.org;Second;Attaché;Ambassade à Tokyo\n");
  await expect(dialog.getByText("2 ajouts, 0 modification, 0 sans changement.")).toBeVisible();
  const saved = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Importer 2 lignes" }).click();
  expect((await saved).suggestedFilename()).toBe("palabre-passwords.csv");
  await expect(dialog.getByText("Les mots de passe provisoires sont dans le fichier")).toBeVisible();
  await dialog.getByRole("button", { name: "Fermer" }).click();
  await page.getByLabel("Nom, fonction, adresse ou poste").fill("premiere secretaire");
  await expect(page.getByRole("button", { name: "Ouvrir le compte de Première" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Ouvrir le compte de Second" })).toHaveCount(0);

  await page.goto("/telephony/sites");
  await expect(page.getByRole("cell", { name: "2 Mbit/s, 512 kbit/s en émission" })).toBeVisible();
});

test("the card of a person has no serious fault of access, and fits a phone", async ({ arrive }) => {
  const admin = await arrive(HOST.name, { viewport: PHONE });
  await admin.signIn();
  const { page } = admin;
  await page.goto("/users");
  await page.getByRole("button", { name: "Ajouter un compte" }).click();
  await expect(page.getByRole("region", { name: "Compte Nouveau compte" })).toBeVisible();
  await hasGoodAccess(page);
  await fits(admin);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Ajouter un compte" })).toBeFocused();
});

test("a second factor is set up from a picture, asked for, and taken away", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const who = { name: "Attachée", email: "attachee@example.org", role: "user", password: "une phrase à elle", must_change: false };
  const made = await admin.context.request.post("/api/users", { headers: { origin: server.url }, data: who });
  expect(made.ok(), await made.text()).toBe(true);

  const user = await arrive("Attachée");
  user.excuse(/401/, /\/api\/events/);
  const { page } = user;
  const enter = async () => {
    await page.getByLabel("Adresse électronique").fill(who.email);
    await page.getByLabel("Mot de passe").fill(who.password);
    await page.getByRole("button", { name: "Ouvrir la session" }).click();
  };
  await page.goto("/settings");
  await enter();
  const section = page.getByRole("region", { name: "Double clé" });
  await section.getByRole("button", { name: "Préparer la double clé" }).click();
  await section.getByLabel("Votre mot de passe").fill(who.password);
  await section.getByRole("button", { name: "Préparer la double clé" }).click();
  await expect(section.getByRole("img", { name: "Image à lire avec l’application" })).toBeVisible();
  await hasGoodAccess(page);
  const secret = (await section.locator("code").innerText()).replace(/\s/g, "");
  await section.getByLabel("Code").fill(codeOf(secret, 0));
  await section.getByRole("button", { name: "Activer la double clé" }).click();
  await expect(section.getByText("La double clé est active.")).toBeVisible();
  const recovery = await section.getByRole("listitem").first().innerText();
  await section.getByRole("button", { name: "J’ai noté les codes" }).click();
  await expect(section.getByText("Il vous reste 10 codes de secours.")).toBeVisible();

  await page.getByRole("banner").getByRole("button", { name: "Fermer la session" }).click();
  await page.goto("/");
  await enter();
  await page.getByLabel("Code").fill("000000");
  await page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(page.getByRole("alert")).toHaveText("Ce code n’est pas le bon, ou a déjà servi. Attendez le suivant.");
  await hasGoodAccess(page);
  await page.getByLabel("Code").fill(recovery);
  await page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(page.getByRole("heading", { name: "Réunir maintenant" })).toBeVisible();

  await page.goto("/settings");
  await section.getByRole("button", { name: "Retirer la double clé" }).click();
  await section.getByLabel("Votre mot de passe").fill(who.password);
  // The clocks may be a step apart, so that the next code is good already.
  await section.getByLabel("Code").fill(codeOf(secret, 1));
  await section.getByRole("button", { name: "Retirer la double clé" }).click();
  await expect(page.getByRole("heading", { name: "Ouvrir votre session" })).toBeVisible();
});

test("one sees where one is signed in, and ends it there", async ({ arrive }) => {
  const here = await arrive(HOST.name, { locale: "en-GB" });
  const there = await arrive(HOST.name);
  there.excuse(/401/, /\/api\/events/);
  await here.signIn();
  await there.signIn();

  await here.page.goto("/settings");
  const sessions = here.page.getByRole("region", { name: "Open sessions" });
  await expect(sessions.getByText("This device")).toBeVisible();
  await sessions.getByRole("button", { name: "Close all others" }).click();
  await expect(here.page.getByText("The other sessions are closed.")).toBeVisible();
  await expect(sessions.getByRole("listitem")).toHaveCount(1);
  await there.page.goto("/settings");
  await expect(there.page.getByRole("heading", { name: "Ouvrir votre session" })).toBeVisible();
});

test("the IT officer of a post sees its phones and people, and no more", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const ask = async <T>(path: string, data: object): Promise<T> => {
    const answer = await admin.context.request.post(path, { headers: { origin: server.url }, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return (await answer.json()) as T;
  };
  const { id } = await ask<{ id: number }>("/api/admin/posts", { name: "Ambassade à Lagos", country: "NG" });
  const who = { name: "Technicienne", email: "tech@example.org", role: "it-officer", post: id, password: "elle répare tout ici", must_change: false };
  await ask("/api/users", who);

  const officer = await arrive("Technicienne");
  const { page } = officer;
  await page.goto("/telephony");
  await page.getByLabel("Adresse électronique").fill(who.email);
  await page.getByLabel("Mot de passe").fill(who.password);
  await page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(page.getByRole("heading", { name: "Postes téléphoniques" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Lignes extérieures" })).toHaveCount(0);
  await page.getByRole("banner").getByRole("link", { name: "Comptes" }).click();
  await expect(page.getByText("1 compte.")).toBeVisible();
  await page.getByRole("button", { name: "Ouvrir le compte de Technicienne" }).click();
  await expect(page.getByLabel("Fonction", { exact: true })).toBeVisible();
  await expect(page.getByLabel("Droits")).toHaveCount(0);
  await page.goto("/telephony/lines");
  await expect(page.getByRole("heading", { name: "Cette page n’existe pas" })).toBeVisible();
});

/** What an authenticator shows (RFC 6238), so many steps from now. */
function codeOf(secret: string, steps: number): string {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"));
  const key = Buffer.from((bits.join("").match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const tag = createHmac("sha1", key).update(counter).digest();
  const at = (tag[19] ?? 0) & 15;
  return String((tag.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
