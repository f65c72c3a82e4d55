import { Person } from "./support/person.js";
import { HOST, Server } from "./support/server.js";
import { expect, test } from "./support/test.js";

test("the one-time link makes the administrator, once", async ({ browserNumber, people }) => {
  const server = await Server.start();
  const browser = await browserNumber(0);
  try {
    const admin = await Person.at(browser, server.url, "Administratrice");
    people.push(admin);
    await admin.page.goto(server.setupPath);
    await admin.page.getByLabel("Nom et fonction").fill("Administratrice");
    await admin.page.getByLabel("Adresse électronique").fill("admin@example.org");
    await admin.page.getByLabel("Mot de passe").fill("une phrase assez longue");
    await admin.page.getByRole("button", { name: "Créer le compte" }).click();
    await expect(admin.page.getByRole("heading", { name: "Réunir maintenant" })).toBeVisible();
    await expect(admin.page.getByRole("link", { name: "Comptes" })).toBeVisible();

    const late = await Person.at(browser, server.url, "Quelqu’un");
    people.push(late);
    late.excuse(/404/);
    await late.page.goto(server.setupPath);
    await expect(late.page.getByRole("heading", { name: "Ce lien n’est plus valable" })).toBeVisible();
    // The page hears of its calls until the server ends.
    admin.excuse(/\/api\/events/);
  } finally {
    await server.stop();
  }
});

test("a wrong password is refused in one sentence, the right one opens the session", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  host.excuse(/401/);
  await host.page.goto("/");
  await host.page.getByLabel("Adresse électronique").fill(HOST.email);
  await host.page.getByLabel("Mot de passe").fill("pas le bon");
  await host.page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(host.page.getByRole("alert")).toHaveText("L’adresse ou le mot de passe n’est pas le bon.");

  await host.page.getByLabel("Mot de passe").fill(HOST.password);
  await host.page.getByLabel("Mot de passe").press("Enter");
  await expect(host.page.getByRole("heading", { name: "Réunir maintenant" })).toBeVisible();

  await host.page.getByRole("banner").getByRole("button", { name: "Fermer la session" }).click();
  await expect(host.page.getByRole("heading", { name: "Ouvrir votre session" })).toBeVisible();
});

test("an administrator adds a person, who signs in, chooses a password, and is removed", async ({ arrive }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  await admin.page.goto("/users");
  await admin.page.getByRole("button", { name: "Ajouter un compte" }).click();
  const fresh = admin.page.getByRole("region", { name: "Compte Nouveau compte" });
  await fresh.getByLabel("Nom").fill("Consule générale");
  await fresh.getByLabel("Fonction").fill("Consule à Lyon");
  await fresh.getByLabel("Adresse").fill("consule@example.org");
  await fresh.getByLabel("Langues").fill("fr, it");
  await fresh.getByRole("button", { name: "Créer le compte" }).click();
  await expect(admin.page.getByText("Le compte de Consule générale est prêt.")).toBeVisible();
  const side = admin.page.getByRole("region", { name: "Compte Consule générale Consule à Lyon" });
  const given = side.getByRole("group", { name: "Mot de passe provisoire" });
  await given.getByRole("button", { name: "Copier le mot de passe" }).click();
  await expect(given.getByRole("button", { name: "Mot de passe copié" })).toBeVisible();
  const password = await admin.page.evaluate(() => navigator.clipboard.readText());
  expect(password).toMatch(/^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
  await expect(admin.page.getByRole("cell", { name: "Jamais entré" })).toBeVisible();

  const user = await arrive("Consule générale");
  // The page hears of its calls until its account ends.
  user.excuse(/401.*\/api\/events/);
  await user.page.goto("/");
  await user.page.getByLabel("Adresse électronique").fill("consule@example.org");
  await user.page.getByLabel("Mot de passe").fill(password);
  await user.page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(user.page.getByRole("heading", { name: "Choisir votre mot de passe" })).toBeVisible();
  await user.page.getByLabel("Mot de passe reçu").fill(password);
  await user.page.getByLabel("Nouveau mot de passe").fill("un mot à moi seule");
  await user.page.getByRole("button", { name: "Changer le mot de passe" }).click();
  await expect(user.page.getByRole("heading", { name: "Réunir maintenant" })).toBeVisible();
  await expect(user.page.getByRole("link", { name: "Comptes" })).toHaveCount(0);

  // Found without accents, by function; then taken away.
  await side.getByRole("button", { name: "Fermer" }).click();
  await admin.page.getByLabel("Nom, fonction, adresse ou poste").fill("CONSULE lyon");
  await admin.page.getByRole("button", { name: "Ouvrir le compte de Consule générale" }).click();
  await side.getByRole("button", { name: "Retirer le compte" }).click();
  await admin.page.getByRole("alertdialog").getByRole("button", { name: "Retirer le compte" }).click();
  await expect(admin.page.getByText("Le compte de Consule générale est retiré.")).toBeVisible();
  await expect(admin.page.getByText("Aucun compte ne correspond.")).toBeVisible();
});

test("somebody who asked for a page signs in first and then gets it", async ({ arrive }) => {
  const host = await arrive(HOST.name);
  await host.page.goto("/users");
  await host.page.getByLabel("Adresse électronique").fill(HOST.email);
  await host.page.getByLabel("Mot de passe").fill(HOST.password);
  await host.page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(host.page.getByRole("heading", { name: "Comptes" })).toBeVisible();
});

test("the interface speaks the browser's language, and another when asked", async ({ arrive }) => {
  const guest = await arrive("Guest", { locale: "en-GB" });
  await guest.page.goto("/");
  await expect(guest.page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  await guest.page.getByRole("button", { name: "Appearance" }).click();
  await guest.page.getByRole("menuitemradio", { name: "Français" }).click();
  await expect(guest.page.getByRole("heading", { name: "Ouvrir votre session" })).toBeVisible();
  await expect(guest.page.locator("html")).toHaveAttribute("lang", "fr");

  await guest.page.reload();
  await expect(guest.page.getByRole("heading", { name: "Ouvrir votre session" })).toBeVisible();
});

test("a theme is chosen once and stays", async ({ arrive }) => {
  const guest = await arrive("Invitée");
  await guest.page.goto("/");
  await guest.page.getByRole("button", { name: "Apparence" }).click();
  await guest.page.getByRole("menuitemradio", { name: "Contrasté" }).click();
  await expect(guest.page.locator("html")).toHaveAttribute("data-theme", "contrast");

  await guest.page.reload();
  await expect(guest.page.locator("html")).toHaveAttribute("data-theme", "contrast");
});
