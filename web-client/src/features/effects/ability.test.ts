import { expect, test } from "vitest";
import { blurAbility, quietAbility, type Device } from "./ability";

const device = (change: Partial<Device> = {}): Device => ({
  cores: 8,
  vectors: true,
  saveData: false,
  ...change,
});

test("a machine of four processors may do both", () => {
  expect(blurAbility(device({ cores: 4 }))).toBe("able");
  expect(quietAbility(device({ cores: 4 }))).toBe("able");
});

test("a weak machine blurs nothing, and still takes noises out", () => {
  expect(blurAbility(device({ cores: 2 }))).toBe("weak");
  expect(quietAbility(device({ cores: 2 }))).toBe("able");
  expect(quietAbility(device({ cores: 1 }))).toBe("weak");
});

test("a browser that computes one number at a time does neither", () => {
  expect(blurAbility(device({ vectors: false }))).toBe("weak");
  expect(quietAbility(device({ vectors: false }))).toBe("weak");
});

test("who spares the line is not made to fetch them", () => {
  expect(blurAbility(device({ saveData: true }))).toBe("spares");
  expect(quietAbility(device({ saveData: true }))).toBe("spares");
  expect(blurAbility(device({ saveData: true, cores: 1 })), "what cannot be is said first").toBe("weak");
});
