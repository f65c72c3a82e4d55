//! The axis of a plot: from zero to a round number above the highest value, in steps people count in.

export interface Scale {
  /** The highest mark. */
  top: number;
  /** All marks, zero among them. */
  marks: number[];
}

/** Three to five steps of 1, 2 or 5 times a power of ten. */
export function scaleFor(highest: number): Scale {
  if (highest <= 0) return { top: 1, marks: [0, 1] };
  const power = 10 ** Math.floor(Math.log10(highest / 4));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each * 4 >= highest) ?? power * 10;
  const steps = Math.ceil(highest / step);
  const marks = Array.from({ length: steps + 1 }, (_, at) => at * step);
  return { top: steps * step, marks };
}

/** In what an axis counts, so that its marks stay short. */
export function unitFor(highest: number): "one" | "thousand" | "million" {
  if (highest >= 2_000_000) return "million";
  return highest >= 20_000 ? "thousand" : "one";
}

export const worth = { one: 1, thousand: 1_000, million: 1_000_000 } as const;
