import { describe, expect, it } from "vitest";
import { amountOf, minutesOf, monthsBetween, monthWord } from "../../amounts";
import { scaleFor, unitFor } from "./scale";

describe("amounts", () => {
  it("stand with a wide space between thousands and the digits of their currency", () => {
    expect(amountOf(41_860_000, 0, "fr")).toBe("41\u00a0860\u00a0000");
    expect(amountOf(123_456, 2, "en")).toBe("1,234.56");
    expect(minutesOf(89_999, "fr")).toBe("1");
  });

  it("are of months, the newest first, over the end of a year", () => {
    expect(monthsBetween("2025-11", "2026-02")).toEqual(["2026-02", "2026-01", "2025-12", "2025-11"]);
    expect(monthWord("2026-11", "fr")).toBe("novembre 2026");
  });
});

describe("an axis", () => {
  it("begins at zero and ends with a round number above the highest value", () => {
    expect(scaleFor(74)).toEqual({ top: 80, marks: [0, 20, 40, 60, 80] });
    expect(scaleFor(100).top).toBe(100);
    expect(scaleFor(101).top).toBe(150);
    expect(scaleFor(0)).toEqual({ top: 1, marks: [0, 1] });
    for (const highest of [0.3, 1, 7, 12, 99, 1_234, 67_500_000]) {
      const { top, marks } = scaleFor(highest);
      expect(top).toBeGreaterThanOrEqual(highest);
      expect(marks.length).toBeLessThanOrEqual(6);
    }
  });

  it("counts in what keeps its marks short", () => {
    expect([900, 67_000, 67_500_000].map(unitFor)).toEqual(["one", "thousand", "million"]);
  });
});
