//! The floor: the chair gives it, one person is heard, and everybody reads who and for how long.

import { fits, hasGoodAccess } from "./support/access.js";
import { HOST } from "./support/server.js";
import { expect, test } from "./support/test.js";
import { hears, hearsNoMore, hums } from "./support/tones.js";

const [AMBASSADOR, DIRECTOR] = [440, 1_000];

test("the chair gives the floor in one click, and only that microphone is heard", async ({ arrive }) => {
  const [chair, ambassador, director] = [await arrive(HOST.name), await arrive("Ambassadeur"), await arrive("Directrice")];
  await hums(ambassador, AMBASSADOR);
  await hums(director, DIRECTOR);
  await chair.signIn();
  const code = await chair.makeMeeting("Consultations politiques", false);
  for (const person of [chair, ambassador, director]) await person.enter(code);
  await hears(chair, AMBASSADOR);
  await hears(chair, DIRECTOR);

  await chair.key("Parole").click();
  await chair.page.getByRole("button", { name: "Présider la séance" }).click();
  const panel = chair.page.getByRole("complementary", { name: "Parole" });
  await expect(panel.getByText("Personne n’a la parole")).toBeVisible();
  await expect(ambassador.key("Micro coupé")).toBeVisible();
  await expect(director.key("Micro coupé")).toBeVisible();
  await hearsNoMore(chair, AMBASSADOR);
  await ambassador.key("Micro coupé").click();
  await expect(ambassador.page.getByText("La parole n’est pas à vous.")).toBeVisible();

  await ambassador.key("Demander la parole").click();
  await expect(panel.getByRole("listitem")).toContainText(["Ambassadeur"]);
  await director.page.getByRole("button", { name: "Autres demandes de parole" }).click();
  await director.page.getByRole("menuitem", { name: "Droit de réponse" }).click();
  // A right of reply goes before who asked first.
  await expect(panel.getByRole("listitem")).toContainText(["Directrice", "Ambassadeur"]);
  await expect(panel.getByRole("listitem").first()).toContainText("Droit de réponse");

  await panel.getByRole("button", { name: "Donner la parole à Ambassadeur" }).click();
  await expect(ambassador.page.getByText("Vous avez la parole.")).toBeVisible();
  await expect(ambassador.key("Micro ouvert")).toBeVisible();
  await hears(director, AMBASSADOR);
  await hears(chair, AMBASSADOR, [DIRECTOR]);
  await expect(panel.getByRole("listitem")).toContainText(["Directrice"]);
  await hasGoodAccess(chair.page);

  await panel.getByRole("button", { name: "Donner la parole à Directrice" }).click();
  await expect(ambassador.key("Micro coupé")).toBeVisible();
  await hears(chair, DIRECTOR, [AMBASSADOR]);
  await expect(panel.getByRole("term")).toHaveText(["Ambassadeur"]);

  await director.key("Rendre la parole").click();
  await expect(panel.getByText("Personne n’a la parole")).toBeVisible();
  await hearsNoMore(chair, DIRECTOR);
  await panel.getByRole("button", { name: "Laisser la parole libre" }).click();
  await expect(ambassador.page.getByText("La parole est libre")).toBeVisible();
  await ambassador.key("Micro coupé").click();
  await hears(chair, AMBASSADOR);
});

test("whoever comes late is silent, somebody is taken off the list, and all microphones close at once", async ({ arrive }) => {
  const [chair, guest] = [await arrive(HOST.name), await arrive("Ambassadeur", { viewport: { width: 360, height: 740 } })];
  await chair.signIn();
  const code = await chair.makeMeeting("Consultations politiques", false);
  await chair.enter(code);
  await guest.enter(code);
  await chair.key("Parole").click();
  await chair.page.getByRole("button", { name: "Couper tous les micros" }).click();
  await expect(guest.key("Micro coupé")).toBeVisible();
  await guest.key("Micro coupé").click();
  await expect(guest.key("Micro ouvert")).toBeVisible();

  await chair.page.getByRole("button", { name: "Présider la séance" }).click();
  const late = await arrive("Retardataire");
  await late.enter(code);
  await expect(late.key("Micro coupé")).toBeVisible();
  await guest.key("Demander la parole").click();
  const panel = chair.page.getByRole("complementary", { name: "Parole" });
  await expect(panel.getByRole("listitem")).toContainText(["Ambassadeur"]);
  await guest.key("Plus").click();
  await guest.page.getByRole("menuitem", { name: "Parole" }).click();
  await expect(guest.page.getByRole("complementary", { name: "Parole" })).toBeVisible();
  await fits(guest);
  await hasGoodAccess(guest.page);

  await panel.getByRole("button", { name: "Retirer Ambassadeur de la liste" }).click();
  await expect(panel.getByText("Aucune demande.")).toBeVisible();
  await guest.page.keyboard.press("Escape");
  await expect(guest.key("Demander la parole")).toBeVisible();
});
