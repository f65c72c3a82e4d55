import { afterEach, expect, test, vi } from "vitest";
import { connectOptions } from "./route";

afterEach(() => vi.unstubAllGlobals());

test("browsers find the best way themselves", () => {
  vi.stubGlobal("localStorage", { getItem: () => null });
  expect(connectOptions(2)).toEqual({ maxRetries: 2, websocketTimeout: 10_000 });
});

test("a device that is told so keeps to the relay, and is still told by the server where that is", () => {
  vi.stubGlobal("localStorage", { getItem: (key: string) => (key === "palabre.route" ? "relay" : null) });
  expect(connectOptions(1)).toEqual({
    maxRetries: 1,
    websocketTimeout: 10_000,
    rtcConfig: { iceTransportPolicy: "relay" },
  });
});
