import { describe, expect, test } from "vitest";
import {
  BREATH,
  dark,
  follow,
  largesOf,
  lookAgainAt,
  pin,
  STAY,
  STEADY,
  stripOf,
  type Candidate,
  type Spotlight,
} from "./speaker";

const everybody = ["a", "b", "c"];

describe("who is large", () => {
  test("the first word brings the light at once", () => {
    expect(follow(dark, ["b"], everybody, 0).on).toBe("b");
  });

  test("a cough does not move it", () => {
    let light = spoken("a");
    light = follow(light, ["b"], everybody, LATER);
    light = follow(light, [], everybody, LATER + 300);

    expect(waitOn(light, [], LATER + 300, 10_000).on).toBe("a");
  });

  test("whoever goes on speaking gets it", () => {
    let light = spoken("a");
    light = follow(light, ["b"], everybody, LATER);
    expect(light.on).toBe("a");
    expect(lookAgainAt(light)).toBe(LATER + STEADY);

    expect(follow(light, ["b"], everybody, LATER + STEADY - 1).on).toBe("a");
    expect(follow(light, ["b"], everybody, LATER + STEADY).on).toBe("b");
  });

  test("looked at again when that was due, it has moved, at whatever fraction of a millisecond", () => {
    for (let at = LATER; at < LATER + 5; at += 0.0137) {
      const light = follow(spoken("a"), ["b"], everybody, at);
      const due = lookAgainAt(light);
      expect(follow(light, ["b"], everybody, due ?? 0).on, String(at)).toBe("b");
    }
  });

  test("a breath between words does not begin anew", () => {
    let light = spoken("a");
    light = follow(light, ["b"], everybody, LATER);
    light = follow(light, [], everybody, LATER + 500);
    light = follow(light, ["b"], everybody, LATER + 500 + BREATH - 1);

    expect(follow(light, ["b"], everybody, LATER + STEADY).on).toBe("b");
  });

  test("who has it keeps it while speaking, and after falling silent until somebody else speaks", () => {
    let light = spoken("a");
    light = follow(light, ["a", "b"], everybody, LATER);
    expect(waitOn(light, ["a", "b"], LATER, 20_000).on).toBe("a");

    light = spoken("a");
    expect(waitOn(light, [], LATER, 60_000).on).toBe("a");
  });

  test("when two talked at once and the first ends, the other gets it a breath later", () => {
    let light = spoken("a");
    light = follow(light, ["a", "b"], everybody, LATER);
    expect(lookAgainAt(light)).toBeUndefined();
    light = follow(light, ["b"], everybody, LATER + 5_000);
    expect(light.on).toBe("a");

    expect(lookAgainAt(light)).toBe(LATER + 5_000 + BREATH);
    expect(follow(light, ["b"], everybody, LATER + 5_000 + BREATH).on).toBe("b");
  });

  test("it does not swing between two", () => {
    let light = spoken("a");
    light = follow(light, ["b"], everybody, LATER);
    light = follow(light, ["b"], everybody, LATER + STEADY);
    const moved = LATER + STEADY;
    expect(light.on).toBe("b");

    light = follow(light, ["c"], everybody, moved + BREATH);
    expect(follow(light, ["c"], everybody, moved + BREATH + STEADY).on).toBe("b");
    expect(lookAgainAt(light)).toBe(moved + STAY);
    expect(follow(light, ["c"], everybody, moved + STAY).on).toBe("c");
  });

  test("who leaves loses it, to whoever speaks then", () => {
    const light = spoken("a");
    expect(follow(light, [], ["b", "c"], LATER).on).toBeUndefined();
    expect(follow(light, ["c"], ["b", "c"], LATER).on).toBe("c");
  });

  test("nothing is looked for while nobody else speaks", () => {
    expect(lookAgainAt(dark)).toBeUndefined();
    expect(lookAgainAt(spoken("a"))).toBeUndefined();
  });
});

describe("the places around", () => {
  const [ann, self, ben] = [person("ann"), person("self", true), person("ben")];

  test("the pinned go before the floor, the floor before the voice, and then the first", () => {
    const people = [self, ann, ben];
    expect(largesOf(people, ["ben"], "ann", "ann")).toEqual([ben]);
    expect(largesOf(people, ["ben", "ann"])).toEqual([ann, ben]);
    expect(largesOf(people, [], "ben", "ann")).toEqual([ben]);
    expect(largesOf(people, ["gone"], undefined, "ben")).toEqual([ben]);
    expect(largesOf(people, [])).toEqual([ann]);
  });

  test("oneself is large only when alone", () => {
    expect(largesOf([self, ann], ["self"], "self")).toEqual([ann]);
    expect(largesOf([self], [])).toEqual([self]);
    expect(largesOf<Candidate>([], [])).toEqual([]);
  });

  test("four are kept large at most; the first gives way to a fifth", () => {
    const four = ["a", "b", "c", "d"].reduce<readonly string[]>(pin, []);
    expect(four).toEqual(["a", "b", "c", "d"]);
    expect(pin(four, "e")).toEqual(["b", "c", "d", "e"]);
    expect(pin(four, "b")).toEqual(["a", "c", "d"]);
  });

  test("the strip keeps the order, and oneself in it", () => {
    const cy = person("cy");
    expect(stripOf([ann, ben, cy, self], [ann], 5)).toEqual([ben, cy, self]);
    expect(stripOf([ann, ben, cy, self], [ann], 2)).toEqual([ben, self]);
    expect(stripOf([ann, ben, self, cy], [ben], 2)).toEqual([ann, self]);
    expect(stripOf([self], [self], 2)).toEqual([]);
  });
});

const LATER = 10_000;

/** Somebody has spoken, and been silent for a while. */
function spoken(identity: string): Spotlight {
  return follow(follow(dark, [identity], everybody, 0), [], everybody, 5_000);
}

/** Looks again whenever it is asked for, as the screen does. */
function waitOn(light: Spotlight, speaking: string[], from: number, span: number): Spotlight {
  for (let at = from; at <= from + span; at += 100) light = follow(light, speaking, everybody, at);
  return light;
}

function person(identity: string, isSelf = false) {
  return { identity, isSelf };
}
