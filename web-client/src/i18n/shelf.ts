//! The words that have come, and those on their way.

import { fr, type Core } from "./fr";
import { sources, type Language, type PartName, type Parts } from "./parts";

type Shelf = Partial<Core & Parts>;

const shelves: Readonly<Record<Language, Shelf>> = { fr: { ...fr }, en: {} };
const coming = new Map<string, Promise<void>>();

/** What there is of a language; it grows in place. */
export const shelfOf = (language: Language): Shelf => shelves[language];

export const hasCore = (language: Language): boolean => shelves[language].app !== undefined;

export const hasPart = (language: Language, part: PartName): boolean => shelves[language][part] !== undefined;

/** Brings a part, once; after a failure the next asker tries again. What has come says so, as React's `use` reads it: whoever
 * asks then need not wait. */
export function bring(language: Language, part: PartName): Promise<void> {
  return once(`${language}/${part}`, async () => {
    Object.assign(shelves[language], { [part]: await sources[language][part]() });
  });
}

/** Brings what everybody may have to read, and whatever parts are here in another language. */
export async function coreOf(language: Language, like: Language = language): Promise<void> {
  const parts = (Object.keys(sources[like]) as PartName[]).filter((part) => hasPart(like, part));
  await Promise.all([
    once(language, async () => {
      if (language === "en") Object.assign(shelves.en, (await import("./en")).en);
    }),
    ...parts.map((part) => bring(language, part)),
  ]);
}

function once(what: string, fetch: () => Promise<void>): Promise<void> {
  let known = coming.get(what);
  if (!known) {
    known = fetch();
    const asked = known;
    asked.then(
      () => Object.assign(asked, { status: "fulfilled", value: undefined }),
      () => coming.delete(what),
    );
    coming.set(what, asked);
  }
  return known;
}
