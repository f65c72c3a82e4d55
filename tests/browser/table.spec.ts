//! Two delegations at the table, by the links that they were sent: a chair without an account gives the floor, goes through
//! the agenda and changes roles; an observer listens.

import type { Page } from "@playwright/test";
import { hasGoodAccess } from "./support/access.js";
import type { Person } from "./support/person.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";

const PLAN = {
  title: "Consultations politiques bilatérales",
  start: "2027-12-03T10:00",
  time_zone: "Africa/Porto-Novo",
  minutes: 90,
  waiting_room: true,
  send: false,
  parties: [
    {
      name: "Bénin",
      country: "BJ",
      seats: [
        {
          name: "Awa Diop",
          title: "Secrétaire générale du Ministère",
          role: "chair",
          is_head: true,
        },
        { name: "Koffi Mensah", title: "Directeur Asie", role: "delegate" },
      ],
    },
    {
      name: "Inde",
      country: "IN",
      seats: [
        {
          name: "Ravi Menon",
          title: "Secrétaire, relations avec l’Afrique",
          role: "head",
        },
        { name: "Olga Sen", title: "Attachée", role: "observer" },
      ],
    },
  ],
  agenda: [
    { title: "Ouverture", minutes: 10 },
    { title: "Visas de service et passeports diplomatiques", minutes: 30 },
    { title: "Divers", minutes: 5 },
  ],
};

// Four browsers at once: a click waits until the machine has time for it.
test.use({ actionTimeout: 40_000 });

interface Planned {
  code: string;
  parties: { seats: { id: number; name: string }[] }[];
}

test("two delegations meet at the table, and a chair without an account runs it", async ({ arrive, server }, info) => {
  test.setTimeout(240_000);
  const size = { viewport: { width: 1366, height: 768 } };
  const host = await arrive(HOST.name);
  await host.signIn();
  const made = await host.context.request.post("/api/schedules", {
    headers: { origin: server.url },
    data: PLAN,
  });
  expect(made.status(), await made.text()).toBe(201);
  const plan = (await made.json()) as Planned;

  const linkOf = async (name: string) => {
    const seat = plan.parties.flatMap(({ seats }) => seats).find((seat) => seat.name.startsWith(name));
    const answer = await host.context.request.get(`/api/meetings/${plan.code}/seats/${seat?.id}/link`);
    return new URL(((await answer.json()) as { link: string }).link).pathname;
  };
  const comes = async (name: string): Promise<Person> => {
    const person = await arrive(name, size);
    await person.page.goto(await linkOf(name));
    return person;
  };
  const sits = async (person: Person) => {
    await person.page.getByRole("button", { name: "Entrer", exact: true }).click();
    await person.isInside();
  };

  // The chair need not wait; others do, and the chair lets them in.
  const chair = await comes("Awa");
  await sits(chair);
  const head = await comes("Ravi");
  await head.page.getByRole("button", { name: "Demander à entrer" }).click();
  await chair.page.getByRole("button", { name: "Faire entrer", exact: true }).click();
  await head.isInside();
  await host.context.request.patch(`/api/meetings/${plan.code}`, {
    headers: { origin: server.url },
    data: { waiting_room: false },
  });
  // Two more come without a camera, which a small machine is glad of.
  const observer = await arrive("Olga", size);
  await withoutCamera(observer);
  await observer.page.goto(await linkOf("Olga"));
  await sits(observer);
  const delegate = await arrive("Koffi", size);
  await withoutCamera(delegate);
  await delegate.page.goto(await linkOf("Koffi"));
  await sits(delegate);
  await expect(chair.page.locator(".namecard")).toHaveCount(4);

  // Who observes has no microphone, and the key says why.
  await expect(observer.key("Micro coupé")).toHaveCount(0);
  await observer.key("Vous observez").click();
  await expect(observer.page.getByText("Vous assistez à la séance en observateur")).toBeVisible();
  await observer.openMessages();
  await expect(observer.page.getByText("Un observateur lit les messages sans en écrire.")).toBeVisible();

  await chair.key("Parole").click();
  const panel = chair.page.getByRole("complementary", { name: "Parole" });
  await panel.getByRole("button", { name: "Ouvrir le premier point" }).click();
  await panel.getByRole("button", { name: "Point suivant" }).click();
  await expect(
    head.page.getByRole("heading", {
      name: "Visas de service et passeports diplomatiques",
    }),
  ).toBeVisible();
  await expect(head.page.getByText("Point 2 sur 3")).toBeVisible();
  await panel.getByRole("button", { name: "Présider la séance" }).click();
  await expect(head.key("Micro coupé")).toBeVisible();
  await expect(chair.key("Micro ouvert"), "the chair is heard").toBeVisible();
  await head.key("Demander la parole").click();
  await panel.getByRole("button", { name: "Donner la parole à Ravi Menon" }).click();
  await expect(chair.page.getByText("La parole est donnée, et votre micro coupé.")).toBeVisible();
  await expect(observer.page.getByText("Inde, Secrétaire, relations avec l’Afrique")).toBeVisible();
  await hasGoodAccess(chair.page);
  await seen(chair.page, info.outputPath("table-chair.png"));
  await seen(observer.page, info.outputPath("table-observer.png"));

  // On a narrow screen the table is there as well.
  await head.page.setViewportSize({ width: 390, height: 844 });
  await seen(head.page, info.outputPath("table-phone.png"));
  await head.page.setViewportSize(size.viewport);
  await head.page.getByRole("radio", { name: "Grille" }).click();
  await expect(head.page.locator(".agendaline")).toContainText("Point 2 sur 3");
  await seen(head.page, info.outputPath("grid-agenda.png"));

  // A role that changes is felt at once.
  await chair.openPeople();
  await chair.page.getByRole("button", { name: "Actions pour Olga Sen" }).click();
  await seen(chair.page, info.outputPath("roles.png"));
  await chair.page.getByRole("menuitemradio", { name: "Délégué", exact: true }).click();
  await expect(observer.page.getByText("Votre rôle a changé")).toBeVisible();
  await expect(observer.key("Micro coupé")).toBeVisible();
  await chair.page.getByRole("button", { name: "Actions pour Ravi Menon" }).click();
  await chair.page.getByRole("menuitemradio", { name: "Observateur", exact: true }).click();
  await expect(head.key("Vous observez")).toBeVisible();
  await chair.key("Parole").click();
  await expect(panel.getByText("Personne n’a la parole")).toBeVisible();
});

/** From the next page on, somebody comes in as the last time: without a camera. */
const withoutCamera = (person: Person) =>
  person.context.addInitScript(() => localStorage.setItem("palabre.choices", JSON.stringify({ cameraOn: false })));

/** A picture to look at. */
const seen = (page: Page, path: string) => page.screenshot({ path });
