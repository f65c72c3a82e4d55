//! What somebody needs before the meeting: what the link bears, what is wrong with a device, and how to give up pictures.

import { expectFlow, moving, received } from "./support/media.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

declare global {
  interface Window {
    /** Ends the silence of the microphone. */
    speak: () => void;
  }
}

test("on a good link the test says so, and its report can be sent to whoever keeps the network", async ({ arrive }) => {
  const officer = await arrive("Informaticien");
  await officer.page.goto("/sign-in");
  await officer.page.getByRole("link", { name: "Tester la liaison" }).click();
  await officer.page.getByRole("button", { name: "Commencer l’essai" }).click();

  const verdict = officer.page.getByRole("heading", { level: 2 });
  await expect(verdict).toHaveText("Votre liaison suffit pour le son et l’image.", { timeout: 60_000 });
  const outcome = (step: string) => officer.page.locator(`[data-step="${step}"]`).getAttribute("data-outcome");
  for (const step of ["browser", "devices", "signalling", "udp", "tcp", "throughput", "quality"]) {
    expect(await outcome(step), step).toBe("good");
  }

  await officer.page.getByRole("button", { name: "Copier le rapport" }).click();
  await expect(officer.page.getByText("Rapport copié")).toBeVisible();
  const report = await officer.page.evaluate(() => navigator.clipboard.readText());
  console.log(report.replace(/^/gm, "    "));
  expect(report).toMatch(/^Palabre, essai de la liaison\n\d{4}-/);
  expect(report).toMatch(/Aller-retour\s: \d+\sms/);
  expect(report, "no token leaves the page").not.toContain("eyJ");
  // Nobody stays in the room.
  await expect
    .poll(() => officer.page.evaluate(() => window.peers.every((peer) => peer.connectionState === "closed")))
    .toBe(true);
});

test("a refused microphone comes with the steps that open it", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("Consule générale");
  await guest.page.addInitScript(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (wanted) =>
      wanted?.audio ? Promise.reject(new DOMException("Permission denied", "NotAllowedError")) : open(wanted);
  });
  await guest.prepare(code);

  const help = guest.page.getByRole("region", { name: "Autoriser le micro et la caméra dans Chrome" });
  await expect(help.getByRole("listitem")).toHaveCount(3);
  await expect(guest.page.getByText("Le navigateur refuse l’accès.")).toBeVisible();

  await guest.page.getByRole("link", { name: "Tester la liaison" }).click();
  await guest.page.getByRole("button", { name: "Commencer l’essai" }).click();
  await expect(guest.page.locator('[data-step="devices"]')).toContainText("refusé par le navigateur");
  await expect(help).toBeVisible({ timeout: 60_000 });
});

test("a microphone from which nothing comes is told, until something does", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("Consule générale");
  await guest.page.addInitScript(() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      const stream = wanted?.video ? await open({ video: wanted.video }) : new MediaStream();
      const context = new AudioContext();
      const output = context.createMediaStreamDestination();
      const voice = context.createOscillator();
      const volume = context.createGain();
      volume.gain.value = 0;
      voice.connect(volume).connect(output);
      voice.start();
      window.speak = () => (volume.gain.value = 0.2);
      output.stream.getAudioTracks().forEach((track) => stream.addTrack(track));
      return stream;
    };
  });
  await guest.prepare(code);
  const told = guest.page.getByText("Rien ne vient du micro.");

  await expect(told).toBeVisible({ timeout: 15_000 });
  await guest.page.evaluate(() => window.speak());
  await expect(told).toHaveCount(0);

  await guest.page.getByRole("button", { name: "Écouter un essai" }).click();
  await expect(guest.page.getByText("Vous n’entendez rien")).toBeVisible();
});

test("with sound only no camera is sent or received, but voices and screens are", async ({ arrive }) => {
  const { host, guest, code } = await hostInside(arrive);
  await guest.prepare(code);
  await guest.page.getByRole("checkbox", { name: "Son seulement" }).check();
  await expect(guest.page.getByText("garde la caméra coupée")).toBeVisible();
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await guest.isInside();

  await expect(guest.page.getByText("aucune caméra n’est envoyée ni reçue. À changer")).toBeVisible();
  await expectFlow(guest.page, { sounds: 1, pictures: 0 });
  await expectFlow(host.page, { sounds: 1, pictures: 0 });
  await expect(guest.page.locator("figure video")).toHaveCount(0);
  expect(await framesWithin(guest, 3_000)).toBe(0);

  await host.key("Présenter").click();
  await expect(guest.page.locator("[data-share] video")).toBeVisible();
  await expect.poll(() => framesWithin(guest, 1_000), { timeout: 20_000 }).toBeGreaterThan(0);
  await host.page.getByRole("button", { name: "Arrêter" }).click();

  await spare(guest, "Son seulement");
  await expect(guest.page.getByText("Les caméras sont rétablies.")).toBeVisible();
  for (const person of [host, guest]) await expectFlow(person.page, { sounds: 1, pictures: 1 });

  await spare(guest, "Son seulement");
  for (const person of [host, guest]) await expectFlow(person.page, { sounds: 1, pictures: 0 });
  await guest.key("Caméra coupée").click();
  await expect(guest.page.getByText("aucune caméra n’est envoyée ni reçue. À changer")).toBeVisible();
});

test("who saves data sends and receives the smallest pictures", async ({ arrive }) => {
  const { host, guest, code } = await hostInside(arrive);
  await guest.enter(code);
  await expect.poll(() => height(guest), { timeout: 30_000 }).toBe(360);

  await spare(guest, "Économiser les données");

  await expect.poll(() => height(guest), { timeout: 30_000 }).toBe(180);
  await expect.poll(() => height(host), { timeout: 30_000 }).toBe(180);
  for (const person of [host, guest]) await expectFlow(person.page, { sounds: 1, pictures: 1 });

  await spare(guest, "Économiser les données");
  for (const person of [host, guest]) await expect.poll(() => height(person), { timeout: 30_000 }).toBe(360);
});

async function hostInside(arrive: (name: string) => Promise<Person>): Promise<{ host: Person; guest: Person; code: string }> {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("Consule générale");
  await host.enter(code);
  return { host, guest, code };
}

async function spare(person: Person, what: string): Promise<void> {
  const panel = await person.openSettings();
  await panel.getByRole("checkbox", { name: new RegExp(`^${what}`) }).click();
  await person.page.keyboard.press("Escape");
}

/** The height of the picture that comes in now. */
async function height(person: Person): Promise<number> {
  return Math.max(0, ...(await moving(person.page, 500)).map((picture) => picture.height));
}

/** How many pictures come in during some milliseconds. */
async function framesWithin(person: Person, milliseconds: number): Promise<number> {
  const sum = async () => (await received(person.page)).pictures.reduce((all, { frames }) => all + frames, 0);
  const before = await sum();
  await person.page.waitForTimeout(milliseconds);
  return (await sum()) - before;
}
