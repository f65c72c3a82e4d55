import { describe, expect, test } from "vitest";
import {
  connection,
  idle,
  standing,
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
} from "./connection-machine";

const browser = { agent: "a browser", secure: true, webrtc: true, opus: true, vp8: true };
const devices = { microphone: "good", camera: "good", speakers: 1 } as const;
const measures = {
  seconds: 5,
  up: 1e6,
  down: 1e6,
  loss: 0,
  roundTrip: 50,
  jitter: 1,
  frames: 15,
  sounds: 50,
};
const signalled: ConnectionInput[] = [
  { on: "started" },
  { on: "browser-seen", browser },
  { on: "devices-seen", devices },
  { on: "signalled", took: 90 },
];

describe("the test of the link", () => {
  test("nothing is opened before somebody asks", () => {
    expect(connection(idle, { on: "devices-seen", devices })).toEqual([idle, []]);
    expect(connection(idle, { on: "started" })[1]).toEqual([{ do: "look-at-browser" }]);
  });

  test("the direct way is measured, then TCP and the relay are tried, and that is all", () => {
    const [state, effects] = after(
      ...signalled,
      { on: "connected", path: "udp" },
      { on: "measured", measures },
      { on: "signalled", took: 70 },
      { on: "connected", path: "tcp" },
      { on: "signalled", took: 60 },
      { on: "connected", path: "relay-udp" },
    );

    expect(state).toMatchObject({
      is: "done",
      found: { signalling: { took: 90 }, direct: "udp", tcp: "tcp", relay: "relay-udp", measures },
    });
    expect(effects.slice(2)).toEqual([
      { do: "connect", only: "any" },
      { do: "measure" },
      { do: "close" },
      { do: "connect", only: "tcp" },
      { do: "close" },
      { do: "connect", only: "relay" },
      { do: "close" },
    ]);
  });

  test("where the direct way is closed the relay is measured", () => {
    const [state, effects] = after(
      ...signalled,
      { on: "connected", path: undefined },
      { on: "connected", path: "relay-tls" },
      { on: "measured", measures },
    );

    expect(state).toMatchObject({ is: "done", found: { direct: "none", relay: "relay-tls", measures } });
    expect(effects.filter((effect) => effect.do === "connect")).toEqual([
      { do: "connect", only: "any" },
      { do: "connect", only: "relay" },
    ]);
  });

  test("a browser that takes the relay by itself need not be told to", () => {
    const [state, effects] = after(
      ...signalled,
      { on: "connected", path: "relay-tcp" },
      { on: "measured", measures },
    );

    expect(state).toMatchObject({ is: "done", found: { direct: "relay-tcp", relay: "relay-tcp" } });
    expect(effects.filter((effect) => effect.do === "connect")).toHaveLength(1);
  });

  test("a browser that cannot take part is told so, and no device is opened", () => {
    const [state, effects] = after(
      { on: "started" },
      { on: "browser-seen", browser: { ...browser, webrtc: false } },
    );

    expect(state.is).toBe("done");
    expect(effects).toEqual([{ do: "look-at-browser" }, { do: "close" }]);
    expect(standing("udp", state)).toBe("left-out");
  });

  test("a server that does not answer ends it, with everything found before", () => {
    const [state] = after(...signalled.slice(0, 3), { on: "signal-failed", code: "offline" });

    expect(state).toMatchObject({ is: "done", found: { devices, signalling: { failed: "offline" } } });
  });

  test("what was measured stands when the way to the relay's test is closed", () => {
    const [state] = after(
      ...signalled,
      { on: "connected", path: "udp" },
      { on: "measured", measures },
      { on: "signal-failed", code: "too_many_attempts" },
    );

    expect(state).toMatchObject({ is: "done", found: { measures } });
    expect(standing("relay", state)).toBe("left-out");
  });

  test("what comes after the end is of another test", () => {
    const [state] = after(...signalled, { on: "broken" });
    expect(connection(state, { on: "measured", measures })).toEqual([state, []]);
    expect(connection(state, { on: "started" })[0]).toMatchObject({ is: "running", found: {} });
  });

  test("each step waits, runs, and comes to something", () => {
    const [state] = after(...signalled);

    expect((["signalling", "udp", "relay"] as const).map((step) => standing(step, state))).toEqual([
      "good",
      "running",
      "waiting",
    ]);
  });
});

/** The state after some inputs, and all that was done on the way. */
function after(...inputs: ConnectionInput[]): [ConnectionState, ConnectionEffect[]] {
  const done: ConnectionEffect[] = [];
  const state = inputs.reduce<ConnectionState>((before, input) => {
    const [next, effects] = connection(before, input);
    done.push(...effects);
    return next;
  }, idle);
  return [state, done];
}
