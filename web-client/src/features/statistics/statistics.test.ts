import { expect, test } from "vitest";
import type { Named, Reading, Stat } from "./reading";
import { pathsOf, rowsOf } from "./statistics";

const names = new Map<string, Named>([
  ["voice", { who: "Consule générale", source: "microphone" }],
  ["mine", { who: "", source: "camera" }],
]);
const reading = (at: number, ...stats: Stat[]): Reading => ({
  connection: 1,
  at,
  stats: new Map(stats.map((stat) => [String(stat["id"]), stat])),
});
const codec = { id: "C", type: "codec", mimeType: "audio/opus" };
const voice = (change: Stat): Stat => ({
  id: "I",
  type: "inbound-rtp",
  trackIdentifier: "voice",
  codecId: "C",
  jitter: 0.004,
  ...change,
});
const first = {
  bytesReceived: 1_000,
  packetsReceived: 100,
  packetsLost: 0,
  concealedSamples: 0,
  totalSamplesReceived: 0,
};

test("two readings tell who is heard, by what codec, and at what rate, loss and concealment", () => {
  const before = reading(0, codec, voice(first));
  const later = {
    bytesReceived: 7_000,
    packetsReceived: 190,
    packetsLost: 10,
    concealedSamples: 960,
    totalSamplesReceived: 96_000,
  };

  expect(rowsOf([before], [reading(2_000, codec, voice(later))], names)).toMatchObject([
    {
      way: "in",
      who: "Consule générale",
      source: "microphone",
      codec: "opus",
      bitrate: 24_000,
      loss: 0.1,
      jitter: 0.004,
      concealed: 0.01,
    },
  ]);
});

test("the first reading has no rates yet, nor has a stream whose counters began anew", () => {
  const [row] = rowsOf([], [reading(0, codec, voice(first))], names);
  expect(row).toMatchObject({ codec: "opus" });
  expect(row?.bitrate).toBeUndefined();
  expect(row?.loss).toBeUndefined();

  const fallen = reading(2_000, codec, voice({ ...first, bytesReceived: 10 }));
  expect(rowsOf([reading(0, voice(first))], [fallen], names)[0]?.bitrate).toBeUndefined();
});

test("packets that came late after all are no loss", () => {
  const before = reading(0, voice({ ...first, packetsLost: 5 }));
  const now = reading(2_000, voice({ ...first, packetsLost: 3, packetsReceived: 200 }));
  expect(rowsOf([before], [now], names)[0]?.loss).toBe(0);
});

test("what we send is told as those who receive it report; layers that nobody watches are left out", () => {
  const stats: Stat[] = [
    { id: "S", type: "media-source", trackIdentifier: "mine" },
    { id: "R", type: "remote-inbound-rtp", fractionLost: 0.02, jitter: 0.01, roundTripTime: 0.6 },
    {
      id: "O",
      type: "outbound-rtp",
      mediaSourceId: "S",
      remoteId: "R",
      active: true,
      bytesSent: 0,
      frameWidth: 640,
      frameHeight: 360,
      framesPerSecond: 15,
    },
    { id: "P", type: "outbound-rtp", mediaSourceId: "S", active: false, bytesSent: 0 },
  ];
  expect(rowsOf([], [reading(0, ...stats)], names)).toMatchObject([
    {
      id: "1 O",
      way: "out",
      who: "",
      source: "camera",
      loss: 0.02,
      roundTrip: 0.6,
      width: 640,
      height: 360,
      fps: 15,
    },
  ]);
});

test("streams of tracks that are gone are not shown", () => {
  expect(rowsOf([], [reading(0, voice({ trackIdentifier: "gone" }))], names)).toEqual([]);
});

test("the way is told with how it was found and what it may carry", () => {
  const stats: Stat[] = [
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    {
      id: "P",
      type: "candidate-pair",
      localCandidateId: "L",
      remoteCandidateId: "M",
      availableOutgoingBitrate: 900_000,
      currentRoundTripTime: 0.3,
    },
    { id: "L", type: "local-candidate", candidateType: "relay", protocol: "udp", relayProtocol: "tcp" },
    { id: "M", type: "remote-candidate", candidateType: "host", protocol: "udp" },
  ];
  expect(pathsOf([reading(0, ...stats)])).toEqual([
    { protocol: "tcp", local: "relay", remote: "host", relayed: true, available: 900_000, roundTrip: 0.3 },
  ]);
  expect(pathsOf([reading(0)])).toEqual([]);
});
