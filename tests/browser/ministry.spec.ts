//! What the ministry has already: its own sign-in page, and its directory of people.

import { hasGoodAccess } from "./support/access.js";
import { Issuer } from "./support/issuer.js";
import { HOST, Server } from "./support/server.js";
import { BASE, Slapd } from "./support/slapd.js";
import { expect, test as base } from "./support/test.js";

const entry = (uid: string, name: string, title: string) => `dn: uid=${uid},${BASE}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${name}
sn: ${name}
title: ${title}
mail: ${uid}@mae.example
userPassword: ${PASSWORD}
`;
const PASSWORD = "un mot du ministère";

const test = base.extend<object, { issuer: Issuer; slapd: Slapd }>({
  issuer: [
    async ({}, use) => {
      const issuer = await Issuer.open("palabre");
      await use(issuer);
      issuer.close();
    },
    { scope: "worker" },
  ],
  slapd: [
    async ({}, use) => {
      const slapd = await Slapd.hold(`${entry("awa", "Conseillère juridique", "Conseillère")}\n${entry("ben", "Attaché de presse", "Attaché")}`);
      await use(slapd);
      await slapd.stop();
    },
    { scope: "worker" },
  ],
  server: [
    async ({ issuer, slapd }, use) => {
      const server = await Server.start(`
[oidc]
issuer = "${issuer.url}"
client_secret = "known to both"
name = "Connexion du ministère"
create = true

[ldap]
url = "ldap://127.0.0.1:${slapd.port}"
start_tls = false
base = "${BASE}"
sync = "0s"
`);
      server.addHost();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
});

test("the ministry's own page leads in, and back with a sentence when it refuses", async ({ arrive, issuer }) => {
  const visitor = await arrive("Consule générale");
  // The way there and back leaves this origin: that is what it is for.
  const { page } = visitor;
  issuer.person = undefined;
  await page.goto("/agenda");
  await hasGoodAccess(page);
  await page.getByRole("link", { name: "Connexion du ministère" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "La connexion du ministère a refusé." })).toBeVisible();

  issuer.person = { sub: "c-1", email: "consule@mae.example", name: "Consule générale" };
  await page.goto("/agenda");
  await page.getByRole("link", { name: "Connexion du ministère" }).click();
  await expect(page.getByRole("heading", { name: "Agenda", level: 1 })).toBeVisible();
  await expect(page.getByText("Consule générale")).toBeVisible();

  expect(visitor.faults.filter((fault) => !fault.startsWith(`foreign request: ${issuer.url}/authorize?`))).toEqual([]);
  visitor.faults.length = 0;
});

test("the ministry's directory is shown first and brought in, and its people sign in", async ({ arrive }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const { page } = admin;
  await page.goto("/users");
  await page.getByRole("button", { name: "Lire l’annuaire du ministère" }).click();
  const dialog = page.getByRole("dialog", { name: "Lire l’annuaire du ministère" });
  await expect(dialog.getByText("2 ajouts, 0 modification, 0 sans changement.")).toBeVisible();
  await expect(dialog.getByText("awa@mae.example : ajouté")).toBeVisible();
  await hasGoodAccess(page);
  await dialog.getByRole("button", { name: "Annuler" }).click();
  await expect(page.getByRole("button", { name: "Ouvrir le compte de Conseillère juridique" })).toHaveCount(0);

  await page.getByRole("button", { name: "Lire l’annuaire du ministère" }).click();
  await dialog.getByRole("button", { name: "Reprendre 2 personnes" }).click();
  await expect(page.getByText("2 ajouts et 0 modification sont faits.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Ouvrir le compte de Conseillère juridique" })).toBeVisible();
  await page.getByRole("button", { name: "Lire l’annuaire du ministère" }).click();
  await expect(dialog.getByText("0 ajout, 0 modification, 2 sans changement.")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Rien à importer" })).toBeDisabled();

  const awa = await arrive("Conseillère juridique");
  await awa.page.goto("/");
  await awa.page.getByLabel("Adresse électronique").fill("awa@mae.example");
  await awa.page.getByLabel("Mot de passe", { exact: true }).fill(PASSWORD);
  await awa.page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(awa.page.getByRole("link", { name: "Agenda" }).first()).toBeVisible();
});
