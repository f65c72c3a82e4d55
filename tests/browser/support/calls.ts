//! The pages of calls, in the words of the interface.

import type { Locator, Page } from "@playwright/test";
import type { Person } from "./person.js";

/** Types a number into the page of calls and calls it. */
export async function dial(person: Person, number: string): Promise<void> {
  if (!person.page.url().endsWith("/calls")) await person.page.goto("/calls");
  await person.page.getByRole("searchbox", { name: "Composer ou chercher" }).fill(number);
  await person.page.getByRole("button", { name: "Appeler", exact: true }).click();
}

/** The card of a call that comes in. */
export const cardOf = (page: Page, name: string): Locator =>
  page.getByRole("alertdialog", { name: `Appel entrant ${name}` });

/** The call at the right. */
export const live = (page: Page): Locator => page.getByRole("region", { name: "Appel en cours" });

/** A key of the call. */
export const key = (page: Page, word: string): Locator =>
  page.getByRole("toolbar", { name: "Commandes de l’appel" }).getByRole("button", { name: word, exact: true });

/** The newest line of the history. */
export const lastCall = (page: Page): Locator =>
  page.getByRole("complementary", { name: "Derniers appels" }).locator(".log button.line").first();
