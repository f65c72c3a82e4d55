import { describe, expect, it } from "vitest";
import type { AgendaEntry } from "../../api/schedules";
import { mondayOf, nextOf, otherClocks, weekOf } from "./week";

const entry = (begins: Date, more: Partial<AgendaEntry> = {}): AgendaEntry =>
  ({
    code: "abc-defg-hij",
    begins: begins.toISOString(),
    ends: new Date(begins.getTime() + 3_600_000).toISOString(),
    cancelled: false,
    time_zone: "Africa/Porto-Novo",
    place: "Porto-Novo",
    parties: [
      { name: "Bénin", country: "BJ", zone: "Africa/Porto-Novo", head: null, seats: 1 },
      { name: "Inde", country: "IN", zone: "Asia/Kolkata", head: null, seats: 1 },
    ],
    ...more,
  }) as AgendaEntry;

describe("the week", () => {
  it("begins on Monday, whatever day it is", () => {
    for (const day of [30, 31]) expect(mondayOf(new Date(2026, 10, day, 23, 59)).getDate()).toBe(30);
    expect(mondayOf(new Date(2026, 11, 6)).getDate()).toBe(30);
  });

  it("has what begins on each day by time, and nothing twice", () => {
    const monday = new Date(2026, 10, 30);
    const late = entry(new Date(2026, 11, 3, 23, 59));
    const early = entry(new Date(2026, 11, 3, 8, 0));

    const week = weekOf(monday, [late, early, entry(new Date(2026, 11, 7))]);

    expect(week.map((day) => day.entries.length)).toEqual([0, 0, 0, 2, 0, 0, 0]);
    expect(week[3]?.entries).toEqual([early, late]);
  });

  it("knows the next meeting, and passes over what is cancelled or over", () => {
    const now = new Date(2026, 11, 3, 12, 0);
    const over = entry(new Date(2026, 11, 3, 9, 0));
    const cancelled = entry(new Date(2026, 11, 3, 13, 0), { cancelled: true });
    const next = entry(new Date(2026, 11, 3, 14, 0));

    expect(nextOf([over, cancelled, next], now)).toBe(next);
    expect(nextOf([over], now)).toBeUndefined();
  });

  it("shows the clocks of others once each", () => {
    const places = otherClocks(entry(new Date()), "Africa/Porto-Novo");

    expect(places).toEqual([{ place: "Inde", zone: "Asia/Kolkata" }]);
  });
});
