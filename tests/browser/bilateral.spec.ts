//! A bilateral meeting from the form to the attendance list: in French by keyboard alone, in English with a pointer.

import { hasGoodAccess } from "./support/access.js";
import { keyboard, pointer, type Hands } from "./support/hands.js";
import { HOST } from "./support/server.js";
import { hears, hums } from "./support/tones.js";
import { expect, test } from "./support/with-mail.js";

const PASSWORD = "une phrase assez longue";
const TONE = 440;

const words = {
  "fr-FR": {
    email: "Adresse électronique",
    password: "Mot de passe",
    signIn: "Ouvrir la session",
    agenda: "Agenda",
    plan: "Nouvelle rencontre",
    subject: "Objet",
    name: "Nom",
    country: "Pays",
    mail: "Courriel",
    send: "Envoyer 2 invitations",
    planned: "Modifier la rencontre",
    prepare: "Se préparer et entrer",
    enter: "Entrer",
    knock: "Demander à entrer",
    waiting: "Salle d’attente",
    admit: /^Faire entrer/,
    bar: "Commandes de séance",
    floor: /^Parole/,
    chair: "Présider la séance",
    ask: "Demander la parole",
    give: "Donner la parole à Secrétaire",
    yours: "Vous avez la parole.",
    open: "Micro ouvert",
    leave: "Quitter",
    left: "Vous avez quitté la séance",
    attendance: "Présence",
  },
  "en-GB": {
    email: "E-mail address",
    password: "Password",
    signIn: "Sign in",
    agenda: "Agenda",
    plan: "New meeting",
    subject: "Subject",
    name: "Name",
    country: "Country",
    mail: "E-mail",
    send: "Send 2 invitations",
    planned: "Change the meeting",
    prepare: "Prepare and enter",
    enter: "Enter",
    knock: "Ask to enter",
    waiting: "Waiting room",
    admit: /^Admit/,
    bar: "Session controls",
    floor: /^Floor/,
    chair: "Chair the meeting",
    ask: "Ask for the floor",
    give: "Give the floor to Secrétaire",
    yours: "You have the floor.",
    open: "Mic open",
    leave: "Leave",
    left: "You left the session",
    attendance: "Attendance",
  },
};

const ways: [keyof typeof words, string, Hands][] = [
  ["fr-FR", "by keyboard alone", keyboard],
  ["en-GB", "with a pointer", pointer],
];

for (const [locale, how, hands] of ways) {
  test(`planned, invited by mail, let in, given the floor, listed (${locale}, ${how})`, async ({ arrive, server, sink }) => {
    // A whole morning of protocol takes longer than one step of it.
    test.setTimeout(300_000);
    const say = words[locale];
    const { press, write } = hands;
    const here = locale.toLowerCase();
    const email = `protocole-${here}@example.org`;
    const admin = await arrive(HOST.name);
    await admin.signIn();
    const made = await admin.context.request.post("/api/users", {
      headers: { origin: server.url },
      data: { name: "Cheffe du protocole", email, role: "protocol-officer", password: PASSWORD, must_change: false },
    });
    expect(made.ok(), await made.text()).toBe(true);

    // The officer signs in and plans.
    const officer = await arrive("Cheffe du protocole", { locale });
    const { page } = officer;
    await page.goto("/");
    await hasGoodAccess(page);
    await write(page.getByLabel(say.email), email);
    await write(page.getByLabel(say.password, { exact: true }), PASSWORD);
    await press(page.getByRole("button", { name: say.signIn }));
    await press(page.getByRole("link", { name: say.agenda }).filter({ visible: true }));
    await expect(page.getByRole("heading", { name: say.agenda, level: 1 })).toBeVisible();
    await hasGoodAccess(page);
    await press(page.getByRole("button", { name: say.plan }));
    await write(page.getByLabel(say.subject, { exact: true }), "Consultations politiques");
    for (const [at, name, country, who, address] of [
      [0, "Bénin", "BJ", "Directrice", `directrice-${here}@example.org`],
      [1, "Togo", "TG", "Secrétaire", `secretaire-${here}@example.org`],
    ] as const) {
      const party = page.locator("fieldset.delegation").nth(at);
      await write(party.getByLabel(say.name, { exact: true }).first(), name);
      await write(party.getByLabel(say.country, { exact: true }), country);
      await write(party.getByLabel(say.name, { exact: true }).nth(1), who);
      await write(party.getByLabel(say.mail, { exact: true }), address);
    }
    await press(page.getByRole("button", { name: say.send }));
    await expect(page.getByRole("heading", { name: say.planned })).toBeVisible();
    await hasGoodAccess(page);
    const code = new URL(page.url()).pathname.slice("/agenda/".length);

    // The mail brings the guest to the door.
    const mails = [await sink.next(), await sink.next()];
    const invitation = mails.find(({ to }) => to === `secretaire-${here}@example.org`);
    const link = new URL(/https?:\S+\/i\/\S+/.exec(invitation?.text ?? "")?.[0] ?? "");
    const guest = await arrive("Secrétaire", { locale });
    await hums(guest, TONE);
    await guest.page.goto(link.pathname);
    await expect(guest.page.locator(".self video")).toBeVisible();
    await hasGoodAccess(guest.page);
    await press(guest.page.getByRole("button", { name: say.knock }));
    await expect(guest.page.getByText(say.waiting).first()).toBeVisible();
    await hasGoodAccess(guest.page);

    // The officer enters, lets the guest in and takes the chair.
    await press(page.getByRole("button", { name: say.prepare }));
    await expect(page.locator(".self video")).toBeVisible();
    await hasGoodAccess(page);
    await press(page.getByRole("button", { name: say.enter, exact: true }));
    await officer.isInside();
    await press(page.getByRole("button", { name: say.admit }).first());
    await guest.isInside();
    const key = (person: typeof officer, name: string | RegExp) =>
      person.page.getByRole("toolbar", { name: say.bar }).getByRole("button", { name });
    await press(key(officer, say.floor));
    await press(page.getByRole("button", { name: say.chair }));
    await hasGoodAccess(page);

    // The guest asks for the floor, gets it, and is heard.
    await press(key(guest, say.ask));
    await press(page.getByRole("button", { name: say.give }));
    await expect(guest.page.getByText(say.yours)).toBeVisible();
    await expect(key(guest, say.open)).toBeVisible();
    await hears(officer, TONE);
    await hasGoodAccess(guest.page);

    // Both go; the list says who was there.
    await press(key(guest, say.leave));
    await expect(guest.page.getByRole("heading", { name: say.left })).toBeVisible();
    await hasGoodAccess(guest.page);
    await press(key(officer, say.leave));
    await expect(page.getByRole("heading", { name: say.left })).toBeVisible();
    await page.goto(`/m/${code}/attendance`);
    await expect(page.getByRole("heading", { name: say.attendance, level: 1 })).toBeVisible();
    for (const name of ["Secrétaire", "Cheffe du protocole"]) {
      await expect(page.getByRole("row", { name: new RegExp(name) })).toBeVisible();
    }
    await hasGoodAccess(page);
  });
}
