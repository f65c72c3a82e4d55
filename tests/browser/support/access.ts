//! What every page owes everybody: to be reachable, readable, and narrow enough.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, type Page } from "@playwright/test";
import type { Person } from "./person.js";

/** Nothing sticks out to the right. */
export async function fits(person: Person): Promise<void> {
  const overflow = await person.page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${person.page.url()} is too wide`).toBeLessThanOrEqual(0);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary?: string }[];
}

/** No fault that would shut somebody out, by axe-core. */
export async function hasGoodAccess(page: Page): Promise<void> {
  // What is still coming in is paler than it will be.
  await page.evaluate(async () => {
    const ends = document.getAnimations().filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime));
    await Promise.allSettled(ends.map((animation) => animation.finished));
  });
  await page.evaluate(axeSource);
  const findings = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run: (context: object, options: object) => Promise<{ violations: Finding[] }> } };
    // The announcer of react-aria keeps what it said a while after its page has gone.
    const page = { exclude: [["[data-live-announcer]"]] };
    const { violations } = await axe.run(page, { resultTypes: ["violations"] });
    return violations;
  });
  const serious = findings
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join(" | ")}`);
  expect(serious).toEqual([]);
}
