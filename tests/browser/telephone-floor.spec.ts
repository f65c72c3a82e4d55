//! A telephone at a table with a chair: it hears that it has the floor, opens its microphone by a key, and everybody sees
//! that it is there, and that its sound is not encrypted.

import { hasGoodAccess } from "./support/access.js";
import { ASIA, furnish, MINISTER, plugIn } from "./support/house.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hearsNoMore } from "./support/tones.js";

test("a telephone is told that it has the floor, and the badge tells of the telephone", async ({
  arrive,
  server,
}, info) => {
  const host = await arrive(ASIA.name);
  await host.signInAs(HOST.email, HOST.password);
  await furnish(host, server);
  const code = await host.makeMeeting("Commission mixte", false);
  const { dial_in } = (await (
    await host.context.request.get(`/api/meetings/${code}`)
  ).json()) as { dial_in: { pin: string } };
  await host.enter(code);
  await expect(
    host.page.getByRole("button", { name: "Entre nous" }),
  ).toBeVisible();
  await host.key("Micro ouvert").click();

  const phone = await plugIn(server, MINISTER.number, 1_250);
  const hangUp = await phone.call("8000");
  await phone.isSpokenTo();
  phone.press(`${dial_in.pin}#`);
  await hears(host, 1_250);
  await host.page
    .getByRole("button", { name: "1 téléphone, 1 non chiffré" })
    .click();
  const card = host.page.getByRole("dialog", { name: "Qui peut entendre" });
  await expect(card).toContainText("Leur son passe en clair");
  await expect(card.getByRole("listitem")).toHaveText([
    MINISTER.name,
    MINISTER.name,
  ]);
  await hasGoodAccess(host.page);
  await host.page.screenshot({ path: info.outputPath("security.png") });
  await host.page.keyboard.press("Escape");

  await host.key("Parole").click();
  const panel = host.page.getByRole("complementary", { name: "Parole" });
  await panel.getByRole("button", { name: "Présider la séance" }).click();
  await hearsNoMore(host, 1_250);
  phone.press("*5");
  await expect(panel.getByRole("listitem")).toContainText([MINISTER.name]);
  await phone.isSpokenToNoMore();
  await panel
    .getByRole("button", { name: `Donner la parole à ${MINISTER.name}` })
    .click();
  await phone.isSpokenTo();
  phone.press("*6");
  await hears(host, 1_250);

  await phone.isSpokenToNoMore();
  await panel
    .getByRole("button", { name: `Clore l’intervention : ${MINISTER.name}` })
    .click();
  await phone.isSpokenTo();
  await hearsNoMore(host, 1_250);

  await hangUp();
  await expect(
    host.page.getByRole("button", { name: "Entre nous" }),
  ).toBeVisible();
});
