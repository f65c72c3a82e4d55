//! Flags as plain geometry: stripes, and marks upon them. What cannot be said that way is shown by its code. Pure.

/** A colour as `#rrggbb`. A flag is content: its colours are its own and follow no theme. */
type Colour = `#${string}`;

/** Where things are, on a cloth of 36 by 24. */
export type Mark =
  | { is: "rect"; x: number; y: number; width: number; height: number; fill: Colour }
  | { is: "disc"; x: number; y: number; r: number; fill: Colour }
  /** With five points, the first one up. */
  | { is: "star"; x: number; y: number; r: number; fill: Colour }
  /** A Nordic cross, the upright nearer to the hoist. */
  | { is: "cross"; width: number; fill: Colour }
  | { is: "shape"; points: string; fill: Colour }
  | { is: "wheel"; x: number; y: number; r: number; stroke: Colour };

export interface Flag {
  /** Which way the stripes run. */
  run: "across" | "down";
  /** From the top or the hoist, each with its width beside the others'. */
  stripes: readonly (readonly [Colour, number])[];
  marks: readonly Mark[];
}

export const WIDTH = 36;
export const HEIGHT = 24;

const across = (colours: readonly Colour[], ...marks: Mark[]): Flag => ({
  run: "across",
  stripes: colours.map((colour) => [colour, 1]),
  marks,
});
const down = (colours: readonly Colour[], ...marks: Mark[]): Flag => ({
  run: "down",
  stripes: colours.map((colour) => [colour, 1]),
  marks,
});
const nordic = (ground: Colour, ...crosses: readonly (readonly [Colour, number])[]): Flag =>
  across([ground], ...crosses.map(([fill, width]): Mark => ({ is: "cross", width, fill })));
const star = (fill: Colour, x = 18, y = 12, r = 5): Mark => ({ is: "star", x, y, r, fill });
const disc = (fill: Colour, r: number): Mark => ({ is: "disc", x: 18, y: 12, r, fill });
const rect = (fill: Colour, x: number, y: number, width: number, height: number): Mark => ({
  is: "rect",
  x,
  y,
  width,
  height,
  fill,
});

const WHITE = "#ffffff";
const BLACK = "#000000";

/** By ISO 3166. */
export const flags: ReadonlyMap<string, Flag> = new Map([
  ["AT", across(["#c8102e", WHITE, "#c8102e"])],
  ["BE", down([BLACK, "#fdda25", "#ef3340"])],
  ["BF", across(["#ef2b2d", "#009e49"], star("#fcd116"))],
  ["BJ", across(["#fcd116", "#e8112d"], rect("#008751", 0, 0, 14.4, 24))],
  ["BG", across([WHITE, "#00966e", "#d62612"])],
  [
    "CD",
    across(
      ["#007fff"],
      { is: "shape", points: "0,24 0,17 27,0 36,0 36,7 9,24", fill: "#f7d618" },
      { is: "shape", points: "0,24 0,19 30,0 36,0 36,5 6,24", fill: "#ce1021" },
      star("#f7d618", 6.5, 6.5, 5),
    ),
  ],
  [
    "CG",
    across(
      ["#fbde4a"],
      { is: "shape", points: "0,0 24,0 0,24", fill: "#009543" },
      { is: "shape", points: "36,0 36,24 12,24", fill: "#dc241f" },
    ),
  ],
  ["CH", across(["#da291c"], rect(WHITE, 16, 5, 4, 14), rect(WHITE, 11, 10, 14, 4))],
  ["CI", down(["#ff8200", WHITE, "#009a44"])],
  ["CM", down(["#007a5e", "#ce1126", "#fcd116"], star("#fcd116", 18, 12, 4))],
  ["CZ", across([WHITE, "#d7141a"], { is: "shape", points: "0,0 18,12 0,24", fill: "#11457e" })],
  ["DE", across([BLACK, "#dd0000", "#ffcc00"])],
  ["DK", nordic("#c8102e", [WHITE, 3.6])],
  ["FI", nordic(WHITE, ["#003580", 6])],
  ["FR", down(["#000091", WHITE, "#e1000f"])],
  ["GA", across(["#009e60", "#fcd116", "#3a75c4"])],
  ["GH", across(["#ce1126", "#fcd116", "#006b3f"], star(BLACK, 18, 12, 4))],
  ["GN", down(["#ce1126", "#fcd116", "#009460"])],
  ["GW", across(["#fcd116", "#009e49"], rect("#ce1126", 0, 0, 12, 24), star(BLACK, 6, 12, 4))],
  ["HU", across(["#ce2939", WHITE, "#477050"])],
  ["IE", down(["#169b62", WHITE, "#ff883e"])],
  ["IN", across(["#ff9933", WHITE, "#138808"], { is: "wheel", x: 18, y: 12, r: 3.4, stroke: "#000080" })],
  ["IT", down(["#009246", WHITE, "#ce2b37"])],
  ["JP", across([WHITE], disc("#bc002d", 7.2))],
  ["LU", across(["#ed2939", WHITE, "#00a1de"])],
  ["ML", down(["#14b53a", "#fcd116", "#ce1126"])],
  ["NE", across(["#e05206", WHITE, "#0db02b"], disc("#e05206", 3.4))],
  ["NG", down(["#008753", WHITE, "#008753"])],
  ["NL", across(["#ae1c28", WHITE, "#21468b"])],
  ["NO", nordic("#ba0c2f", [WHITE, 6], ["#00205b", 3])],
  ["PL", across([WHITE, "#dc143c"])],
  ["RO", down(["#002b7f", "#fcd116", "#ce1126"])],
  ["RU", across([WHITE, "#0039a6", "#d52b1e"])],
  ["SE", nordic("#006aa7", ["#fecc02", 4.8])],
  ["SL", across(["#1eb53a", WHITE, "#0072c6"])],
  ["SN", down(["#00853f", "#fdef42", "#e31b23"], star("#00853f", 18, 12, 4))],
  ["TD", down(["#002664", "#fecb00", "#c60c30"])],
  [
    "TG",
    across(
      ["#006a4e", "#ffce00", "#006a4e", "#ffce00", "#006a4e"],
      rect("#d21034", 0, 0, 14.4, 14.4),
      star(WHITE, 7.2, 7.4, 5),
    ),
  ],
  ["UA", across(["#0057b7", "#ffd700"])],
]);

/** The points of a star, as SVG wants them. */
export function starPoints(x: number, y: number, r: number): string {
  return Array.from({ length: 10 }, (_, at) => {
    const reach = at % 2 === 0 ? r : r * INNER;
    const angle = (at * Math.PI) / 5 - Math.PI / 2;
    return `${round(x + reach * Math.cos(angle))},${round(y + reach * Math.sin(angle))}`;
  }).join(" ");
}

const round = (length: number) => Math.round(length * 100) / 100;
/** How far the inner corners of a five-pointed star lie, whose lines run straight through. */
const INNER = 0.382;
