import { expect, test } from "vitest";
import { connection as words } from "../../i18n/connection.fr";
import type { ConnectionState } from "./connection-machine";
import { reportOf } from "./report";

const done: ConnectionState = {
  is: "done",
  now: undefined,
  found: {
    browser: { agent: "Mozilla/5.0 Chrome/131", secure: true, webrtc: true, opus: true, vp8: true },
    devices: { microphone: "good", camera: "busy", speakers: 2 },
    signalling: { took: 640 },
    direct: "tcp",
    relay: "none",
    measures: {
      seconds: 5,
      up: 210_400,
      down: 205_000,
      loss: 0.021,
      roundTrip: 655,
      jitter: 12,
      frames: 9,
      sounds: 50,
    },
  },
};
const report = reportOf(done, words, {
  language: "fr",
  at: new Date("2026-11-30T09:00:00Z"),
  server: "meet.example",
});

test("the report says when, where, in which browser, and what it comes to", () => {
  const [title, where, agent] = report.split("\n");
  expect(title).toBe(words.reportTitle);
  expect(where).toBe("2026-11-30T09:00:00.000Z meet.example");
  expect(agent).toBe("Mozilla/5.0 Chrome/131");
  expect(report).toContain(`${words.verdicts.sound} ${words.reasons.throughput}`);
});

test("every step is in it with all that was measured", () => {
  for (const name of Object.values(words.steps)) expect(report).toContain(name);
  expect(report).toContain("210\u00a0kbit/s");
  expect(report).toContain("2,1\u00a0%");
  expect(report).toContain("655\u00a0ms");
  expect(report).toContain(words.devices.busy);
});
