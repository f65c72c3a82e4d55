//! Browsers and desk phones call each other, and ring together.

import { ASIA, furnish, MAIL_ROOM, MINISTER, PASSWORD, plugIn, PROTOCOL } from "./support/house.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hums } from "./support/tones.js";
import { cardOf, dial, key, lastCall, live } from "./support/calls.js";

// None is near a harmonic of another, which G.711 makes of a pure tone, also where it is folded at 8 kHz.
const BROWSER = 440;
const PHONE = 1_250;
const OTHER_PHONE = 700;
const THIRD = 2_060;

test("a phone calls a browser, and both hear each other", async ({ arrive, server }) => {
  const director = await arrive(ASIA.name);
  await hums(director, BROWSER);
  await director.signInAs(HOST.email, HOST.password);
  await furnish(director, server);
  const phone = await plugIn(server, MINISTER.number, PHONE);
  await director.page.goto("/");
  // From here on it rings in the browser.
  await expect(director.page.getByText(`poste ${ASIA.number}`)).toBeVisible();

  const calling = phone.call(ASIA.number);
  const card = cardOf(director.page, MINISTER.name);
  await expect(card).toContainText(`vous appelle, poste ${MINISTER.number}`);
  await card.getByRole("button", { name: "Répondre" }).click();
  const hangUp = await calling;

  await expect(live(director.page)).toContainText("Par téléphone");
  await hears(director, PHONE, [BROWSER]);
  await phone.hears(BROWSER, [PHONE]);
  await hangUp();
  await expect(live(director.page)).toContainText("Appel terminé");
  phone.unplug();
});

test("a browser calls a phone, which rings, is answered and hangs up", async ({ arrive, server }) => {
  const director = await arrive(ASIA.name);
  await hums(director, BROWSER);
  await director.signInAs(HOST.email, HOST.password);
  await furnish(director, server);
  const phone = await plugIn(server, MINISTER.number, PHONE);

  await dial(director, MINISTER.number);
  await expect.poll(() => phone.rings).toBe(true);
  expect(phone.caller).toContain(ASIA.name);
  await expect(live(director.page)).toContainText("Ça sonne");
  phone.pickUp();

  await expect(live(director.page)).toContainText("En communication");
  await hears(director, PHONE, [BROWSER]);
  await phone.hears(BROWSER, [PHONE]);
  await key(director.page, "Clavier").click();
  await director.page.getByRole("group", { name: "Clavier téléphonique" }).last().getByRole("button", { name: "5" }).click();
  await expect(live(director.page)).toContainText("Touches envoyées : 5");
  await expect.poll(() => phone.keysHeard, { message: "the key must reach the phone" }).toBe("5");

  await key(director.page, "Raccrocher").click();
  await expect.poll(() => phone.talks).toBe(false);
  phone.unplug();
});

test("the phone and the browser of an extension ring together, and the phone answers", async ({ arrive, server }) => {
  const director = await arrive(ASIA.name);
  await hums(director, BROWSER);
  await director.signInAs(HOST.email, HOST.password);
  await furnish(director, server);
  const minister = await arrive(MINISTER.name);
  await minister.signInAs(MINISTER.email, PASSWORD);
  await minister.page.goto("/calls");
  const phone = await plugIn(server, MINISTER.number, PHONE);

  await dial(director, MINISTER.number);
  await expect(cardOf(minister.page, ASIA.name)).toBeVisible();
  await expect.poll(() => phone.rings).toBe(true);
  phone.pickUp();

  await expect(cardOf(minister.page, ASIA.name)).toHaveCount(0);
  await hears(director, PHONE, [BROWSER]);
  await key(director.page, "Raccrocher").click();
  await expect.poll(() => phone.talks).toBe(false);
  // It was answered on the other device of the same person: nothing was missed.
  await expect(lastCall(minister.page)).toHaveAccessibleName(new RegExp(`^Appel reçu, Appeler ${ASIA.name}`));
  await expect(minister.page.getByRole("link", { name: /^Appels/ }).first()).toHaveAccessibleName("Appels");
  phone.unplug();
});

test("two phones and a browser that were brought together go on without who has called them, until one is left", async ({ arrive, server }) => {
  const director = await arrive(ASIA.name);
  await hums(director, BROWSER);
  await director.signInAs(HOST.email, HOST.password);
  await furnish(director, server);
  const protocol = await arrive(PROTOCOL.name);
  await hums(protocol, THIRD);
  await protocol.signInAs(PROTOCOL.email, PASSWORD);
  await protocol.page.goto("/calls");
  const minister = await plugIn(server, MINISTER.number, PHONE);
  const mailRoom = await plugIn(server, MAIL_ROOM.number, OTHER_PHONE);

  await dial(director, MINISTER.number);
  await expect.poll(() => minister.rings).toBe(true);
  minister.pickUp();
  await expect(live(director.page)).toContainText("En communication");
  const dialog = director.page.getByRole("dialog", { name: "Ajouter une personne" });
  for (const { name, number } of [MAIL_ROOM, PROTOCOL]) {
    await key(director.page, "Ajouter").click();
    await dialog.getByRole("combobox").fill(number);
    await director.page.getByRole("option", { name: new RegExp(name) }).click();
    await dialog.getByRole("button", { name: "Appeler" }).click();
    if (number === MAIL_ROOM.number) {
      await expect.poll(() => mailRoom.rings).toBe(true);
      mailRoom.pickUp();
      await mailRoom.hears(PHONE, [OTHER_PHONE]);
    }
  }
  await cardOf(protocol.page, ASIA.name).getByRole("button", { name: "Répondre" }).click();
  await hears(protocol, OTHER_PHONE, [THIRD]);

  await key(director.page, "Raccrocher").click();

  await expect(live(director.page)).toContainText("Appel terminé");
  await expect(live(protocol.page)).toContainText(`${MINISTER.name}, ${MAIL_ROOM.name}`);
  await minister.hears(OTHER_PHONE, [PHONE, BROWSER]);
  await minister.hears(THIRD);
  await mailRoom.hears(PHONE, [OTHER_PHONE, BROWSER]);
  await hears(protocol, PHONE, [THIRD, BROWSER]);
  await hears(protocol, OTHER_PHONE);

  mailRoom.hangUp();
  await minister.hears(THIRD, [OTHER_PHONE]);
  await expect(live(protocol.page)).toContainText(MINISTER.name);
  await expect(live(protocol.page)).not.toContainText(MAIL_ROOM.name);
  await key(protocol.page, "Raccrocher").click();
  await expect.poll(() => minister.talks).toBe(false);
  for (const phone of [minister, mailRoom]) phone.unplug();
});
