//! What a caller leaves is heard in the browser.

import { ASIA, furnish, MINISTER, PASSWORD, plugIn, PROTOCOL } from "./support/house.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

test("a message that was left is counted, played, and gone when it is deleted", async ({ arrive, server }) => {
  const admin = await arrive(ASIA.name);
  await admin.signInAs(HOST.email, HOST.password);
  await furnish(admin, server);
  const mailbox = (after: number | null) =>
    admin.context.request.patch(`/api/admin/extensions/${PROTOCOL.number}`, {
      headers: { origin: server.url },
      data: { voicemail_after: after },
    });
  expect((await mailbox(5)).ok()).toBe(true);
  const protocol = await arrive(PROTOCOL.name);
  await protocol.signInAs(PROTOCOL.email, PASSWORD);
  await protocol.page.goto("/");

  const phone = await plugIn(server, MINISTER.number, 440);
  const hangUp = await phone.call(PROTOCOL.number);
  await phone.isSpokenTo();
  // The greeting, the beep, and some seconds of message.
  await protocol.page.waitForTimeout(12_000);
  await hangUp();
  phone.unplug();

  const calls = protocol.page.getByRole("link", { name: /^Appels/ }).first();
  await expect(calls).toHaveAccessibleName(/1 message vocal/);
  await calls.click();
  await protocol.page.getByRole("button", { name: /^Messagerie/ }).click();
  const sound = protocol.page.getByLabel(`Message de ${MINISTER.name}`, { exact: true });
  await expect(sound).toBeVisible();
  const length = await sound.evaluate(async (audio: HTMLAudioElement) => {
    audio.muted = true;
    await audio.play();
    // To its end at once: what counts is that it is sound, and that its end is told.
    audio.playbackRate = 8;
    await new Promise((resolve) => audio.addEventListener("ended", resolve, { once: true }));
    return audio.duration;
  });
  expect(length).toBeGreaterThan(1);
  await expect(calls).toHaveAccessibleName("Appels");

  await protocol.page.getByRole("button", { name: `Supprimer le message de ${MINISTER.name}` }).click();
  await expect(protocol.page.getByText("Aucun message vocal.")).toBeVisible();
  expect((await mailbox(null)).ok()).toBe(true);
});
