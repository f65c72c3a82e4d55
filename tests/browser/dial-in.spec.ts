//! Telephones and meetings, as far as a browser shows them: the number and the PIN, and calls out of a meeting.

import { ASIA, furnish, MINISTER, PASSWORD } from "./support/house.js";
import { cardOf } from "./support/calls.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

test("the invitation says by which number and PIN a telephone comes in", async ({ arrive, server }) => {
  const host = await arrive(ASIA.name);
  await host.signInAs(HOST.email, HOST.password);
  await furnish(host, server.url);
  const code = await host.makeMeeting("Commission mixte", false);
  await host.page.goto("/");
  await expect(host.page.getByText(/Par téléphone : 8000, code PIN \d{4}\s\d{4}/)).toBeVisible();

  await host.enter(code);
  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Inviter" }).click();
  const panel = host.page.getByRole("complementary", { name: "Inviter" });
  await expect(panel).toContainText("8000");
  const pin = await panel.getByText(/^\d{4}\s\d{4}$/).innerText();
  await panel.getByRole("button", { name: "Changer le code PIN" }).click();
  await expect(panel.getByText(/^\d{4}\s\d{4}$/)).not.toHaveText(pin);
  await panel.getByRole("button", { name: "Copier l’invitation" }).click();
  await expect(panel.getByText("Invitation copiée")).toBeVisible();
  const copied = await host.page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toMatch(/^Commission mixte\nhttp.*\/m\/[a-z-]+\nPar téléphone : 8000, code PIN \d{4}\s\d{4}$/);

  const guest = await arrive("Invitée");
  await guest.page.goto(`/m/${code}`);
  await expect(guest.page.getByText("8000")).toHaveCount(0);
});

test("a host calls somebody into the meeting and is told how it goes", async ({ arrive, server }) => {
  const host = await arrive(ASIA.name);
  await host.signInAs(HOST.email, HOST.password);
  await furnish(host, server.url);
  const minister = await arrive(MINISTER.name);
  await minister.signInAs(MINISTER.email, PASSWORD);
  await minister.page.goto("/");
  const code = await host.makeMeeting("Commission mixte", true);
  await host.enter(code);
  await host.openPeople();
  const byPhone = host.page.getByRole("region", { name: "Par téléphone" });
  const call = async () => {
    await byPhone.getByRole("combobox", { name: "Appeler un numéro" }).fill(MINISTER.number);
    await host.page.getByRole("option", { name: new RegExp(MINISTER.name) }).click();
    await byPhone.getByRole("button", { name: "Appeler", exact: true }).click();
  };

  await call();
  await expect(byPhone).toContainText("Ça sonne");
  await cardOf(minister.page, ASIA.name).getByRole("button", { name: "Refuser" }).click();
  await expect(byPhone).toContainText("Appel refusé");

  // Whoever answers enters by the door, which is open for whom the host has called.
  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Verrouiller la salle" }).click();
  await call();
  await cardOf(minister.page, ASIA.name).getByRole("button", { name: "Répondre" }).click();
  await expect(minister.page).toHaveURL(new RegExp(`/m/${code}`));
  await minister.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await minister.isInside();
  await expect(host.tileOf(MINISTER.name)).toBeVisible();
});
