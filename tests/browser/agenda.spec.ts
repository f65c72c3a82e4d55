//! A bilateral meeting from the empty form to two who are inside, and the agenda in which it stands.

import { fits, hasGoodAccess } from "./support/access.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/with-mail.js";

const PHONE = { width: 360, height: 740 };

test("from the empty form by mail and personal link through the waiting room into the meeting", async ({ arrive, sink }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  await host.page.goto("/agenda");
  await host.page.getByRole("button", { name: "Nouvelle rencontre" }).click();
  await host.page.getByLabel("Objet", { exact: true }).fill("Commission mixte");
  await fillParty(host, 0, { name: "Bénin", country: "BJ", who: "Directrice Asie", email: "asie@example.bj" });
  await fillParty(host, 1, { name: "Inde", country: "IN", who: "Secrétaire", email: "secretaire@example.in" });
  await host.page.getByRole("radio", { name: /Diffusion restreinte/ }).check();
  // The card says what the mail will say.
  const card = host.page.getByRole("region", { name: "Ce que recevront les 2 invités" });
  await expect(card.getByText("Bénin – Inde", { exact: true })).toBeVisible();
  await expect(card.getByText("L’objet n’apparaît pas dans le courriel.")).toBeVisible();
  await expect(card.getByText("10:00 – 11:30").first()).toBeVisible();
  await host.page.getByRole("button", { name: "Envoyer 2 invitations" }).click();
  await expect(host.page.getByRole("heading", { name: "Modifier la rencontre" })).toBeVisible();

  const mails = [await sink.next(), await sink.next()];
  const invitation = mails.find((mail) => mail.to === "secretaire@example.in");
  expect(invitation?.text).toContain("[DIFFUSION RESTREINTE]");
  expect(invitation?.text).not.toContain("Commission");
  const link = new URL(/https?:\S+\/i\/\S+/.exec(invitation?.text ?? "")?.[0] ?? "");
  const answer = new URL(/https?:\S+\/r\/\S+\?answer=accepted/.exec(invitation?.text ?? "")?.[0] ?? "");

  const guest = await arrive("Secrétaire");
  await guest.page.goto(`${answer.pathname}${answer.search}`);
  await expect(guest.page.getByText("ouvrir cette page n’a rien changé")).toBeVisible();
  await hasGoodAccess(guest.page);
  await guest.page.getByRole("button", { name: "J’y serai" }).click();
  await expect(guest.page.getByText("Vous avez accepté.")).toBeVisible();

  const code = new URL(host.page.url()).pathname.slice("/agenda/".length);
  await host.page.reload();
  await expect(host.page.getByText("Inde · Accepté")).toBeVisible();
  await hasGoodAccess(host.page);
  await host.enter(code);
  await expect(host.page.getByRole("region", { name: "Marquage" })).toContainText("Diffusion restreinte");

  await guest.page.goto(link.pathname);
  await expect(guest.page.getByRole("region", { name: "Marquage" })).toContainText("Diffusion restreinte");
  await expect(guest.page.getByLabel("Votre nom et votre fonction")).toHaveCount(0);
  await expect(guest.page.locator(".self video")).toBeVisible();
  await hasGoodAccess(guest.page);
  await guest.page.getByRole("button", { name: "Demander à entrer" }).click();
  await expect(guest.page.getByText("Salle d’attente")).toBeVisible();
  await expect(host.page.getByText("Secrétaire demande à entrer")).toBeVisible();
  await host.page.getByRole("button", { name: "Faire entrer" }).click();
  await guest.isInside();
  await expect(host.tileOf("Secrétaire")).toBeVisible();
  await hasGoodAccess(guest.page);
});

test("the form is filled by keyboard alone, and the order of precedence with it", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  await host.page.goto("/agenda/new");
  const { keyboard } = host.page;
  await host.page.getByLabel("Objet", { exact: true }).focus();
  await keyboard.type("Point");
  const names = host.page.getByRole("group", { name: /Partie 1|Bénin/ }).getByLabel("Nom", { exact: true });
  await names.first().focus();
  await keyboard.type("Bénin");
  await host.page.getByRole("button", { name: "Ajouter un délégué Bénin" }).focus();
  await keyboard.press("Enter");
  await names.nth(1).focus();
  await keyboard.type("Ministre");
  await names.nth(2).focus();
  await keyboard.type("Ambassadeur");
  await host.page.getByRole("button", { name: "Monter Ambassadeur" }).focus();
  await keyboard.press("Enter");
  await expect(names.nth(1)).toHaveValue("Ambassadeur");
  await host.page.getByRole("radio", { name: "Ambassadeur : chef de délégation" }).focus();
  await keyboard.press("Space");
  await expect(host.page.getByRole("radio", { name: "Ambassadeur : chef de délégation" })).toBeChecked();
  await expect(host.page.getByRole("radio", { name: "Ministre : chef de délégation" })).not.toBeChecked();
  await host.page.getByRole("button", { name: "Garder en brouillon" }).focus();
  await keyboard.press("Enter");
  await expect(host.page.getByRole("heading", { name: "Modifier la rencontre" })).toBeVisible();
  await expect(names.nth(1)).toHaveValue("Ambassadeur");
});

for (const locale of ["fr-FR", "en-GB"]) {
  test(`agenda, form and the next meeting have no serious fault of access and fit a phone (${locale})`, async ({ arrive, server }) => {
    const host = await arrive(HOST.name, { locale });
    await host.signIn();
    const start = new Date(Date.now() + 2 * 3_600_000).toISOString().slice(0, 16);
    const plan = {
      title: "Consultations politiques",
      start,
      minutes: 60,
      time_zone: "UTC",
      marking: "restricted",
      recurrence: { frequency: "weekly", count: 3 },
      parties: [
        { name: "Bénin", country: "BJ", seats: [{ name: "Awa", title: "Ministre", is_head: true }] },
        { name: "Inde", country: "IN", seats: [{ name: "Ravi", title: "Secrétaire", is_head: true }] },
      ],
    };
    const made = await host.context.request.post("/api/schedules", { headers: { origin: server.url }, data: plan });
    expect(made.status(), await made.text()).toBe(201);
    const { code } = (await made.json()) as { code: string };

    for (const viewport of [{ width: 1280, height: 900 }, PHONE]) {
      await host.page.setViewportSize(viewport);
      for (const path of ["/", "/agenda", "/agenda/new", `/agenda/${code}`, "/settings"]) {
        await host.page.goto(path);
        await expect(host.page.locator("h1")).toBeVisible();
        await expect(host.page.locator(".loading")).toHaveCount(0);
        if (path === "/") await expect(host.page.getByRole("heading", { name: "Consultations politiques" })).toBeVisible();
        if (path.startsWith("/agenda/")) await expect(host.page.locator(".invite")).toBeVisible();
        await hasGoodAccess(host.page);
        if (viewport === PHONE) await fits(host);
        const pictures = process.env["PICTURES"];
        if (pictures !== undefined) {
          const name = `${locale}-${viewport.width}-${path.replaceAll("/", "_").replace(code, "edit")}.png`;
          await host.page.screenshot({ path: `${pictures}/${name}`, fullPage: true });
        }
      }
    }
  });
}

interface PartyLine {
  name: string;
  country: string;
  who: string;
  email: string;
}

async function fillParty({ page }: Person, at: number, { name, country, who, email }: PartyLine): Promise<void> {
  const party = page.locator("fieldset.delegation").nth(at);
  await party.getByLabel("Nom", { exact: true }).first().fill(name);
  await party.getByLabel("Pays", { exact: true }).fill(country);
  await party.getByLabel("Nom", { exact: true }).nth(1).fill(who);
  await party.getByLabel("Courriel", { exact: true }).fill(email);
}
