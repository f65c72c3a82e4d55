//! What may come over the line before a page can be used, in bytes of Brotli. Whoever needs more has to say so here.

import { filesFor, type Built } from "./built.ts";
import { meeting, prejoin, signIn, type Page } from "./pages.ts";

export interface Budget {
  page: string;
  limit: number;
  bytes: number;
  /** The heaviest files. */
  most: readonly { name: string; bytes: number }[];
}

const LIMITS: readonly { page: string; limit: number; of: Page }[] = [
  { page: "sign-in", limit: 120_000, of: signIn },
  { page: "pre-join", limit: 120_000, of: prejoin },
  { page: "meeting in all", limit: 260_000, of: meeting },
];

/** What each page weighs, in the language in which it weighs more. */
export function budgets(built: Built): Budget[] {
  return LIMITS.map(({ page, limit, of }) => {
    const [heavier] = [of.words.fr, of.words.en]
      .map((words) => weigh(built, [...of.modules, ...words]))
      .sort((a, b) => b.bytes - a.bytes);
    return { page, limit, bytes: 0, most: [], ...heavier };
  });
}

/** The pages that weigh too much. */
export const tooHeavy = (all: readonly Budget[]): Budget[] => all.filter(({ bytes, limit }) => bytes > limit);

/** What is for development, and came into the build all the same. */
export const strays = (built: Built): string[] =>
  Object.values(built).flatMap(({ modules }) => modules.filter((module) => DEVELOPMENT.test(module)));

const DEVELOPMENT = /^src\/design\/|\/(?:Pieces\.tsx|samples\.ts)$/;

/** A line a page, and what weighs most in those that weigh too much. */
export function tableOf(all: readonly Budget[]): string {
  const line = (page: string, ...cells: string[]) =>
    page.padEnd(16) + cells.map((cell) => cell.padStart(10)).join("");
  const kilo = (bytes: number) => (bytes / 1000).toFixed(1);
  return [
    line("kB of Brotli", "weighs", "may", "left"),
    ...all.map(({ page, bytes, limit }) => line(page, kilo(bytes), kilo(limit), kilo(limit - bytes))),
    ...tooHeavy(all).flatMap(({ page, most }) => [
      `${page} is too heavy, most of it in`,
      ...most.map(({ name, bytes }) => `  ${kilo(bytes).padStart(6)} ${name}`),
    ]),
  ].join("\n");
}

function weigh(built: Built, modules: readonly string[]): Pick<Budget, "bytes" | "most"> {
  const files = filesFor(built, modules)
    .map((name) => ({ name, bytes: built[name]?.bytes ?? 0 }))
    .sort((a, b) => b.bytes - a.bytes);
  return { bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), most: files.slice(0, 8) };
}
