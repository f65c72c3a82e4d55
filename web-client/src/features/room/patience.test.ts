import { expect, test } from "vitest";
import { patienceFor } from "./patience";

const page = (connection: number, answer: number) => ({
  connectStart: 100,
  connectEnd: 100 + connection,
  requestStart: 700,
  responseStart: 700 + answer,
});

test("a near server is soon tried again, though not at once", () => {
  expect(patienceFor(page(2, 5))).toBe(2_500);
  expect(patienceFor(page(200, 110))).toBe(2_500);
});

test("a satellite is given the time it takes", () => {
  expect(patienceFor(page(1_300, 650))).toBe(7_800);
  expect(patienceFor(page(2_400, 1_200)), "within limits").toBe(10_000);
});

test("a connection that was there already says nothing of how long another takes", () => {
  expect(patienceFor(page(0, 600))).toBe(7_200);
});

test("where nothing is known it is long", () => {
  expect(patienceFor(undefined)).toBe(10_000);
});
