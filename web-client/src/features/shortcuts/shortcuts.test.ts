import { describe, expect, it } from "vitest";
import { shortcut, type KeyInput, type KeyState } from "./shortcuts";

const idle: KeyState = { enabled: true, talking: false };
const talking: KeyState = { enabled: true, talking: true };
const down = (key: string, change: Partial<KeyInput & { on: "down" }> = {}): KeyInput => ({
  on: "down",
  key,
  focus: "free",
  modified: false,
  repeat: false,
  muted: true,
  ...change,
});
const actOf = (state: KeyState, input: KeyInput) => shortcut(state, input)[1].act;

describe("letters", () => {
  it("do what the keys of the bar do, in either case", () => {
    expect(["m", "V", "h", "p", "c", "s", "?"].map((key) => actOf(idle, down(key)))).toEqual([
      "microphone",
      "camera",
      "hand",
      "people",
      "messages",
      "share",
      "list",
    ]);
  });

  it("work while a key of the bar has the focus, and never where one writes or chooses", () => {
    expect(actOf(idle, down("m", { focus: "pressable" }))).toBe("microphone");
    expect(actOf(idle, down("m", { focus: "taken" }))).toBeUndefined();
  });

  it("are left alone with Ctrl, Alt or Meta, when they repeat, and once they are switched off", () => {
    expect(actOf(idle, down("p", { modified: true }))).toBeUndefined();
    expect(actOf(idle, down("m", { repeat: true }))).toBeUndefined();
    expect(actOf({ ...idle, enabled: false }, down("m"))).toBeUndefined();
    expect(shortcut(idle, down("x"))[1].taken).toBe(false);
  });
});

describe("the space bar", () => {
  it("opens the microphone while it is held, and closes it after", () => {
    const [held, pressed] = shortcut(idle, down(" "));
    expect(pressed).toEqual({ act: "talk", taken: true });

    const [, repeated] = shortcut(held, down(" ", { repeat: true, muted: false }));
    expect(repeated).toEqual({ taken: true });
    expect(shortcut(held, { on: "up", key: " " })).toEqual([idle, { act: "hush", taken: true }]);
  });

  it("does nothing to a microphone that is open", () => {
    expect(shortcut(idle, down(" ", { muted: false }))).toEqual([idle, { taken: false }]);
  });

  it("is left to whatever it presses or writes into", () => {
    for (const focus of ["pressable", "taken"] as const)
      expect(shortcut(idle, down(" ", { focus }))[1].taken).toBe(false);
  });

  it("closes the microphone when the window loses the keyboard, and once only", () => {
    expect(shortcut(talking, { on: "blur" })).toEqual([idle, { act: "hush", taken: true }]);
    expect(actOf(idle, { on: "blur" })).toBeUndefined();
    expect(actOf(idle, { on: "up", key: " " })).toBeUndefined();
  });

  it("goes on when another key is let go meanwhile", () => {
    expect(shortcut(talking, { on: "up", key: "m" })[0]).toEqual(talking);
  });

  it("closes the microphone when the keys are switched off meanwhile", () => {
    expect(shortcut(talking, { on: "switched", enabled: false })).toEqual([
      { enabled: false, talking: false },
      { act: "hush", taken: true },
    ]);
  });
});
