import { expect, it } from "vitest";
import { clocksOf } from "./clocks";

const DELHI = { place: "New Delhi", time_zone: "Asia/Kolkata" };
const CAPITAL = { place: "Porto-Novo", time_zone: "Africa/Porto-Novo" };
const NOW = new Date("2026-12-01T10:00:00Z");

it("shows the time at the post, then the capital’s", () => {
  expect(clocksOf([DELHI, CAPITAL], "Asia/Kolkata", NOW)).toEqual([DELHI, CAPITAL]);
});

it("puts the time of who travels first, by the city in its name", () => {
  expect(clocksOf([CAPITAL], "America/New_York", NOW)).toEqual([
    { place: "New York", time_zone: "America/New_York" },
    CAPITAL,
  ]);
});

it("takes two zones that read alike for one", () => {
  expect(clocksOf([CAPITAL], "Africa/Lagos", NOW)).toEqual([CAPITAL]);
});
