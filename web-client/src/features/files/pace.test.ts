import { expect, test } from "vitest";
import { answered, firstPace, mayGo, PIECE, type Pace } from "./pace";

const after = (pace: Pace, delays: readonly number[]) =>
  delays.reduce((now, delay) => answered(now, PIECE, delay), pace);
const times = (count: number, delay: number) => Array.from({ length: count }, () => delay);

test("a link that carries all at once gets more and more, up to a limit", () => {
  const soon = after(firstPace, times(20, 40));
  expect(soon.window).toBeGreaterThan(20 * PIECE);
  expect(after(soon, times(2_000, 40)).window).toBeLessThanOrEqual(512 * 1024);
});

test("a long link is not a slow one", () => {
  expect(after(firstPace, times(20, 600)).window).toBeGreaterThan(20 * PIECE);
});

test("as soon as pieces wait, less is under way, down to one", () => {
  const wide = after(firstPace, times(30, 40));
  const narrow = after(wide, times(60, 400));
  expect(narrow.window).toBeLessThan(wide.window / 2);
  const waiting = times(200, 0).map((_, turn) => 400 + 40 * turn);
  expect(after(narrow, waiting).window).toBe(PIECE);
});

test("a link that is free again is used again, step by step", () => {
  const narrow: Pace = { window: PIECE, soonest: 40, unhindered: false };
  const freed = after(narrow, times(50, 45));
  expect(freed.window).toBeGreaterThan(3 * PIECE);
  expect(freed.window).toBeLessThan(30 * PIECE);
});

test("a way that has become longer is not taken for a full one for ever", () => {
  const near = after(firstPace, times(30, 40));
  expect(after(near, times(300, 600)).window).toBeGreaterThan(3 * PIECE);
});

test("one piece may always go, and never more than the window holds", () => {
  const narrow: Pace = { window: PIECE, soonest: 40, unhindered: false };
  expect(mayGo(narrow, 0)).toBe(true);
  expect(mayGo(narrow, PIECE)).toBe(false);
  expect(mayGo(firstPace, PIECE)).toBe(true);
});
