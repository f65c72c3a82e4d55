//! What a caller leaves is heard in the browser, whether it was left by telephone or from another browser.

import { hasGoodAccess } from "./support/access.js";
import { dial, key, live } from "./support/calls.js";
import { ASIA, furnish, MINISTER, PASSWORD, plugIn, PROTOCOL } from "./support/house.js";
import type { Person } from "./support/person.js";
import { HOST, type Server } from "./support/server.js";
import { BEEP, listensFor, recordedAt, speaksFor } from "./support/speech.js";
import { expect, test } from "./support/test.js";
import { hums } from "./support/tones.js";

test("a message that was left is counted, played, and gone when it is deleted", async ({ arrive, server }) => {
  const { protocol, mailbox } = await absent(arrive, server);
  const phone = await plugIn(server, MINISTER.number, 440);
  const hangUp = await phone.call(PROTOCOL.number);
  await phone.hasHeard(BEEP);
  await phone.hums(3);
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
  await mailbox(null);
});

test("a browser hears the greeting and leaves a message with its voice in it", async ({ arrive, server }) => {
  const { admin, protocol, mailbox } = await absent(arrive, server);
  await admin.page.goto("/calls");
  const heard = await listensFor(admin, BEEP);
  await dial(admin, PROTOCOL.number);
  await expect(live(admin.page)).toContainText("Message vocal : parlez après le signal, dièse pour finir");
  await expect(live(admin.page)).toContainText(PROTOCOL.name);
  for (const word of ["Attente", "Transférer", "Ajouter"]) await expect(key(admin.page, word)).toBeDisabled();
  await hasGoodAccess(admin.page);
  await heard();
  await speaksFor(admin, 3);
  await key(admin.page, "Clavier").click();
  await admin.page.getByRole("group", { name: "Clavier téléphonique" }).last().getByRole("button", { name: "#" }).click();
  // It says that the message is kept, and hangs up.
  await expect(live(admin.page)).toContainText("Appel terminé");

  const calls = protocol.page.getByRole("link", { name: /^Appels/ }).first();
  await expect(calls).toHaveAccessibleName(/1 message vocal/);
  await calls.click();
  await protocol.page.getByRole("button", { name: /^Messagerie/ }).click();
  const sound = protocol.page.getByLabel(`Message de ${ASIA.name}`, { exact: true });
  await expect(sound).toBeVisible();
  const left = await recordedAt(sound, 440);
  expect(left.seconds).toBeGreaterThan(2.5);
  expect(left.seconds).toBeLessThan(20);
  expect(left.loudness).toBeGreaterThan(0.03);
  expect(left.share).toBeGreaterThan(0.8);

  // Whoever hangs up instead has left his message as well.
  const again = await listensFor(admin, BEEP);
  await admin.page.getByRole("button", { name: "Fermer", exact: true }).click();
  await dial(admin, PROTOCOL.number);
  await again();
  await speaksFor(admin, 2);
  await key(admin.page, "Raccrocher").click();
  await expect(calls).toHaveAccessibleName(/2 messages vocaux/);
  await mailbox(null);
});

/** The chief of protocol is there, hears it ring and does not answer; the director administers, and hums. */
async function absent(arrive: (name: string) => Promise<Person>, server: Server) {
  const admin = await arrive(ASIA.name);
  await hums(admin, 440);
  await admin.signInAs(HOST.email, HOST.password);
  await furnish(admin, server);
  const mailbox = async (after: number | null) => {
    const answer = await admin.context.request.patch(`/api/admin/extensions/${PROTOCOL.number}`, {
      headers: { origin: server.url },
      data: { voicemail_after: after },
    });
    expect(answer.ok()).toBe(true);
  };
  await mailbox(5);
  const protocol = await arrive(PROTOCOL.name);
  await protocol.signInAs(PROTOCOL.email, PASSWORD);
  await protocol.page.goto("/");
  return { admin, protocol, mailbox };
}

test("callers hear one's own greeting, recorded in the browser or brought as a file, until it is taken away", async ({ arrive, server }) => {
  const { admin, protocol, mailbox } = await absent(arrive, server);
  await hums(protocol, 1_250);
  await protocol.page.goto("/settings");
  const greeting = protocol.page.getByRole("region", { name: "Annonce de votre messagerie" });
  await expect(greeting).toContainText("Les appelants entendent l’annonce standard.");
  await greeting.getByRole("button", { name: "Enregistrer" }).click();
  await expect(greeting).toContainText("Parlez.");
  const began = await protocol.page.evaluate(() => performance.now());
  await expect.poll(() => protocol.page.evaluate(() => performance.now())).toBeGreaterThan(began + 4_000);
  await greeting.getByRole("button", { name: "Terminer" }).click();
  await expect(greeting).toContainText("Les appelants entendent votre annonce.");
  const recorded = await recordedAt(greeting.getByLabel("Annonce de votre messagerie", { exact: true }), 1_250);
  expect(recorded.seconds).toBeGreaterThan(3);
  expect(recorded.share).toBeGreaterThan(0.8);
  await hasGoodAccess(protocol.page);

  const phone = await plugIn(server, MINISTER.number, 440);
  const hangUp = await phone.call(PROTOCOL.number);
  await phone.hears(1_250);
  await phone.hasHeard(BEEP);
  await hangUp();
  phone.unplug();

  // A file takes its place; what is no sound, or too short, does not.
  protocol.excuse(/400/);
  const file = greeting.locator("input[type=file]");
  await file.setInputFiles({ name: "annonce.mp3", mimeType: "audio/mpeg", buffer: Buffer.from("rien") });
  await expect(greeting).toContainText("Ce son ne convient pas");
  await file.setInputFiles({ name: "court.wav", mimeType: "audio/wav", buffer: tone(700, 0.4) });
  await expect(greeting).toContainText("Ce son ne convient pas");
  await file.setInputFiles({ name: "annonce.wav", mimeType: "audio/wav", buffer: tone(700, 4) });
  await expect.poll(async () => {
    const sound = greeting.getByLabel("Annonce de votre messagerie", { exact: true });
    return (await recordedAt(sound, 700)).share;
  }).toBeGreaterThan(0.8);
  await admin.page.goto("/calls");
  const heard = await listensFor(admin, 700);
  await dial(admin, PROTOCOL.number);
  await heard();
  await key(admin.page, "Raccrocher").click();

  await greeting.getByRole("button", { name: "Revenir à l’annonce standard" }).click();
  await expect(greeting).toContainText("Les appelants entendent l’annonce standard.");
  await mailbox(null);
});

/** A WAV file of 44.1 kHz, as programs write them. */
function tone(hertz: number, seconds: number): Buffer {
  const rate = 44_100;
  const samples = Math.round(rate * seconds);
  const file = Buffer.alloc(44 + samples * 2);
  file.write("RIFF", 0);
  file.writeUInt32LE(file.length - 8, 4);
  file.write("WAVEfmt ", 8);
  for (const [at, value] of [[16, 16], [24, rate], [28, rate * 2], [40, samples * 2]] as const) file.writeUInt32LE(value, at);
  for (const [at, value] of [[20, 1], [22, 1], [32, 2], [34, 16]] as const) file.writeUInt16LE(value, at);
  file.write("data", 36);
  for (let i = 0; i < samples; i += 1) {
    file.writeInt16LE(Math.round(Math.sin((2 * Math.PI * hertz * i) / rate) * 8_000), 44 + i * 2);
  }
  return file;
}
