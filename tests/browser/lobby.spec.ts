import { expectFlow } from "./support/media.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

test("from the first click to two people who see and hear each other", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  await host.page.goto("/");
  await host.page.getByLabel("Objet").fill("Consultations politiques");
  await host.page.getByRole("button", { name: "Ouvrir une rencontre" }).click();
  await expect(host.page.getByRole("heading", { name: "Consultations politiques" })).toBeVisible();
  await host.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await host.isInside();
  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Copier le lien" }).click();
  await expect(host.page.getByText("Lien copié")).toBeVisible();
  const link = await host.page.evaluate(() => navigator.clipboard.readText());

  const guest = await arrive("Ambassadeur");
  await guest.knock(new URL(link).pathname.slice("/m/".length));
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toBeVisible();
  await host.page.getByRole("button", { name: "Faire entrer" }).click();

  await guest.isInside();
  await expectFlow(guest.page, { sounds: 1, pictures: 1 });
  await expectFlow(host.page, { sounds: 1, pictures: 1 });
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toHaveCount(0);
});

test("a refused guest is told, and the others go on waiting", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  await host.enter(code);
  const [first, second] = [await arrive("Un importun"), await arrive("Ambassadeur")];
  await first.knock(code);
  await expect(host.page.getByText("Un importun demande à entrer")).toBeVisible();
  await second.knock(code);
  await expect(host.page.getByText("2 personnes demandent à entrer")).toBeVisible();

  await host.page.getByRole("status").getByRole("button", { name: "Participants" }).click();
  await host.page.getByRole("button", { name: "Refuser Un importun" }).click();

  await expect(first.page.getByRole("heading", { name: "L’hôte n’a pas ouvert" })).toBeVisible();
  await expect(second.page.getByText("Salle d’attente")).toBeVisible();
  await host.page.getByRole("button", { name: "Faire entrer Ambassadeur" }).click();
  await second.isInside();
});

test("a guest who knocked before the host came is found waiting", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  const guest = await arrive("Ambassadeur");
  await guest.knock(code);

  await host.enter(code);
  await expect(host.page.getByText("Ambassadeur demande à entrer")).toBeVisible();
});

test("a locked room lets nobody in until it is opened again", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.enter(code);
  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Verrouiller la salle" }).click();
  await expect(host.page.getByText("Salle verrouillée")).toBeVisible();

  const guest = await arrive("Ambassadeur");
  guest.excuse(/403/);
  await guest.prepare(code);
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await expect(guest.page.getByRole("alert")).toHaveText("La salle est verrouillée. L’hôte peut la rouvrir.");

  await host.key("Plus").click();
  await host.page.getByRole("menuitem", { name: "Rouvrir la salle" }).click();
  await expect(host.page.getByText("Salle verrouillée")).toHaveCount(0);
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await guest.isInside();
});

test("an admitted guest who reloads the page does not wait again", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", true);
  await host.enter(code);
  const guest = await arrive("Ambassadeur");
  await guest.knock(code);
  await host.page.getByRole("button", { name: "Faire entrer" }).click();
  await guest.isInside();
  // Gone before its tracks arrived, a participant leaves the SDK with a track of nobody, which it reports as an error.
  await expectFlow(host.page, { sounds: 1, pictures: 1 });

  await guest.page.reload();
  await guest.page.getByRole("button", { name: "Demander à entrer" }).click();
  await guest.isInside();
  await expect(host.page.locator(".grid figure")).toHaveCount(2);
});

test("an unknown meeting says so", async ({ arrive }) => {
  const guest = await arrive("Ambassadeur");
  guest.excuse(/404/);
  await guest.page.goto("/m/zzz-zzzz-zzz");
  await expect(guest.page.getByRole("heading", { name: "Cette page n’existe pas" })).toBeVisible();
});

test("the plate in pre-join bears the name that the others will see", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  await host.prepare(code);
  await expect(host.page.locator(".namecard")).toHaveText(HOST.name);

  const guest = await arrive("");
  await guest.prepare(code);
  await expect(guest.page.locator(".namecard")).toHaveText("Vous");
  await guest.page.getByLabel("Votre nom et votre fonction").fill("  Consule générale ");
  await expect(guest.page.locator(".namecard")).toHaveText("Consule générale");
});

test("a guest without a name is asked for it", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.signIn();
  const code = await host.makeMeeting("Point hebdomadaire", false);
  const guest = await arrive("");
  await guest.prepare(code);
  await guest.page.getByRole("button", { name: "Entrer", exact: true }).click();
  await expect(guest.page.getByText("Écrire votre nom pour entrer.")).toBeVisible();
  await expect(guest.page.getByLabel("Votre nom et votre fonction")).toBeFocused();
});
