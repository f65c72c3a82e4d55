//! Browsers and desk phones call each other, and ring together.

import { ASIA, furnish, MINISTER, PASSWORD, plugIn } from "./support/house.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hums } from "./support/tones.js";
import { cardOf, dial, key, lastCall, live } from "./support/calls.js";

const BROWSER = 440;
const PHONE = 1_250;

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
