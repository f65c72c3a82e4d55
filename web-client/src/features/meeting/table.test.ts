import { describe, expect, it } from "vitest";
import { byProtocol, pagesOf, placeOf, rowOf, tableOf } from "./table";

describe("a place", () => {
  it("is what the token says, or none", () => {
    const attributes = {
      "palabre.place": "2.3",
      "palabre.party": "Inde",
      "palabre.country": "IN",
      "palabre.title": "Directrice des visas",
      "palabre.head": "yes",
    };
    const place = {
      party: "Inde",
      country: "IN",
      rank: 2,
      seat: 3,
      title: "Directrice des visas",
      isHead: true,
    };
    expect(placeOf(attributes)).toEqual(place);
    expect(placeOf({})).toBeUndefined();
    for (const odd of ["", "2", "0.1", "x.y", "2."])
      expect(placeOf({ ...attributes, "palabre.place": odd }), odd).toBeUndefined();
  });
});

describe("the table", () => {
  const benin = [person("b2", 1, 2), person("b-head", 1, 3, true), person("b1", 1, 1)];
  const india = [person("i1", 2, 1), person("i-head", 2, 2, true)];
  const guest = { identity: "guest", isSelf: false, place: undefined };

  it("has one order for all, heads first, whatever order people came in", () => {
    const names = [guest, ...india, ...benin].sort(byProtocol).map(({ identity }) => identity);
    expect(names).toEqual(["b-head", "b1", "b2", "i-head", "i1", "guest"]);
  });

  it("shows the own delegation near, and the other facing it", () => {
    const asGuest = tableOf([guest, ...india, ...benin]);
    expect([asGuest?.near.party, asGuest?.far.party]).toEqual(["party 1", "party 2"]);
    expect(asGuest?.others).toEqual([guest]);

    const asIndia = tableOf([...benin, ...india.map((one) => ({ ...one, isSelf: one.identity === "i1" }))]);
    expect([asIndia?.near.party, asIndia?.far.party]).toEqual(["party 2", "party 1"]);
  });

  it("is there for two delegations, no fewer and no more", () => {
    expect(tableOf([guest, ...benin])).toBeUndefined();
    expect(tableOf([...benin, ...india, person("x", 3, 1)])).toBeUndefined();
  });

  it("has the head in the middle of every page, and the next by rank to the left and right", () => {
    const side = ["head", "1", "2", "3", "4", "5", "6"];
    expect(rowOf(side, 1)).toEqual(["3", "1", "head", "2", "4"]);
    expect(rowOf(side, 2)).toEqual(["5", "head", "6"]);
    expect(rowOf(["head", "1"], 1)).toEqual(["1", "head"]);
    expect(rowOf([], 1)).toEqual([]);

    const table = { far: sideOf(7), near: sideOf(3), others: [] };
    expect(pagesOf(table)).toBe(2);
    expect(pagesOf({ ...table, far: sideOf(5) })).toBe(1);
    expect(pagesOf({ ...table, far: sideOf(1), near: sideOf(1) })).toBe(1);
  });
});

function person(identity: string, rank: number, seat: number, isHead = false) {
  const place = { party: `party ${rank}`, country: "", rank, seat, title: "", isHead };
  return { identity, isSelf: false, place };
}

const sideOf = (length: number) => ({ party: "", country: "", people: Array.from({ length }, (_, i) => i) });
