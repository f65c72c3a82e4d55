//! What is told apart by its colour can be told apart (WCAG 2.2, 1.4.3 and 1.4.11): computed from the tokens themselves.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** Words on what is behind them. */
const TEXT = [
  ["ink", "ground"],
  ["ink", "surface"],
  ["ink-2", "ground"],
  ["ink-2", "surface"],
  ["ink-3", "ground"],
  ["ink-3", "sunken"],
  ["ink-3", "surface"],
  ["leaf", "surface"],
  ["leaf", "leaf-soft"],
  ["on-leaf", "leaf"],
  ["on-leaf", "leaf-strong"],
  ["voice-ink", "voice-soft"],
  ["voice-ink", "surface"],
  ["on-danger", "danger"],
  ["danger-ink", "danger-soft"],
  ["danger-ink", "surface"],
  ["info", "info-soft"],
  ["on-mark", "mark-internal"],
  ["on-mark", "mark-restricted"],
  ["mark-internal-ink", "ground"],
  ["mark-restricted-ink", "ground"],
  ["on-cloth", "cloth"],
  ["on-cloth-2", "cloth"],
  ["on-plate", "plate"],
  ["on-plate-2", "plate"],
] as const;

/** Edges of controls, the focus, and what is drawn instead of being written. */
const DRAWN = [
  ["control", "ground"],
  ["control", "surface"],
  ["focus", "ground"],
  ["focus", "surface"],
  ["focus", "sunken"],
  ["leaf", "ground"],
  ["voice", "cloth"],
] as const;

/** Where amber stands for a voice by itself: in the room, which is dark in every theme. */
const IN_THE_ROOM = [
  ["voice", "ground"],
  ["voice", "sunken"],
  ["voice", "surface"],
] as const;

const PLACES: Readonly<Record<string, readonly string[]>> = {
  light: [":root"],
  dark: [":root", '[data-theme="dark"]'],
  contrast: [":root", '[data-theme="contrast"]'],
  "a room in the light theme": [":root", ".room"],
};

describe.each(Object.entries(PLACES))("in %s", (place, selectors) => {
  const tokens = tokensOf(selectors);
  const drawn = place === "light" ? DRAWN : [...DRAWN, ...IN_THE_ROOM];

  it.each(TEXT)("%s is read on %s", (ink, ground) => {
    expect(contrast(tokens, ink, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(drawn)("%s is seen on %s", (ink, ground) => {
    expect(contrast(tokens, ink, ground)).toBeGreaterThanOrEqual(3);
  });
});

it("computes what the eye's norm says of black, white and grey", () => {
  const tokens = new Map([
    ["black", [0, 0, 0]],
    ["white", [1, 0, 0]],
    ["red", [0.62796, 0.25768, 29.234]],
  ] as const);

  expect(contrast(tokens, "black", "white")).toBeCloseTo(21, 1);
  expect(contrast(tokens, "red", "white")).toBeCloseTo(4.0, 1);
});

type Colour = readonly [lightness: number, chroma: number, hue: number];

/** The colours that hold where one of the selectors does, the last word of the sheet for each. */
function tokensOf(selectors: readonly string[]): ReadonlyMap<string, Colour> {
  const sheet = readFileSync(new URL("tokens.css", import.meta.url), "utf8").replace(/\/\*.*?\*\//gs, "");
  const tokens = new Map<string, Colour>();
  for (const [, heads = "", body = ""] of sheet.matchAll(/([^{}]+)\{([^{}]*)\}/g)) {
    if (!heads.split(",").some((head) => selectors.includes(head.trim()))) continue;
    for (const [, name = "", l, c, h] of body.matchAll(/--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\);/g))
      tokens.set(name, [Number(l), Number(c), Number(h)]);
  }
  return tokens;
}

function contrast(tokens: ReadonlyMap<string, Colour>, one: string, other: string): number {
  const [darker, lighter] = [one, other]
    .map((name) => {
      const colour = tokens.get(name);
      if (!colour) throw new Error(`there is no --${name}`);
      return luminance(colour);
    })
    .sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

/** CSS Color 4: OKLCH to linear sRGB; then WCAG's relative luminance. */
function luminance([lightness, chroma, hue]: Colour): number {
  const angle = (hue * Math.PI) / 180;
  const [a, b] = [chroma * Math.cos(angle), chroma * Math.sin(angle)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const seen = (value: number) => Math.min(Math.max(value, 0), 1);
  return (
    0.2126 * seen(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s) +
    0.7152 * seen(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s) +
    0.0722 * seen(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)
  );
}
