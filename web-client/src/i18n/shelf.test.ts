import { describe, expect, test } from "vitest";
import { sources, type PartName } from "./parts";
import { bring, coreOf, hasCore, hasPart, shelfOf } from "./shelf";

describe("the shelf of words", () => {
  test("French is there from the start, without what only a page says", () => {
    expect(hasCore("fr")).toBe(true);
    expect(hasPart("fr", "telephony")).toBe(false);
  });

  test("a part comes when it is asked for, and once", async () => {
    await Promise.all([bring("fr", "savings"), bring("fr", "savings")]);
    const first = shelfOf("fr").savings;
    expect(first?.title).toBe("Économies");
    await bring("fr", "savings");
    expect(shelfOf("fr").savings).toBe(first);
  });

  test("another language brings what was said in the first", async () => {
    await bring("fr", "audit");
    expect(hasCore("en")).toBe(false);

    await coreOf("en", "fr");

    expect(hasCore("en")).toBe(true);
    expect(hasPart("en", "audit")).toBe(true);
    expect(hasPart("en", "telephony")).toBe(false);
  });

  test("every part says the same things in both languages", async () => {
    for (const part of Object.keys(sources.fr) as PartName[]) {
      const [french, english] = await Promise.all([sources.fr[part](), sources.en[part]()]);
      expect(shapeOf(english), part).toEqual(shapeOf(french));
    }
  });
});

/** Every path to a word, so that one left over in a language is found too. */
function shapeOf(words: object, path = ""): string[] {
  return Object.entries(words)
    .flatMap(([key, word]) =>
      typeof word === "object" && word !== null
        ? shapeOf(word as object, `${path}${key}.`)
        : [`${path}${key}`],
    )
    .sort();
}
