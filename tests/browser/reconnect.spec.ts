import { CUT } from "./support/cut.js";
import { expectFlow, received } from "./support/media.js";
import type { Person } from "./support/person.js";
import type { Line } from "./support/proxy.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hums } from "./support/tones.js";

// Four browsers at once in one of them: a click waits until the machine has time for it.
test.use({ actionTimeout: 40_000 });

test("a cut of signalling is mended without a gap in sound and picture", async ({ arriveOver, line }) => {
  const { host, guest } = await twoOver(line, arriveOver);
  for (const person of [host, guest]) person.excuse(...CUT);
  const before = await peersOf(host);

  line.cut();
  await expect(host.page.locator('[data-link="resuming"]')).toContainText("Votre place est gardée");
  // Media goes its own way and does not notice.
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  line.mend();

  for (const person of [host, guest]) {
    await person.isInside();
    await expectFlow(person.page, { sounds: 1, pictures: 1 });
  }
  expect(await peersOf(host), "resumed on the same peer connection").toEqual(before);
  await expect(host.page.locator(".grid figure")).toHaveCount(2);

  // What was said while mending is neither lost nor doubled.
  await guest.openMessages();
  await guest.say("La liaison est revenue");
  await host.openMessages();
  await expect(host.page.getByRole("log", { name: "Messages de la séance" }).getByText("La liaison est revenue")).toHaveCount(1);
});

test("a short break of every connection is hardly seen", async ({ arriveOver, line }) => {
  const { host, guest } = await twoOver(line, arriveOver);
  for (const person of [host, guest]) person.excuse(...CUT);
  const before = line.connections;

  line.drop();
  await expect.poll(() => line.connections).toBeGreaterThan(before);

  for (const person of [host, guest]) {
    await person.isInside();
    await expectFlow(person.page, { sounds: 1, pictures: 1 });
  }
});

test("a killed server comes back with everybody in the same room, and muted stays muted", async ({ arrive, server }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  await host.enter(code);
  const guest = await arrive("Consule générale");
  await guest.knock(code);
  await host.page.getByRole("button", { name: "Faire entrer" }).click();
  await guest.isInside();
  const third = await arrive("Premier conseiller");
  await third.knock(code);
  await host.page.getByRole("button", { name: "Faire entrer" }).click();
  await third.isInside();
  await guest.key("Micro ouvert").click();
  await guest.key("Demander la parole").click();
  await expect(host.tileOf("Consule générale").getByLabel("micro coupé")).toBeVisible();
  const everybody = [host, guest, third];
  for (const person of everybody) person.excuse(...CUT, /status of 50\d/);

  await server.kill();
  for (const person of everybody) await expect(person.page.getByText("Votre place est gardée")).toBeVisible();
  await server.run();

  for (const person of everybody) {
    await expect(person.page.locator('[data-link="live"]')).toBeAttached({ timeout: 60_000 });
    await expect(person.page.locator(".grid figure")).toHaveCount(3);
  }
  await expectFlow(guest.page, { sounds: 2, pictures: 2 });
  await expectFlow(host.page, { sounds: 1, pictures: 2 });

  await expect(guest.key("Micro coupé")).toBeVisible();
  await expect(host.tileOf("Consule générale").getByLabel("micro coupé")).toBeVisible();
  expect((await received(guest.page)).sounds.length).toBeGreaterThan(0);
  await expect(host.tileOf("Consule générale").getByText("Consule générale demande la parole")).toBeAttached();
});

test("a killed server finds the session as it was: who presides, who speaks and who asks to", async ({ arrive, server }) => {
  // Four browsers on a small machine.
  test.setTimeout(240_000);
  const [chair, first, second, third] = [await arrive(HOST.name), await arrive("Ambassadeur"), await arrive("Consule générale"), await arrive("Premier conseiller")];
  // A small machine is glad of everybody who comes without a camera.
  for (const [person, pitch] of [[chair, 440], [first, 700], [third, 1_400]] as const) {
    await hums(person, pitch);
    await person.context.addInitScript(() => localStorage.setItem("palabre.choices", JSON.stringify({ cameraOn: false })));
  }
  await chair.signIn();
  const code = await chair.makeMeeting("Consultations politiques", false);
  const everybody = [chair, first, second, third];
  for (const person of everybody) await comes(person, code);
  await chair.key("Parole").click();
  await chair.page.getByRole("button", { name: "Présider la séance" }).click();
  const panel = chair.page.getByRole("complementary", { name: "Parole" });
  // In this order, which is not that of coming in.
  for (const person of [third, second, first]) {
    await person.key("Demander la parole").click();
    await expect(panel.getByRole("listitem").filter({ hasText: person.name })).toBeVisible();
  }
  await panel.getByRole("button", { name: "Donner la parole à Ambassadeur" }).click();
  await expect(first.key("Micro ouvert")).toBeVisible();
  await hears(second, 700, [1_400]);
  for (const person of everybody) person.excuse(...CUT, /status of 50\d/);
  // Who leaves a page that is looking for the server cannot say goodbye to it, as the SDK remarks.
  second.excuse(...CUT, /status of 50\d/, /cannot send signal request before connected, type: leave/);

  await server.kill();
  for (const person of everybody) await expect(person.page.getByText("Votre place est gardée")).toBeVisible();
  // One comes back with a page that knows nothing of a hand; on an empty one it waits for the server.
  await second.page.route("**/empty", (route) => route.fulfill({ contentType: "text/html; charset=utf-8", body: "<title>Palabre</title>" }));
  await second.page.goto("/empty");
  await server.run();
  for (const person of [chair, first, third]) await expect(person.page.locator('[data-link="live"]')).toBeAttached({ timeout: 60_000 });
  await comes(second, code);

  await expect(panel.getByRole("button", { name: "Clore l’intervention : Ambassadeur" })).toBeVisible();
  await expect(panel.getByRole("listitem")).toContainText(["Premier conseiller", "Consule générale"]);
  await expect(second.key("Baisser la main")).toBeVisible();
  await expect(first.key("Micro ouvert")).toBeVisible();
  for (const person of [second, third]) await expect(person.key("Micro coupé")).toBeVisible();
  await hears(second, 700, [1_400]);
  await hears(third, 700);
  await third.key("Micro coupé").click();
  await expect(third.page.getByText("La parole n’est pas à vous.")).toBeVisible();

  // And it goes on.
  await panel.getByRole("button", { name: "Donner la parole à Premier conseiller" }).click();
  await hears(second, 1_400, [700]);
});

test("a guest in the waiting room keeps knocking while the server restarts", async ({ arrive, server }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  const guest = await arrive("Ambassadeur");
  await guest.knock(code);
  guest.excuse(...CUT, /404/, /status of 50\d/);

  await server.kill();
  await expect(guest.page.getByText("La liaison est coupée. Nouvel essai en cours.")).toBeVisible();
  await server.run();
  await expect(guest.page.getByText("L’hôte est prévenu.")).toBeVisible({ timeout: 30_000 });

  await host.enter(code);
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toBeVisible();
  await host.page.getByRole("button", { name: "Faire entrer" }).click();
  await guest.isInside();
});

async function twoOver(line: Line, arrive: (line: Line, name: string) => Promise<Person>) {
  const host = await arrive(line, HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive(line, "Consule générale");
  await host.enter(code);
  await guest.enter(code);
  for (const person of [host, guest]) await expectFlow(person.page, { sounds: 1, pictures: 1 });
  return { host, guest };
}

/** Opens the link and is in session, with a camera or without. */
async function comes(person: Person, code: string): Promise<void> {
  await person.page.goto(`/m/${code}`);
  const enter = person.page.getByRole("button", { name: "Entrer", exact: true });
  await expect(enter).toBeVisible();
  const name = person.page.getByLabel("Votre nom et votre fonction");
  if (await name.isVisible()) await name.fill(person.name);
  await enter.click();
  await person.isInside();
}

/** The local fingerprints of the live peer connections: they change with the connection and not with an ICE restart. */
async function peersOf(person: Person): Promise<string[]> {
  return person.page.evaluate(() =>
    window.peers
      .filter((peer) => peer.connectionState !== "closed")
      .map((peer) => /a=fingerprint:(.*)/.exec(peer.localDescription?.sdp ?? "")?.[1] ?? ""),
  );
}
