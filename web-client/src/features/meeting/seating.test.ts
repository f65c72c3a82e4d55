import { describe, expect, it } from "vitest";
import { gridShape, inOrder, pageOf, tilesPerPage, withFlags } from "./seating";

describe("seating", () => {
  it("is by arrival, and the same whatever order people are listed in", () => {
    const people = [seat("c", 2), seat("b", 1), seat("a", 2)];

    expect(inOrder(people).map(({ identity }) => identity)).toEqual(["b", "a", "c"]);
    expect(inOrder([...people].reverse())).toEqual(inOrder(people));
  });

  it("pages nine on laptops, six on phones, and twenty-five on large screens", () => {
    expect(tilesPerPage(1_440)).toBe(9);
    expect(tilesPerPage(1_920)).toBe(25);
    expect(tilesPerPage(390)).toBe(6);

    const page = pageOf(
      Array.from({ length: 20 }, (_, i) => i),
      3,
      9,
    );
    expect(page).toEqual({ people: [18, 19], number: 3, of: 3 });
  });

  it("falls back to the last page when the asked one is gone", () => {
    expect(pageOf([1, 2, 3], 7, 9).number).toBe(1);
    expect(pageOf([], 1, 9)).toEqual({ people: [], number: 1, of: 1 });
  });

  it("shapes the grid so that pictures are largest", () => {
    expect(gridShape(1, 1280, 720)).toEqual({ columns: 1, rows: 1 });
    expect(gridShape(2, 1280, 640)).toEqual({ columns: 2, rows: 1 });
    expect(gridShape(4, 1280, 720)).toEqual({ columns: 2, rows: 2 });
    expect(gridShape(9, 1280, 720)).toEqual({ columns: 3, rows: 3 });
    expect(gridShape(2, 390, 700)).toEqual({ columns: 1, rows: 2 });
    expect(gridShape(6, 390, 700)).toEqual({ columns: 2, rows: 3 });
  });

  it("puts people under flags where several parties meet, and nowhere else", () => {
    const place = { party: "Bénin", country: "BJ", rank: 1, seat: 1, title: "", isHead: true };
    const here = { identity: "a", isSelf: true, place };
    const there = { identity: "b", isSelf: false, place: { ...place, country: "IN", rank: 2 } };
    const observer = { identity: "c", isSelf: false, place: undefined };

    expect(withFlags([here, observer]).map(({ flag }) => flag)).toEqual(["", ""]);
    expect(withFlags([here, there, observer]).map(({ flag }) => flag)).toEqual(["BJ", "IN", ""]);
  });
});

const seat = (identity: string, joinedAt: number) => ({
  identity,
  joinedAt,
  isSelf: false,
  place: undefined,
});
