import { expect, test } from "vitest";
import { measuresOf, pathOf, sampleOf, type Stat } from "./stats";

const transport: Stat[] = [
  { id: "T", type: "transport", selectedCandidatePairId: "P" },
  { id: "P", type: "candidate-pair", localCandidateId: "L", currentRoundTripTime: 0.06 },
];
const sending = (bytes: number): Stat[] => [
  ...transport,
  { id: "OV", type: "outbound-rtp", kind: "video", bytesSent: bytes },
  { id: "OA", type: "outbound-rtp", kind: "audio", bytesSent: 10_000 },
];
const receiving = (packets: number, lost: number, frames: number): Stat[] => [
  {
    id: "IV",
    type: "inbound-rtp",
    kind: "video",
    bytesReceived: 1_000 * packets,
    packetsReceived: packets,
    packetsLost: lost,
    framesDecoded: frames,
  },
  {
    id: "IA",
    type: "inbound-rtp",
    kind: "audio",
    packetsReceived: packets / 2,
    packetsLost: 0,
    jitter: 0.004,
  },
];

test("what happened between two looks becomes rates", () => {
  const first = sampleOf(1_000, sending(100_000), receiving(100, 0, 30));
  const last = sampleOf(6_000, sending(725_000), receiving(600, 50, 105));

  expect(measuresOf([first, last])).toEqual({
    seconds: 5,
    up: 1_000_000,
    down: 800_000,
    loss: 50 / 800,
    roundTrip: 60,
    jitter: 4,
    frames: 15,
    sounds: 50,
  });
});

test("one look measures nothing", () => {
  expect(measuresOf([])).toBeUndefined();
  expect(measuresOf([sampleOf(1_000, sending(0), receiving(0, 0, 0))])).toBeUndefined();
});

test("losses that were repaired meanwhile are none", () => {
  const first = sampleOf(0, sending(0), receiving(100, 5, 0));
  const last = sampleOf(1_000, sending(0), receiving(200, 3, 0));
  expect(measuresOf([first, last])?.loss).toBe(0);
});

test.each([
  [{ candidateType: "host", protocol: "udp" }, "udp"],
  [{ candidateType: "prflx", protocol: "tcp" }, "tcp"],
  [{ candidateType: "relay", protocol: "udp", relayProtocol: "udp" }, "relay-udp"],
  [{ candidateType: "relay", protocol: "udp", relayProtocol: "tcp" }, "relay-tcp"],
  [{ candidateType: "relay", protocol: "udp", relayProtocol: "tls" }, "relay-tls"],
] as const)("%o is the way of %s", (local, path) => {
  expect(pathOf([...transport, { id: "L", type: "local-candidate", ...local }])).toBe(path);
});

test("a browser without a transport in its report marks the pair", () => {
  const stats: Stat[] = [
    { id: "old", type: "candidate-pair", localCandidateId: "X", state: "succeeded" },
    { id: "P", type: "candidate-pair", localCandidateId: "L", nominated: true, state: "succeeded" },
    { id: "L", type: "local-candidate", candidateType: "host", protocol: "udp" },
  ];
  expect(pathOf(stats)).toBe("udp");
  expect(pathOf(stats.slice(0, 1)), "none yet").toBeUndefined();
});
