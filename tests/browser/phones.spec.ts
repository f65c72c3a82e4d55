import { Phone } from "./support/phone.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

test("an administrator sets telephony up, from the first site to a number explained", async ({ arrive }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const { page } = admin;
  const said = (what: string | RegExp) => expect(page.getByRole("status").filter({ hasText: what })).toBeVisible();
  await page.goto("/telephony");

  // A site.
  await page.getByRole("link", { name: "Sites" }).click();
  await page.getByRole("button", { name: "Ajouter un site" }).click();
  const site = page.getByRole("region", { name: "Site Nouveau site" });
  await expect(site.getByRole("heading", { name: "Nouveau site" })).toBeFocused();
  await site.getByLabel("Nom").fill("Ambassade à Paris");
  await site.getByLabel("Pays").fill("fr");
  await site.getByLabel("Numéros d’urgence").fill("112, 15");
  await site.getByRole("button", { name: "Créer le site" }).click();
  await said("Le site Ambassade à Paris est enregistré.");
  await expect(page.getByRole("cell", { name: "112, 15" })).toBeVisible();

  // An extension, and what to type into its phone.
  await page.getByRole("link", { name: "Postes téléphoniques" }).click();
  await page.getByRole("button", { name: "Ajouter un poste" }).click();
  const fresh = page.getByRole("region", { name: "Poste téléphonique Nouveau poste" });
  await fresh.getByLabel("Numéro").fill("2204");
  await fresh.getByLabel("Titulaire").fill("Première secrétaire");
  await fresh.getByRole("button", { name: "Site" }).click();
  await page.getByRole("option", { name: "Ambassade à Paris" }).click();
  await fresh.getByRole("button", { name: "Créer le poste" }).click();
  await said("Le poste 2204 de Première secrétaire est prêt.");
  const side = page.getByRole("region", { name: "Poste téléphonique 2204 Première secrétaire" });
  const slip = side.getByRole("group", { name: "À saisir dans le téléphone" });
  await expect(slip).toContainText("Port TLS, chiffré");
  await slip.getByRole("button", { name: "Copier : Mot de passe" }).click();
  await expect(slip.getByRole("button", { name: "Copié : Mot de passe" })).toBeVisible();
  const password = await page.evaluate(() => navigator.clipboard.readText());
  expect(password).toMatch(/^[a-z2-9]{24}$/);
  await expect(slip).toContainText(password);

  // The password is not shown again.
  await side.getByRole("button", { name: "Fermer" }).click();
  await page.getByRole("button", { name: "Ouvrir le poste 2204, Première secrétaire" }).click();
  await expect(side).toBeVisible();
  await expect(page.getByText(password)).toHaveCount(0);

  // A forward.
  await side.getByLabel("Toujours").fill("01 42 68 53 00");
  await side.getByRole("button", { name: "Enregistrer les renvois" }).click();
  await said("Les renvois du poste 2204 sont enregistrés.");
  await expect(page.getByRole("cell", { name: "vers 0142685300" })).toBeVisible();

  // A line to the outside and a route over it.
  await page.getByRole("link", { name: "Lignes extérieures" }).click();
  await page.getByRole("button", { name: "Ajouter une ligne" }).click();
  const line = page.getByRole("region", { name: "Ligne extérieure Nouvelle ligne" });
  await line.getByLabel("Nom", { exact: true }).fill("Orange Paris");
  await line.getByLabel("Serveur de l’opérateur").fill("sip.example.org");
  await line.getByLabel("Utilisateur").fill("ambassade");
  await line.getByLabel("Mot de passe").fill("secret de l’opérateur");
  await line.getByRole("button", { name: "Créer la ligne" }).click();
  await said("La ligne Orange Paris est enregistrée.");
  const routes = page.getByRole("form", { name: "Ajouter la route" });
  await routes.getByRole("button", { name: "Ajouter la route" }).click();
  await said("La route est enregistrée : Tous les numéros.");
  await page.getByRole("form", { name: "Ajouter le numéro" }).getByLabel("Poste, groupe ou entrée").fill("2204");
  await page.getByRole("form", { name: "Ajouter le numéro" }).getByLabel("Numéro public").fill("+33 1 42 68 53 00");
  await page.getByRole("button", { name: "Ajouter le numéro" }).click();
  await expect(page.getByRole("cell", { name: "+33142685300", exact: true })).toBeVisible();

  // Where numbers lead.
  await page.getByRole("link", { name: "Expliquer un numéro" }).click();
  await page.getByLabel("Qui appelle").fill("2204");
  await page.getByLabel("Numéro composé").fill("15");
  await page.getByRole("button", { name: "Expliquer" }).click();
  const result = page.getByRole("status", { name: "Explication" });
  await expect(result).toContainText("Urgence");
  await page.getByLabel("Numéro composé").fill("0 01 44 55 66 77");
  await page.getByRole("button", { name: "Expliquer" }).click();
  await expect(result).toContainText("Refusé");

  await page.getByRole("link", { name: "En ce moment" }).click();
  await expect(page.getByText("Personne n’est au téléphone.")).toBeVisible();
  await page.getByRole("link", { name: "Derniers appels" }).click();
  await expect(page.getByText("Aucun appel.")).toBeVisible();
});

test("what cannot be taken is said at its field, and what others need stays", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name);
  admin.excuse(/400/, /409/);
  await admin.signIn();
  const ask = async (method: "POST" | "PUT", path: string, data: object) => {
    const answer = await admin.context.request.fetch(`/api/admin/${path}`, { method, headers: { origin: server.url }, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return answer.status() === 204 ? undefined : ((await answer.json()) as { id: number });
  };
  const post = (await ask("POST", "posts", { name: "Consulat à Lyon", country: "FR" }))?.id;
  await ask("POST", "extensions", { number: "3301", name: "Consule", post });
  const trunk = (await ask("POST", "trunks", { name: "Orange Lyon", host: "192.0.2.1", post }))?.id;
  await ask("PUT", "numbers", { trunk, number: "+33472000000", target: "3301" });

  const { page } = admin;
  await page.goto("/telephony");
  await page.getByRole("button", { name: "Ajouter un poste" }).click();
  const fresh = page.getByRole("region", { name: "Poste téléphonique Nouveau poste" });
  await fresh.getByLabel("Numéro").fill("2");
  await fresh.getByLabel("Titulaire").fill("Consule");
  await fresh.getByRole("button", { name: "Créer le poste" }).click();
  await expect(fresh.getByText("Écrire un numéro de 2 à 10 chiffres.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: "Ajouter un poste" })).toBeFocused();

  await page.getByRole("button", { name: "Ouvrir le poste 3301, Consule" }).click();
  await page.getByRole("button", { name: "Supprimer le poste" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Supprimer le poste" }).click();
  await expect(page.getByText("Quelque chose en dépend encore. Retirez-le d’abord.")).toBeVisible();
});

test("whoever is no administrator does not find telephony", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const made = await admin.context.request.post("/api/users", {
    headers: { origin: server.url },
    data: { name: "Attaché", email: "attache@example.org", role: "user", password: "mot provisoire", must_change: false },
  });
  expect(made.status()).toBe(201);

  const user = await arrive("Attaché");
  await user.page.goto("/telephony");
  await user.page.getByLabel("Adresse électronique").fill("attache@example.org");
  await user.page.getByLabel("Mot de passe").fill("mot provisoire");
  await user.page.getByRole("button", { name: "Ouvrir la session" }).click();
  await expect(user.page.getByRole("heading", { name: "Cette page n’existe pas" })).toBeVisible();
  await expect(user.page.getByRole("link", { name: "Téléphonie" })).toHaveCount(0);
});

test("a phone is set up from the page alone, is seen there, and calls", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name);
  await admin.signIn();
  const { page } = admin;
  const made = await admin.context.request.post("/api/admin/posts", {
    headers: { origin: server.url },
    data: { name: "Consulat à Marseille", country: "FR" },
  });
  expect(made.ok()).toBe(true);

  // Three lines in the page give what is typed into the phone.
  await page.goto("/telephony");
  await page.getByRole("button", { name: "Ajouter un poste" }).click();
  const fresh = page.getByRole("region", { name: "Poste téléphonique Nouveau poste" });
  await fresh.getByLabel("Numéro").fill("4410");
  await fresh.getByLabel("Titulaire").fill("Accueil");
  await fresh.getByRole("button", { name: "Créer le poste" }).click();
  const side = page.getByRole("region", { name: "Poste téléphonique 4410 Accueil" });
  const slip = side.getByRole("group", { name: "À saisir dans le téléphone" });
  const fact = async (name: string) =>
    (await slip.locator("div", { has: page.getByText(name, { exact: true }) }).locator("dd").innerText()).trim();
  const typed = {
    server: await fact("Serveur"),
    port: Number(await fact("Port UDP")),
    user: await fact("Utilisateur"),
    password: (await fact("Mot de passe")).replace(/\s/g, ""),
  };

  // The phone is refused with another password, and taken with this one.
  const stranger = await Phone.with({ ...typed, password: "un autre" });
  expect(await stranger.register()).not.toBe(200);
  stranger.unplug();
  const phone = await Phone.with(typed);
  expect(await phone.register()).toBe(200);
  await expect(side.getByText("Tested desk phone 1.0")).toBeVisible();
  await expect(page.getByRole("row", { name: /4410, Accueil/ }).getByText("Enregistré")).toBeVisible();

  // It calls the echo, which the page shows while it lasts and afterwards.
  const hangUp = await phone.call("*43");
  await page.getByRole("link", { name: "En ce moment" }).click();
  await expect(page.getByRole("group", { name: "Appels en cours" }).getByText("4410")).toBeVisible();
  await hangUp();
  await expect(page.getByText("Personne n’est au téléphone.")).toBeVisible();
  await page.getByRole("link", { name: "Derniers appels" }).click();
  await expect(page.getByRole("row", { name: /4410/ })).toBeVisible();
  phone.unplug();
});

test("an extension has a second device, a new password and a group, all from the page in English", async ({ arrive, server }) => {
  const admin = await arrive(HOST.name, { locale: "en-GB" });
  await admin.signIn();
  const { page } = admin;
  for (const [path, data] of [
    ["posts", { name: "High Commission", country: "GB" }],
    ["extensions", { number: "5510", name: "Reception", post: undefined }],
  ] as const) {
    const posts = (await (await admin.context.request.get("/api/admin/posts")).json()) as { posts: { id: number; name: string }[] };
    const post = posts.posts.find(({ name }) => name === "High Commission")?.id;
    const made = await admin.context.request.post(`/api/admin/${path}`, { headers: { origin: server.url }, data: { ...data, post } });
    expect(made.ok(), await made.text()).toBe(true);
  }
  await page.goto("/telephony");
  await page.getByRole("button", { name: "Open extension 5510, Reception" }).click();
  const side = page.getByRole("region", { name: "Extension 5510 Reception" });
  const slip = side.getByRole("group", { name: "Type this into the phone" });
  const fact = async (name: string) =>
    (await slip.locator("div", { has: page.getByText(name, { exact: true }) }).locator("dd").innerText()).trim();
  const typed = async () => ({
    server: await fact("Server"),
    port: Number(await fact("UDP port")),
    user: await fact("User"),
    password: (await fact("Password")).replace(/\s/g, ""),
  });

  // A second device, which registers beside the first.
  await side.getByLabel("Name of the device").fill("Wi-Fi");
  await side.getByRole("button", { name: "Add a device" }).click();
  await expect(slip).toContainText("5510-2");
  const wifi = await Phone.with(await typed());
  expect(await wifi.register()).toBe(200);
  const registered = side.getByRole("list", { name: "Registered phones" }).getByRole("listitem");
  await expect(registered).toHaveCount(1);

  // The first gets a new password.
  await side.getByRole("button", { name: "New password for 5510", exact: true }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "New password" }).click();
  await expect(slip).not.toContainText("5510-2");
  const desk = await Phone.with(await typed());
  expect(await desk.register()).toBe(200);
  await expect(registered).toHaveCount(2);

  // Who is taken out is not registered any more, and cannot come back.
  await side.getByRole("button", { name: "Remove device 5510-2" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).click();
  await expect(registered).toHaveCount(1);
  expect(await wifi.register()).not.toBe(200);
  for (const phone of [wifi, desk]) phone.unplug();

  await page.getByRole("link", { name: "Groups" }).click();
  await page.getByRole("button", { name: "Add a group" }).click();
  const group = page.getByRole("region", { name: "Group New group" });
  await group.getByLabel("Number", { exact: true }).fill("5500");
  await group.getByLabel("Name", { exact: true }).fill("Visas");
  await group.getByLabel("Extensions").fill("5510");
  await group.getByRole("button", { name: "Create the group" }).click();
  await expect(page.getByRole("status").filter({ hasText: "Visas" })).toBeVisible();
});
