import { describe, expect, it } from "vitest";
import type { WaitingPerson, WaitingTable } from "../../api/meetings";
import { arrivals } from "./arrivals";

describe("arrivals", () => {
  it("are told once, and of every delegation whose names one may know", () => {
    const before = table({ awa: "waiting", ben: "expected" });
    const now = table({ awa: "inside", ben: "waiting" });

    expect(arrivals(before, now)).toEqual([{ name: "ben", party: "Bénin" }]);
    expect(arrivals(now, now)).toEqual([]);
  });

  it("are not told of those who were there first", () => {
    expect(arrivals(undefined, table({ awa: "waiting" }))).toEqual([]);
  });

  it("are not told of a delegation that is only a number", () => {
    const closed = (there: number): WaitingTable => ({
      ...table({}),
      parties: [{ name: "Inde", country: "IN", own: false, expected: 2, there, people: null }],
    });

    expect(arrivals(closed(0), closed(2))).toEqual([]);
  });
});

function table(people: Record<string, WaitingPerson["state"]>): WaitingTable {
  const seats = Object.entries(people).map(([name, state]) => ({
    identity: name,
    name,
    title: "",
    is_head: false,
    state,
  }));
  const there = seats.filter(({ state }) => state !== "expected").length;
  return {
    begins: null,
    ends: null,
    clocks: [],
    in_session: false,
    parties: [{ name: "Bénin", country: "BJ", own: true, expected: seats.length, there, people: seats }],
  };
}
