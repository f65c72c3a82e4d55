import { expect, it } from "vitest";
import { bytesIn, withMore } from "./month";

const DECEMBER = new Date(2026, 11, 31, 23, 59);
const JANUARY = new Date(2027, 0, 1, 0, 1);

it("adds up what calls take, and begins anew with the month", () => {
  const kept = withMore(withMore(null, DECEMBER, 2_000_000), DECEMBER, 500_000);

  expect(bytesIn(kept, DECEMBER)).toBe(2_500_000);
  expect(bytesIn(kept, JANUARY)).toBe(0);
  expect(bytesIn(withMore(kept, JANUARY, 7), JANUARY)).toBe(7);
});

it("takes what somebody else has written there for nothing", () => {
  for (const odd of ["", "2026-12", "2026-12 many", "2026-12 -5", "2026-12 1e99"]) {
    expect(bytesIn(odd, DECEMBER)).toBe(0);
  }
});
