import { expect, test } from "vitest";
import { decibelsOf, hear, listening, type Hearing } from "./silence";

const NOTHING = -100;
const ROOM = -62;
const SPEECH = -30;

test("six seconds without a sound are silence, and a word ends it at once", () => {
  const almost = listen(NOTHING, 5_900);
  expect(almost.silent).toBe(false);

  const silent = listen(NOTHING, 200, almost);
  expect(silent.silent).toBe(true);

  expect(hear(silent, SPEECH, silent.at + 50).silent).toBe(false);
});

test("the hum of a quiet room is no voice", () => {
  expect(listen(ROOM, 7_000).silent).toBe(true);
});

test("who speaks now and then is heard", () => {
  let hearing = listening(0);
  for (let word = 0; word < 5; word += 1) {
    hearing = listen(NOTHING, 4_000, hearing);
    hearing = listen(SPEECH, 300, hearing);
    expect(hearing.silent).toBe(false);
  }
});

test("a page in the background hears nothing, which says nothing", () => {
  const before = listen(NOTHING, 3_000);

  const back = hear(before, NOTHING, before.at + 60_000);

  expect(back.silent).toBe(false);
  expect(listen(NOTHING, 6_000, back).silent).toBe(true);
});

test("what was silent before stays so in the background", () => {
  const silent = listen(NOTHING, 7_000);
  expect(hear(silent, NOTHING, silent.at + 60_000).silent).toBe(true);
});

test("levels are told in decibels below full scale", () => {
  expect(decibelsOf(new Float32Array(512))).toBe(-100);
  expect(decibelsOf(new Float32Array(512).fill(1))).toBeCloseTo(0);
  expect(decibelsOf(new Float32Array(512).fill(0.1))).toBeCloseTo(-20);
});

/** Looks twenty times a second for a while. */
function listen(decibels: number, milliseconds: number, from: Hearing = listening(0)): Hearing {
  let hearing = from;
  for (let passed = 50; passed <= milliseconds; passed += 50) {
    hearing = hear(hearing, decibels, from.at + passed);
  }
  return hearing;
}
