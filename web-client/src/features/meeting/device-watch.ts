//! Notices that a device in use was unplugged, and has another one take its place: performs `device-loss.ts` on what the
//! browser lists. What was closed stays closed.

import { RoomEvent, Track, type Room } from "livekit-client";
import { lossesOf, type InUse, type Loss, type Plugged } from "./device-loss";
import type { DeviceKind, OwnDevices } from "./own-devices";

export class DeviceWatch {
  private listed: readonly Plugged[] = [];
  private used: InUse = {};

  constructor(
    private readonly room: Room,
    private readonly devices: OwnDevices,
    private readonly tell: (loss: Loss) => void,
  ) {
    room
      .on(RoomEvent.MediaDevicesChanged, () => void this.compare())
      .on(RoomEvent.LocalTrackPublished, () => void this.note());
  }

  /** Remembers what is there and what is in use, to know it once it is gone. */
  async note(): Promise<void> {
    this.listed = await list();
    this.used = this.inUse();
  }

  private async compare(): Promise<void> {
    const losses = lossesOf(this.listed, await list(), this.used);
    for (const loss of losses) {
      if (loss.next) await this.devices.take(loss.kind, loss.next.id);
      else if (loss.kind !== "speaker") this.devices.wanted[loss.kind] = false;
      this.tell(loss);
    }
    await this.note();
  }

  private inUse(): InUse {
    const local = this.room.localParticipant;
    const of = (source: Track.Source) =>
      local.getTrackPublication(source)?.track?.getSourceTrackSettings().deviceId;
    const microphone = of(Track.Source.Microphone);
    const camera = of(Track.Source.Camera);
    return {
      ...(microphone !== undefined && { microphone }),
      ...(camera !== undefined && { camera }),
      speaker: this.room.getActiveDevice("audiooutput") ?? "default",
    };
  }
}

async function list(): Promise<Plugged[]> {
  // The type says it is always there; on plain HTTP it is not.
  const media = navigator.mediaDevices as MediaDevices | undefined;
  try {
    const devices = (await media?.enumerateDevices()) ?? [];
    return devices.map(({ kind, deviceId, groupId, label }) => ({
      kind: kinds[kind],
      id: deviceId,
      group: groupId,
      label,
    }));
  } catch {
    return [];
  }
}

const kinds: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  audioinput: "microphone",
  videoinput: "camera",
  audiooutput: "speaker",
};
