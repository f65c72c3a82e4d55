import { describe, expect, test } from "vitest";
import { outcomeOf, verdictOf, type Findings, type Measures } from "./findings";

const browser = { agent: "a browser", secure: true, webrtc: true, opus: true, vp8: true };
const fine: Measures = {
  seconds: 5,
  up: 1_200_000,
  down: 1_180_000,
  loss: 0,
  roundTrip: 60,
  jitter: 3,
  frames: 15,
  sounds: 50,
};
const found: Findings = {
  browser,
  devices: { microphone: "good", camera: "good", speakers: 2 },
  signalling: { took: 120 },
  direct: "udp",
  relay: "relay-udp",
  measures: fine,
};
const measured = (change: Partial<Measures>): Findings => ({ ...found, measures: { ...fine, ...change } });

describe("for what a link suffices", () => {
  test("a good link is good for sound and picture, and nothing speaks against it", () => {
    expect(verdictOf(found)).toEqual({ is: "picture", because: [] });
  });

  test("a satellite is slow, and does", () => {
    expect(verdictOf(measured({ roundTrip: 700, up: 600_000, down: 590_000 })).is).toBe("picture");
  });

  test.each([
    [{ up: 200_000 }, ["throughput"]],
    [{ down: 200_000 }, ["throughput"]],
    [{ loss: 0.12 }, ["loss"]],
    [{ roundTrip: 1_500 }, ["delay"]],
    [{ frames: 1 }, ["frames"]],
    [{ up: 90_000, loss: 0.1, frames: 0 }, ["throughput", "loss", "frames"]],
  ] as const)("with %o there is sound only", (change, because) => {
    expect(verdictOf(measured(change))).toEqual({ is: "sound", because });
  });

  test.each([
    [{ up: 20_000 }, ["throughput"]],
    [{ loss: 0.3 }, ["loss"]],
    [{ roundTrip: 4_000 }, ["delay"]],
    [{ sounds: 0 }, ["media"]],
  ] as const)("with %o there is not even sound", (change, because) => {
    expect(verdictOf(measured(change))).toEqual({ is: "insufficient", because });
  });

  test("what is missing first is told, not what follows from it", () => {
    expect(verdictOf({ browser: { ...browser, webrtc: false } }).because).toEqual(["browser"]);
    expect(verdictOf({ browser, signalling: { failed: "offline" } }).because).toEqual(["signalling"]);
    const closed: Findings = { browser, signalling: { took: 80 }, direct: "none", relay: "none" };
    expect(verdictOf(closed)).toEqual({ is: "insufficient", because: ["media"] });
  });

  test("a microphone that does not open says nothing against the link, but is told", () => {
    const silent: Findings = { ...found, devices: { microphone: "denied", camera: "good", speakers: 1 } };
    expect(verdictOf(silent)).toEqual({ is: "picture", because: ["microphone"] });
    expect(outcomeOf("devices", silent)).toBe("bad");
  });
});

describe("what a step comes to", () => {
  test("nothing is said of what was not looked at", () => {
    expect(outcomeOf("udp", {})).toBeUndefined();
    expect(outcomeOf("throughput", {})).toBeUndefined();
  });

  test("where UDP passes nobody can say whether TCP would", () => {
    expect(outcomeOf("udp", found)).toBe("good");
    expect(outcomeOf("tcp", { direct: "udp" }), "that is still to be tried").toBeUndefined();
    expect(outcomeOf("tcp", { direct: "udp", tcp: "tcp" })).toBe("good");
    expect(outcomeOf("tcp", { direct: "udp", tcp: "none" })).toBe("poor");
  });

  test("where TCP was taken UDP did not pass", () => {
    expect(outcomeOf("udp", { direct: "tcp" })).toBe("bad");
    expect(outcomeOf("tcp", { direct: "tcp" })).toBe("good");
  });

  test("where only the relay was left both did not", () => {
    for (const step of ["udp", "tcp"] as const) {
      expect(outcomeOf(step, { direct: "relay-tls" })).toBe("bad");
    }
    expect(outcomeOf("relay", { relay: "relay-tls" })).toBe("good");
  });

  test("a camera that is missing is no fault of the rest", () => {
    expect(outcomeOf("devices", { devices: { microphone: "good", camera: "missing", speakers: 0 } })).toBe(
      "poor",
    );
  });
});
