//! Both ends of a test room in this page: one sends, the other receives what the server passes on.

import { Room, RoomEvent, setLogLevel, Track, type LocalTrack, type RemoteTrack } from "livekit-client";
import type { TestRoom } from "../../api/connection";
import { connectOptions } from "../room";
import type { Way } from "./connection-machine";
import type { Measures, Path } from "./findings";
import { measuresOf, pathOf, sampleOf, type Sample, type Stat } from "./stats";
import { FRAMES, synthetic, type Synthetic } from "./synthetic";
import { overTcp } from "./tcp-only";

/** The highest rate that is tried, in bits a second. */
export const MOST_RATE = 1_500_000;

export class Loop {
  private readonly sender = new Room({ dynacast: false, adaptiveStream: false });
  private readonly receiver = new Room({ dynacast: false, adaptiveStream: false });
  private readonly sent: LocalTrack[] = [];
  private readonly received: RemoteTrack[] = [];
  private media: Synthetic | undefined;

  /** `signalled` is told how long the signalling connection took. */
  constructor(private readonly signalled: (took: number) => void) {
    setLogLevel("error");
    this.receiver.on(RoomEvent.TrackSubscribed, (track) => this.received.push(track));
  }

  /** Connects both ends and sends; the way that media took, or nothing if they found none. */
  async open(room: TestRoom, only: Way): Promise<Path | undefined> {
    if (only === "tcp") await overTcp(() => this.connect(room, only));
    else await this.connect(room, only);
    return this.firstPicture();
  }

  private async connect({ url, sender, receiver }: TestRoom, only: Way): Promise<void> {
    const options = {
      ...connectOptions(0),
      rtcConfig: { iceTransportPolicy: only === "relay" ? "relay" : "all" },
    } as const;
    const begun = performance.now();
    this.receiver.once(RoomEvent.SignalConnected, () => this.signalled(performance.now() - begun));
    await Promise.all([
      this.receiver.connect(url, receiver, options),
      this.sender.connect(url, sender, options),
    ]);

    this.media = synthetic();
    const { picture, sound } = this.media;
    const local = this.sender.localParticipant;
    await local.publishTrack(sound, { source: Track.Source.Microphone, dtx: false, red: false });
    await local.publishTrack(picture, {
      source: Track.Source.Camera,
      simulcast: false,
      videoCodec: "vp8",
      videoEncoding: { maxBitrate: MOST_RATE, maxFramerate: FRAMES },
    });
    for (const { track } of local.trackPublications.values()) if (track) this.sent.push(track);
  }

  /** Watches for some seconds, after the rate has had time to rise. */
  async measure(): Promise<Measures | undefined> {
    await pause(RISING);
    const samples: Sample[] = [];
    for (let look = 0; look <= LOOKS; look += 1) {
      if (look > 0) await pause(BETWEEN_LOOKS);
      samples.push(sampleOf(performance.now(), await statsOf(this.sent), await statsOf(this.received)));
    }
    return measuresOf(samples);
  }

  async close(): Promise<void> {
    this.media?.stop();
    await Promise.all([this.sender.disconnect(), this.receiver.disconnect()]);
  }

  private async firstPicture(): Promise<Path | undefined> {
    for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(200)) {
      const stats = await statsOf(this.received);
      if (stats.some(({ framesDecoded = 0 }) => framesDecoded > 0)) return pathOf(stats);
    }
    return undefined;
  }
}

async function statsOf(tracks: readonly (LocalTrack | RemoteTrack)[]): Promise<Stat[]> {
  const reports = await Promise.all(tracks.map((track) => track.getRTCStatsReport()));
  // Each report of a connection tells of its transport; what is summed up is told by one only.
  const stats = new Map<string, Stat>();
  for (const report of reports) {
    report?.forEach((stat: Stat) => stats.set(stat.id, stat));
  }
  return [...stats.values()];
}

const pause = (milliseconds: number) => new Promise((resolve) => window.setTimeout(resolve, milliseconds));

const PATIENCE = 15_000;
const RISING = 3_000;
const LOOKS = 10;
const BETWEEN_LOOKS = 500;
