//! What goes over the line, stream by stream, for whoever looks after the network: two readings make a table. Pure.

import {
  numberIn,
  ofType,
  referred,
  textIn,
  type Named,
  type Reading,
  type Source,
  type Stat,
} from "./reading";

/** One stream. What is not known, or means nothing for it, is left out. */
export interface Row {
  id: string;
  way: "in" | "out";
  source: Source;
  /** Empty for oneself. */
  who: string;
  codec?: string | undefined;
  /** Bits a second. */
  bitrate?: number | undefined;
  /** Of all packets, from 0 to 1. */
  loss?: number | undefined;
  /** Seconds. */
  jitter?: number | undefined;
  roundTrip?: number | undefined;
  width?: number | undefined;
  height?: number | undefined;
  fps?: number | undefined;
  freezes?: number | undefined;
  /** Of all samples, from 0 to 1: sound that was made up for what did not come. */
  concealed?: number | undefined;
}

/** The way that a connection has found. */
export interface Path {
  protocol: string;
  local: string;
  remote: string;
  relayed: boolean;
  /** Bits a second that the browser believes it may send. */
  available?: number | undefined;
  roundTrip?: number | undefined;
}

/** The streams of all connections, those that come in first. Rates need a reading before. */
export function rowsOf(
  before: readonly Reading[],
  now: readonly Reading[],
  names: ReadonlyMap<string, Named>,
): Row[] {
  const rows = now.flatMap((reading) => {
    const earlier = before.find(({ connection }) => connection === reading.connection);
    return [
      ...ofType(reading, "inbound-rtp").flatMap((stat) => incoming(stat, reading, earlier, names) ?? []),
      ...ofType(reading, "outbound-rtp").flatMap((stat) => outgoing(stat, reading, earlier, names) ?? []),
    ];
  });
  return rows.sort((a, b) => a.way.localeCompare(b.way));
}

/** The ways of all connections. */
export function pathsOf(readings: readonly Reading[]): Path[] {
  return readings.flatMap((reading) => {
    const pair = ofType(reading, "transport")
      .map((transport) => referred(reading, transport, "selectedCandidatePairId"))
      .find((one) => one !== undefined);
    const local = pair && referred(reading, pair, "localCandidateId");
    const remote = pair && referred(reading, pair, "remoteCandidateId");
    if (!pair || !local || !remote) return [];
    const types = {
      local: textIn(local, "candidateType") ?? "",
      remote: textIn(remote, "candidateType") ?? "",
    };
    return [
      {
        protocol: textIn(local, "relayProtocol") ?? textIn(local, "protocol") ?? "",
        ...types,
        relayed: types.local === "relay" || types.remote === "relay",
        available: numberIn(pair, "availableOutgoingBitrate"),
        roundTrip: numberIn(pair, "currentRoundTripTime"),
      },
    ];
  });
}

type Names = ReadonlyMap<string, Named>;

function incoming(stat: Stat, now: Reading, before: Reading | undefined, names: Names): Row | undefined {
  const named = names.get(textIn(stat, "trackIdentifier") ?? "");
  if (!named) return undefined;
  const grown = growth(stat, before);
  const [lost, came] = [grown("packetsLost"), grown("packetsReceived")];
  const [made, all] = [grown("concealedSamples"), grown("totalSamplesReceived")];
  return {
    ...common(stat, now, named, "in"),
    bitrate: rate(grown("bytesReceived"), now, before),
    // Packets that come late are taken back from those lost.
    loss:
      lost === undefined || came === undefined
        ? undefined
        : share(Math.max(lost, 0), Math.max(lost, 0) + came),
    jitter: numberIn(stat, "jitter"),
    freezes: numberIn(stat, "freezeCount"),
    concealed: made === undefined || all === undefined ? undefined : share(made, all),
  };
}

function outgoing(stat: Stat, now: Reading, before: Reading | undefined, names: Names): Row | undefined {
  const track = referred(now, stat, "mediaSourceId");
  const named = names.get(textIn(track, "trackIdentifier") ?? "");
  // A layer that nobody watches is not sent.
  if (!named || stat["active"] === false) return undefined;
  const remote = referred(now, stat, "remoteId");
  return {
    ...common(stat, now, named, "out"),
    bitrate: rate(growth(stat, before)("bytesSent"), now, before),
    loss: numberIn(remote, "fractionLost"),
    jitter: numberIn(remote, "jitter"),
    roundTrip: numberIn(remote, "roundTripTime"),
  };
}

function common(stat: Stat, now: Reading, { who, source }: Named, way: Row["way"]): Row {
  return {
    id: `${now.connection} ${String(stat["id"])}`,
    way,
    source,
    who,
    codec: textIn(referred(now, stat, "codecId"), "mimeType")?.replace(/^(audio|video)\//, ""),
    width: numberIn(stat, "frameWidth"),
    height: numberIn(stat, "frameHeight"),
    fps: numberIn(stat, "framesPerSecond"),
  };
}

/** By how much a counter grew between the readings; unknown where it began anew. */
const growth = (stat: Stat, before: Reading | undefined) => {
  const earlier = before?.stats.get(String(stat["id"]));
  return (name: string): number | undefined => {
    const [from, to] = [numberIn(earlier, name), numberIn(stat, name)];
    return from === undefined || to === undefined ? undefined : to - from;
  };
};

function rate(bytes: number | undefined, now: Reading, before: Reading | undefined): number | undefined {
  if (bytes === undefined || bytes < 0 || !before || now.at <= before.at) return undefined;
  return (bytes * 8_000) / (now.at - before.at);
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.max(part, 0) / whole : 0);
