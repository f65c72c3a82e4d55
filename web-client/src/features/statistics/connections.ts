//! The one place that knows where the SDK keeps the peer connections of a room. Tracks tell of themselves by its public
//! interface, but a room in which nobody is heard or seen has none, and still sends and receives.

import { Track, type Room } from "livekit-client";
import type { Named, Reading, Source, Stat } from "./reading";

const numbers = new WeakMap<object, number>();
let last = 0;

function numberOf(connection: object): number {
  const known = numbers.get(connection);
  if (known !== undefined) return known;
  last += 1;
  numbers.set(connection, last);
  return last;
}

/** What the room's peer connections say now; nothing while there is none. */
export async function readingsOf(room: Room): Promise<Reading[]> {
  // The type says it is always there; before the first connection it is not.
  const connections = (room.engine as Room["engine"] | undefined)?.pcManager;
  const transports = [connections?.publisher, connections?.subscriber].filter((one) => one !== undefined);
  const readings = await Promise.all(
    transports.map(async (transport): Promise<Reading[]> => {
      try {
        const report = await transport.getStats();
        if (!report) return [];
        const stats = new Map<string, Stat>();
        report.forEach((stat: Stat, id: string) => stats.set(id, stat));
        return [{ connection: numberOf(transport), at: performance.now(), stats }];
      } catch {
        // Closed in this moment.
        return [];
      }
    }),
  );
  return readings.flat();
}

/** Whose tracks there are, by what browsers call them in their reports. */
export function namesIn(room: Room): ReadonlyMap<string, Named> {
  const names = new Map<string, Named>();
  for (const participant of [room.localParticipant, ...room.remoteParticipants.values()]) {
    for (const { track, source } of participant.trackPublications.values()) {
      const known = sources[source];
      if (!track || known === undefined) continue;
      const who = participant.isLocal ? "" : participant.name || participant.identity;
      names.set(track.mediaStreamTrack.id, { who, source: known });
    }
  }
  return names;
}

const sources: Partial<Record<Track.Source, Source>> = {
  [Track.Source.Microphone]: "microphone",
  [Track.Source.Camera]: "camera",
  [Track.Source.ScreenShare]: "screen",
  [Track.Source.ScreenShareAudio]: "screenSound",
};
