//! One's own microphone and camera: what the user wants open, and what the room has.

import { LocalAudioTrack, LocalVideoTrack, Track, type Room } from "livekit-client";
import type { Choices, Entrance } from "../prejoin";
import { cameraConstraints } from "../room";

export type DeviceKind = "microphone" | "camera" | "speaker";

export class OwnDevices {
  /** What the user wants open; survives every reconnection and every new server. */
  readonly wanted: { microphone: boolean; camera: boolean };
  /** Open devices brought from pre-join, used by the first connection only. */
  private brought: Pick<Entrance, "microphone" | "camera">;
  private readonly choices: Choices;

  constructor(
    private readonly room: Room,
    { choices, microphone, camera }: Entrance,
  ) {
    this.choices = choices;
    this.wanted = { microphone: choices.microphoneOn, camera: choices.cameraOn };
    this.brought = { microphone, camera };
  }

  /** Closes what was brought and never used. */
  letGo(): void {
    this.brought.microphone?.stop();
    this.brought.camera?.stop();
  }

  /** Goes over to another device; whether it could. */
  async take(kind: DeviceKind, deviceId: string): Promise<boolean> {
    const sdkKind = ({ microphone: "audioinput", camera: "videoinput", speaker: "audiooutput" } as const)[
      kind
    ];
    try {
      await this.room.switchActiveDevice(sdkKind, deviceId === "" ? "default" : deviceId, deviceId !== "");
      return true;
    } catch {
      return false;
    }
  }

  /** Makes them what the user wants them to be; whether both could. A device that does not open stays closed. */
  async match(): Promise<boolean> {
    const { microphone, camera } = this.brought;
    this.brought = { microphone: undefined, camera: undefined };
    const results = await Promise.allSettled([this.matchMicrophone(microphone), this.matchCamera(camera)]);
    const [mic, cam] = results.map(({ status }) => status === "fulfilled");
    if (mic === false) this.wanted.microphone = false;
    if (cam === false) this.wanted.camera = false;
    return mic === true && cam === true;
  }

  private async matchMicrophone(brought: MediaStreamTrack | undefined): Promise<void> {
    const local = this.room.localParticipant;
    if (this.wanted.microphone && brought?.readyState === "live") {
      const track = new LocalAudioTrack(brought, this.room.options.audioCaptureDefaults, false);
      await local.publishTrack(track, { source: Track.Source.Microphone });
      return;
    }
    brought?.stop();
    if (local.isMicrophoneEnabled !== this.wanted.microphone)
      await local.setMicrophoneEnabled(this.wanted.microphone);
  }

  private async matchCamera(brought: MediaStreamTrack | undefined): Promise<void> {
    const local = this.room.localParticipant;
    if (this.wanted.camera && brought?.readyState === "live") {
      const track = new LocalVideoTrack(brought, cameraConstraints(this.choices), false);
      await local.publishTrack(track, { source: Track.Source.Camera });
      return;
    }
    brought?.stop();
    if (local.isCameraEnabled !== this.wanted.camera) await local.setCameraEnabled(this.wanted.camera);
  }
}
