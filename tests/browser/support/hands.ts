//! How somebody works a page: with a pointer, or with the keyboard and nothing else.

import { expect, type Locator } from "@playwright/test";

export interface Hands {
  /** Presses a button or follows a link. */
  press(target: Locator): Promise<void>;
  /** Writes into a field what shall stand there. */
  write(field: Locator, text: string): Promise<void>;
}

export const pointer: Hands = {
  press: (target) => target.click(),
  write: (field, text) => field.fill(text),
};

export const keyboard: Hands = {
  press: async (target) => {
    await reach(target);
    await target.page().keyboard.press("Enter");
  },
  write: async (field, text) => {
    await reach(field);
    await field.page().keyboard.press("ControlOrMeta+A");
    await field.page().keyboard.type(text);
  },
};

/** Goes there by Tab, and within a toolbar by arrows, as whoever has no pointer does. */
async function reach(target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  await expect(target).toBeEnabled();
  const page = target.page();
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const step = await target.evaluate((element) => {
      const focused = document.activeElement;
      if (focused === element) return "there";
      const bar = element.closest("[role=toolbar]");
      if (focused === null || bar === null || !bar.contains(focused)) return "Tab";
      // A toolbar is one stop for Tab, and remembers at which key one was.
      const follows = focused.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING;
      return follows ? "ArrowRight" : "ArrowLeft";
    });
    if (step === "there") return;
    await page.keyboard.press(step);
  }
  throw new Error(`the keyboard does not reach ${target.toString()}`);
}

/** More than any page of ours has to stop at, twice around. */
const MOST_STEPS = 250;
