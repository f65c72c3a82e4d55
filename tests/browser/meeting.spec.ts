import { expectFlow, received } from "./support/media.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import type { Person } from "./support/person.js";

test("two browsers see and hear each other, and then a third", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("Consule générale");
  await host.enter(code);
  await guest.enter(code);

  await expect(host.tileOf("Consule générale")).toBeVisible();
  await expect(guest.tileOf(HOST.name)).toBeVisible();
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  await expectFlow(guest.page, { sounds: 1, pictures: 1 });

  const third = await arrive("Premier conseiller");
  await third.enter(code);
  for (const person of [host, guest, third]) await expectFlow(person.page, { sounds: 2, pictures: 2 });

  // One order for all: by arrival.
  for (const person of [host, guest, third]) {
    await expect(person.page.locator(".grid figure")).toHaveCount(3);
    expect(await seats(person)).toEqual([HOST.name, "Consule générale", "Premier conseiller"]);
  }

  await third.key("Quitter").click();
  await expect(third.page.getByRole("heading", { name: "Vous avez quitté la séance" })).toBeVisible();
  await expect(host.page.locator(".grid figure")).toHaveCount(2);
});

test("who speaks is ringed, on every screen", async ({ arrive }) => {
  const { host, guest } = await two(arrive);
  await guest.key("Micro ouvert").click();

  await expect(guest.tileOf(HOST.name)).toHaveClass(/speaks/);
  await expect(host.tileOf("Vous")).toHaveClass(/speaks/);
});

test("the picture sent follows the size of its tile", async ({ arrive }) => {
  const { guest } = await two(arrive);
  const height = async () => Math.max(...(await received(guest.page)).pictures.map((picture) => picture.height));

  await expect.poll(height, { timeout: 30_000 }).toBe(360);

  // Small screens show who speaks large, unless another arrangement was chosen.
  for (const layout of ["Orateur", "Grille"]) await guest.page.getByRole("radio", { name: layout }).click();
  await guest.page.setViewportSize({ width: 320, height: 480 });
  await expect.poll(height, { timeout: 30_000 }).toBe(180);

  await guest.page.setViewportSize({ width: 1280, height: 720 });
  await expect.poll(height, { timeout: 30_000 }).toBe(360);
});

test("a shown screen is seen by the others, whole and in front", async ({ arrive }) => {
  const { host, guest } = await two(arrive);

  await host.key("Présenter").click();
  const screen = guest.page.locator("[data-share] video");
  await expect(screen).toBeVisible();
  await expect(guest.page.getByText(`${HOST.name} présente`)).toBeVisible();
  await expect(host.page.getByText("Vous présentez votre écran")).toBeVisible();
  await expect
    .poll(() => screen.evaluate((video: HTMLVideoElement) => video.videoWidth > 0 && video.currentTime > 0))
    .toBe(true);
  await expectFlow(guest.page, { sounds: 2, pictures: 2 });

  await host.page.getByRole("button", { name: "Arrêter" }).click();
  await expect(screen).toHaveCount(0);
  await expect(guest.tileOf(HOST.name)).toBeVisible();
});

test("a message reaches everybody, and counts as unread until the panel opens", async ({ arrive }) => {
  const { host, guest } = await two(arrive);

  await host.openMessages();
  await host.say("Bonjour à tous");
  await expect(host.page.getByRole("log", { name: "Messages de la séance" })).toContainText("Bonjour à tous");

  await expect(guest.key("Messages 1 message non lu")).toBeVisible();
  await guest.openMessages();
  await expect(guest.page.getByRole("log", { name: "Messages de la séance" })).toContainText("Bonjour à tous");
  await expect(guest.page.getByRole("log", { name: "Messages de la séance" })).toContainText(HOST.name);
  await expect(guest.key(/^Messages$/)).toBeVisible();

  await guest.say("Bien reçu <b>merci</b>");
  await expect(host.page.getByRole("log", { name: "Messages de la séance" })).toContainText("Bien reçu <b>merci</b>");
});

test("a muted microphone and a closed camera show everywhere", async ({ arrive }) => {
  const { host, guest } = await two(arrive);

  await guest.key("Micro ouvert").click();
  await expect(guest.key("Micro coupé")).toBeVisible();
  await expect(host.tileOf("Consule générale").getByLabel("micro coupé")).toBeVisible();
  await host.openPeople();
  await expect(host.rowOf("Consule générale").getByLabel("micro coupé")).toBeVisible();

  await guest.key("Caméra").click();
  await expect(host.tileOf("Consule générale").locator("video")).toHaveCount(0);

  await guest.key("Micro coupé").click();
  await expect(host.tileOf("Consule générale").getByLabel("micro coupé")).toHaveCount(0);
  await guest.key("Caméra coupée").click();
  await expect(host.tileOf("Consule générale").locator("video")).toBeVisible();
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
});

test("a host mutes somebody, who is told and may speak again", async ({ arrive }) => {
  const { host, guest } = await two(arrive);

  await host.openPeople();
  await host.page.getByRole("button", { name: "Actions pour Consule générale" }).click();
  await host.page.getByRole("menuitem", { name: "Couper son micro" }).click();

  await expect(guest.key("Micro coupé")).toBeVisible();
  await expect(guest.page.getByText("Un hôte a coupé votre micro.")).toBeVisible();
  await expect(host.tileOf("Consule générale").getByLabel("micro coupé")).toBeVisible();

  await guest.key("Micro coupé").click();
  await expect(host.tileOf("Consule générale").getByLabel("micro coupé")).toHaveCount(0);
});

test("raised hands queue in order, and go down again", async ({ arrive }) => {
  const { host, guest } = await two(arrive);

  await guest.key("Demander la parole").click();
  await expect(host.tileOf("Consule générale").getByText("Consule générale demande la parole")).toBeAttached();
  await host.key("Demander la parole").click();
  await expect(guest.tileOf(HOST.name).locator(".corner")).toContainText("2");
  await host.openPeople();
  await expect(host.page.getByRole("heading", { name: "Demandes de parole 2" })).toBeVisible();

  await guest.key("Baisser la main").click();
  await expect(host.page.getByRole("heading", { name: "Demandes de parole 1" })).toBeVisible();
  await expect(guest.tileOf(HOST.name).locator(".corner")).toContainText("1");
});

test("a host removes somebody, who cannot come back", async ({ arrive }) => {
  const { host, guest, code } = await two(arrive);
  // The door's refusal is an HTTP status, and browsers log each of those by themselves.
  guest.excuse(/status of 403 .*\/join\)$/);

  await host.openPeople();
  await host.page.getByRole("button", { name: "Actions pour Consule générale" }).click();
  await host.page.getByRole("menuitem", { name: "Retirer de la séance" }).click();
  await host.page.getByRole("alertdialog").getByRole("button", { name: "Retirer de la séance" }).click();

  await expect(guest.page.getByRole("heading", { name: "Vous n’êtes plus en séance" })).toBeVisible();
  await expect(host.tileOf("Consule générale")).toHaveCount(0);
  await expect(host.page.locator(".grid figure")).toHaveCount(1);

  await guest.prepare(code);
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await expect(guest.page.getByRole("alert")).toHaveText("L’hôte a mis fin à votre participation à cette rencontre.");
});

test("a host ends the session for everybody", async ({ arrive }) => {
  const { host, guest } = await two(arrive);

  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Clore la séance" }).click();
  // What is near at hand harms nobody.
  await expect(host.page.getByRole("alertdialog").getByRole("button", { name: "Annuler" })).toBeFocused();
  await host.page.getByRole("alertdialog").getByRole("button", { name: "Clore la séance" }).click();

  await expect(guest.page.getByRole("heading", { name: "La séance est close" })).toBeVisible();
  await expect(host.page.getByRole("heading", { name: "La séance est close" })).toBeVisible();
});

test("the same account in a second page takes the seat over", async ({ arrive }) => {
  const { host, guest, code } = await two(arrive);
  const again = await arrive(HOST.name);
  await again.signIn();
  await again.enter(code);

  await expect(host.page.getByRole("heading", { name: "Séance ouverte ailleurs" })).toBeVisible();
  await expect(guest.page.locator(".grid figure")).toHaveCount(2);
  await expectFlow(guest.page, { sounds: 1, pictures: 1 });
});

test("somebody without camera and with the microphone closed is in session all the same", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.enter(code);

  const guest = await arrive("Attaché de presse");
  await guest.prepare(code);
  await guest.page.getByRole("button", { name: /^Micro/ }).click();
  await guest.page.getByRole("button", { name: /^Caméra/ }).click();
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await guest.isInside();

  await expect(host.tileOf("Attaché de presse").getByLabel("micro coupé")).toBeVisible();
  await expect(host.tileOf("Attaché de presse").locator("video")).toHaveCount(0);
  await expectFlow(guest.page, { sounds: 1, pictures: 1 });
});

test("sound that the browser holds back is turned on by one key", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.enter(code);
  const guest = await arrive("Consule générale");
  // As a browser does that has seen no gesture: sound may not start until a key is pressed.
  await guest.page.addInitScript(() => {
    let gesture = false;
    addEventListener("click", (event) => (gesture ||= (event.target as Element).textContent === "Activer le son"), true);
    const play = HTMLAudioElement.prototype.play;
    HTMLAudioElement.prototype.play = function (this: HTMLAudioElement) {
      return gesture ? play.call(this) : Promise.reject(new DOMException("no gesture", "NotAllowedError"));
    };
  });
  await guest.enter(code);

  await expect(guest.page.getByText("Le navigateur retient le son.")).toBeVisible();
  await guest.page.getByRole("button", { name: "Activer le son" }).click();
  await expect(guest.page.getByText("Le navigateur retient le son.")).toHaveCount(0);
  await expectFlow(guest.page, { sounds: 1, pictures: 1 });
});

test("another camera can be taken in the middle of a session", async ({ arrive }) => {
  const { host, guest } = await two(arrive);
  const sent = () =>
    guest.page.evaluate(() =>
      window.peers.flatMap((peer) =>
        peer.getSenders().flatMap(({ track }) => (track?.kind === "video" && track.readyState === "live" ? track.label : [])),
      ),
    );
  const [first] = await sent();

  await guest.key("Choisir la caméra").click();
  const others = guest.page.getByRole("menuitemradio", { checked: false });
  await others.last().click();

  await expect.poll(async () => (await sent()).filter((label) => label !== first).length).toBe(1);
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
});

async function two(arrive: (name: string) => Promise<Person>): Promise<{ host: Person; guest: Person; code: string }> {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("Consule générale");
  await host.enter(code);
  await guest.enter(code);
  await expect(host.tileOf("Consule générale").locator("video")).toBeVisible();
  await expect(guest.tileOf(HOST.name).locator("video")).toBeVisible();
  return { host, guest, code };
}

/** The names on the plates, in order, oneself by the own name. */
async function seats(person: Person): Promise<string[]> {
  const plates = await person.page.locator(".grid .plate").allInnerTexts();
  return plates.map((plate) => (plate.trim() === "Vous" ? person.name : plate.trim()));
}
