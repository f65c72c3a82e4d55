//! What is saved, who was there, and what was done: the pages that prove it.

import { fits, hasGoodAccess } from "./support/access.js";
import { furnish, MINISTER, MINISTRY, PASSWORD, ROME } from "./support/house.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const PHONE = { width: 360, height: 740 };
const TARIFFS = `kind;owner;prefix;currency;per_minute;first;next;rounding;from
old;${MINISTRY};39;XOF;300;60;60;up;2017-01-01
`;

test("a meeting of two posts is in the attendance list and, by tariffs from a file, among the savings", async ({ arrive, server }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  await furnish(host, server);

  // A file with a fault changes nothing and says where it is.
  await host.page.goto("/savings");
  await host.page.getByRole("button", { name: "Importer des tarifs" }).click();
  const dialog = host.page.getByRole("dialog");
  const bring = (text: string) =>
    dialog.getByLabel("Fichier").setInputFiles({ name: "tarifs.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await bring(`${TARIFFS}old;Nulle part;39;XOF;1;60;60;up;2017-01-01\n`);
  // Lines that are wrong are answered with 422, which browsers write into their console.
  host.excuse(/422/);
  await dialog.getByRole("button", { name: "Importer", exact: true }).click();
  await expect(dialog.getByRole("status")).toContainText("Rien n’a été importé.");
  await expect(dialog.getByRole("status")).toContainText("Ligne 3 : there is no post \"Nulle part\"");
  await hasGoodAccess(host.page);
  await bring(TARIFFS);
  await dialog.getByRole("button", { name: "Vérifier le fichier" }).click();
  await expect(dialog.getByRole("status")).toContainText("1 ligne correcte. Rien n’a été changé.");
  await dialog.getByRole("button", { name: "Importer", exact: true }).click();
  await expect(dialog.getByRole("status")).toContainText("1 ligne importée.");
  await dialog.getByRole("button", { name: "Fermer" }).click();

  const code = await host.makeMeeting("Commission mixte", false);
  await host.enter(code);
  const minister = await arrive(MINISTER.name);
  await minister.signInAs(MINISTER.email, PASSWORD);
  await minister.enter(code);
  await host.openPeople();
  await expect(host.rowOf(MINISTER.name)).toBeVisible();
  await expect(host.page.getByRole("link", { name: "Liste de présence" })).toBeVisible();

  // The list while it lasts, and when it is over.
  const list = await host.anotherTab();
  await list.goto(`/m/${code}/attendance`);
  const row = list.getByRole("row").filter({ hasText: MINISTER.name });
  await expect(row).toContainText(ROME);
  await expect(row).toContainText("présent");
  await expect(list.getByText(/^Heure locale\s: Porto-Novo\.$/)).toBeVisible();
  await hasGoodAccess(list);
  await minister.key("Quitter").click();
  await expect(minister.page.getByRole("heading", { name: "Vous avez quitté la séance" })).toBeVisible();
  await expect(async () => {
    await list.getByRole("button", { name: "Actualiser" }).click();
    await expect(row).not.toContainText("présent", { timeout: 1_000 });
  }).toPass();
  await list.emulateMedia({ media: "print" });
  await expect(list.getByRole("button", { name: "Imprimer" })).toBeHidden();
  await expect(row).toBeVisible();
  await list.close();
  const ended = await host.context.request.post(`/api/meetings/${code}/end`, { headers: { origin: server.url } });
  expect(ended.status()).toBe(204);

  await expect(async () => {
    await host.page.goto("/savings");
    await expect(host.page.getByText(`${MINISTRY} → ${ROME}`)).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await expect(host.page.locator(".big .n")).toContainText(/^300\sF\sCFA$/);
  await expect(host.page.locator(".big")).toContainText("100 % de moins qu’aux anciens tarifs. L’objectif est de 30 à 70 %.");
  await expect(host.page.getByRole("status").filter({ hasText: "Total vérifié" })).toBeVisible();

  // The plot has a table beside it, by the keyboard too.
  const turn = host.page.getByRole("button", { name: "Voir le tableau" });
  await turn.focus();
  await host.page.keyboard.press("Enter");
  await expect(host.page.getByRole("button", { name: "Voir le graphique" })).toBeFocused();
  await expect(host.page.getByRole("columnheader", { name: "Mois" })).toBeVisible();
  await hasGoodAccess(host.page);

  const file = await host.context.request.get("/api/savings/records.csv");
  expect(await file.text()).toContain(`,${MINISTRY},${ROME},300,"39: 60 s, 300 XOF",0,`);
});

test("the log is found by person and action, page by page, and verified", async ({ arrive, server }) => {
  const host = await arrive(HOST.name, { locale: "en-GB" });
  await host.signIn();
  await furnish(host, server);
  for (let n = 0; n < 60; n += 1) await host.makeMeeting(`Meeting ${n}`, true);

  await host.page.goto("/audit");
  await expect(host.page.getByRole("heading", { name: "Audit log" })).toBeVisible();
  const rows = host.page.getByRole("row");
  await expect(rows).toHaveCount(51);
  await host.page.getByRole("button", { name: "Show older" }).click();
  await expect.poll(() => rows.count()).toBeGreaterThan(60);

  await host.page.getByLabel("Person").fill("asie@");
  await host.page.keyboard.press("Enter");
  await expect(rows.nth(1)).toContainText(HOST.name);
  await host.page.getByRole("button", { name: /^All actions/ }).click();
  await host.page.getByRole("option", { name: "Signed in" }).click();
  await expect(rows.nth(1)).toContainText("Signed in");
  await expect(host.page.getByRole("cell", { name: "Meeting added" })).toHaveCount(0);
  await host.page.getByRole("button", { name: "Verify the log" }).click();
  await expect(host.page.getByText(/^The log is whole: /)).toBeVisible();
  await hasGoodAccess(host.page);
});

test("savings, log and attendance fit a phone in both languages", async ({ arrive, server }) => {
  for (const locale of ["fr-FR", "en-GB"]) {
    const host = await arrive(HOST.name, { viewport: PHONE, locale });
    await host.signIn();
    await furnish(host, server);
    const code = await host.makeMeeting("Une rencontre au titre plutôt long pour un téléphone", false);
    for (const path of ["/savings", "/audit", `/m/${code}/attendance`]) {
      await host.page.goto(path);
      await expect(host.page.locator("h1")).toBeVisible();
      await expect(host.page.locator(".loading")).toHaveCount(0);
      await fits(host);
      await hasGoodAccess(host.page);
    }
  }
});
