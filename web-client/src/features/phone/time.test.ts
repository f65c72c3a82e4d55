import { describe, expect, it } from "vitest";
import { hourAt, isLate, spanOf } from "./time";

describe("the hour at a post", () => {
  const noon = new Date("2026-11-24T12:00:00Z");

  it("is that of its zone", () => {
    expect(hourAt("Asia/Kolkata", "fr", noon)).toBe("17:30");
    expect(hourAt("Africa/Porto-Novo", "en", noon)).toBe("13:00");
  });

  it("is not told where the browser does not know it", () => {
    expect(hourAt("", "fr", noon)).toBeUndefined();
    expect(hourAt("Africa/Nowhere", "fr", noon)).toBeUndefined();
  });

  it("is late in the evening and at night", () => {
    expect(isLate("Asia/Tokyo", noon)).toBe(true);
    expect(isLate("Europe/Paris", noon)).toBe(false);
    expect(isLate("Africa/Nowhere", noon)).toBe(false);
  });
});

describe("the span of a call", () => {
  it("has hours only when there are some", () => {
    expect(spanOf(272_400)).toBe("04:32");
    expect(spanOf(3_723_000)).toBe("1:02:03");
    expect(spanOf(-5)).toBe("00:00");
  });
});
