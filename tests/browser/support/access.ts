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

/** Nothing is lost where lines, words and letters are set wider apart (WCAG 2.2, 1.4.12). */
export async function bearsWideText(person: Person): Promise<void> {
  await person.page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }",
    );
    document.adoptedStyleSheets.push(sheet);
  });
  await fits(person);
  const cut = await person.page.evaluate(() => {
    const cuts = (overflow: string) => overflow === "hidden" || overflow === "clip";
    const says = ({ childNodes }: Element) =>
      [...childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
    const isCut = (element: Element) => {
      const { overflowX, overflowY } = getComputedStyle(element);
      // What is for screen readers alone is cut for everybody else.
      if (!says(element) || !element.checkVisibility() || element.closest(".hide")) return false;
      return (
        (cuts(overflowX) && element.scrollWidth > element.clientWidth + 1) ||
        (cuts(overflowY) && element.scrollHeight > element.clientHeight + 1)
      );
    };
    return [...document.body.querySelectorAll("*")].filter(isCut).map(({ outerHTML }) => outerHTML.slice(0, 200));
  });
  expect(cut, `${person.page.url()} cuts what is set wider`).toEqual([]);
  await person.page.evaluate(() => document.adoptedStyleSheets.pop());
}

/** Whoever goes through it by Tab meets everything in the order in which it is read. */
export async function isInOrder({ page }: Person): Promise<void> {
  const pushed = await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("[tabindex]")]
      .filter(({ tabIndex }) => tabIndex > 0)
      .map(({ outerHTML }) => outerHTML.slice(0, 200)),
  );
  expect(pushed, `${page.url()} sends Tab somewhere else`).toEqual([]);
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary?: string }[];
}

/** No fault that would shut somebody out or lead them astray, by axe-core; and every table has a title. */
export async function hasGoodAccess(page: Page): Promise<void> {
  // What is still to come would be missed.
  await expect(page.locator("h1").first()).toBeVisible();
  await expect(page.locator(".loading")).toHaveCount(0);
  await expect(page.locator("table:not([aria-label], [aria-labelledby], :has(> caption))")).toHaveCount(0);
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
    // What pops up hangs beside the landmarks, between two buttons for screen readers that close it.
    const hangs = ({ html }: { html: string }) => html.startsWith('<div style="display: contents;"');
    for (const finding of violations) if (finding.id === "region") finding.nodes = finding.nodes.filter((node) => !hangs(node));
    return violations.filter(({ nodes }) => nodes.length > 0);
  });
  const faults = findings
    .filter(({ impact }) => impact !== "minor")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join(" | ")}`);
  expect(faults).toEqual([]);
}
