//! Telephones and meetings, as far as a browser shows them: the number and the PIN, and calls out of a meeting.

import { cardOf } from "./support/calls.js";
import { ASIA, furnish, MINISTER, PASSWORD, plugIn } from "./support/house.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hearsNoMore, hums } from "./support/tones.js";

test("the invitation says by which number and PIN a telephone comes in", async ({ arrive, server }) => {
  const host = await arrive(ASIA.name);
  await host.signInAs(HOST.email, HOST.password);
  await furnish(host, server);
  const code = await host.makeMeeting("Commission mixte", false);
  await host.page.goto("/");
  await expect(host.page.getByText(/Par téléphone : 8000, code PIN \d{4}\s\d{4}/).first()).toBeVisible();

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

test("a telephone comes in by PIN, waits, is let in, seen as what it is, heard, muted and sent away", async ({ arrive, server }) => {
  const host = await arrive(ASIA.name);
  await hums(host, 440);
  await host.signInAs(HOST.email, HOST.password);
  await furnish(host, server);
  const code = await host.makeMeeting("Commission mixte", true);
  const { dial_in } = (await (await host.context.request.get(`/api/meetings/${code}`)).json()) as { dial_in: { pin: string } };
  await host.enter(code);
  const phone = await plugIn(server, MINISTER.number, 1_250);

  const hangUp = await phone.call("8000");
  await phone.isSpokenTo();
  phone.press(`${dial_in.pin}#`);

  // A phone of the house is known: it is not kept waiting.
  const tile = host.tileOf(MINISTER.name);
  await expect(tile).toContainText("Par téléphone");
  await expect(tile).toContainText(`${MINISTER.post}, poste ${MINISTER.number}`);
  await hears(host, 1_250, [440]);
  await phone.hears(440, [1_250]);
  await expect(tile).toHaveClass(/speaks/);
  await host.openPeople();
  await expect(host.rowOf(MINISTER.name)).toContainText("Par téléphone");

  phone.press("*5");
  await expect(host.page.getByText(`Demandes de parole 1`)).toBeVisible();
  phone.press("*0");
  await expect(host.page.getByText(`${MINISTER.name} souhaite parler à l’hôte`)).toBeVisible();
  await host.rowOf(MINISTER.name).getByRole("button", { name: `Actions pour ${MINISTER.name}` }).click();
  await host.page.getByRole("menuitem", { name: "Couper son micro" }).click();
  await expect(tile.getByRole("img", { name: "micro coupé" })).toBeVisible();
  await hearsNoMore(host, 1_250);
  phone.press("*6");
  await hears(host, 1_250);

  await hangUp();
  await expect(tile).toHaveCount(0);
  phone.unplug();
});

test("a host calls somebody into the meeting and is told how it goes", async ({ arrive, server }) => {
  const host = await arrive(ASIA.name);
  await host.signInAs(HOST.email, HOST.password);
  await furnish(host, server);
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

test("who asks to be called goes on by telephone under the own name, with the computer's microphone shut", async ({ arrive, server }) => {
  const host = await arrive(ASIA.name);
  await hums(host, 440);
  await host.signInAs(HOST.email, HOST.password);
  await furnish(host, server);
  const code = await host.makeMeeting("Commission mixte", false);
  await host.enter(code);
  const minister = await arrive(MINISTER.name);
  await hums(minister, 2_100);
  await minister.signInAs(MINISTER.email, PASSWORD);
  await minister.enter(code);
  // Where somebody works is on the tile and in the list, of browsers as of telephones.
  await expect(host.tileOf(MINISTER.name)).toContainText(`${MINISTER.post}, poste ${MINISTER.number}`);
  await host.openPeople();
  await expect(host.rowOf(MINISTER.name)).toContainText(`${MINISTER.post}, poste ${MINISTER.number}`);
  await hears(host, 2_100, [440]);
  const phone = await plugIn(server, MINISTER.number, 1_250);

  await minister.openPeople();
  const byPhone = minister.page.getByRole("region", { name: "Par téléphone" });
  await byPhone.getByRole("combobox", { name: "Appelez-moi au" }).fill(MINISTER.number);
  await minister.page.getByRole("option", { name: new RegExp(MINISTER.name) }).click();
  await byPhone.getByRole("button", { name: "M’appeler" }).click();
  await expect.poll(() => phone.rings, { message: "the desk phone must ring" }).toBe(true);
  expect(phone.caller).toContain("Commission mixte");
  await expect(cardOf(minister.page, "Commission mixte"), "it does not ring where one has pressed the key").toHaveCount(0);
  await expect(byPhone).toContainText("Ça sonne");
  phone.pickUp();

  const seat = host.rowOf(MINISTER.name).filter({ hasText: "Par téléphone" });
  await expect(seat).toContainText(`Par téléphone, ${MINISTER.post}, poste ${MINISTER.number}`);
  await expect(minister.page.getByText("Vous parlez par téléphone. Le micro de cet ordinateur est coupé.")).toBeVisible();
  await hears(host, 1_250, [440]);
  await hearsNoMore(host, 2_100);
  await phone.hears(440, [1_250, 2_100]);

  // Whoever wants to be heard from the computer all the same has the choice, and keeps it.
  await minister.key("Micro coupé").click();
  await hears(host, 2_100);
  await seat.getByRole("button", { name: `Actions pour ${MINISTER.name}` }).click();
  await host.page.getByRole("menuitem", { name: "Retirer de la séance" }).click();
  await host.page.getByRole("alertdialog").getByRole("button", { name: "Retirer de la séance" }).click();
  await expect(seat).toHaveCount(0);
  await expect.poll(() => phone.talks, { message: "the phone is told, and hung up" }).toBe(false);
  await hearsNoMore(host, 1_250);
  await hears(host, 2_100);
  phone.unplug();
});
