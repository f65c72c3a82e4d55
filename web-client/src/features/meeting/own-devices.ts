//! One's own microphone and camera: what the user wants open, and what the room has.

import type { Wanted } from "../effects";
import { LocalAudioTrack, LocalVideoTrack, Track, type Room } from "livekit-client";
import type { Entrance } from "../prejoin";
import { cameraConstraints } from "../room";

export type DeviceKind = "microphone" | "camera" | "speaker";

/** What is not as its user wants it: a device, or what is done to it. */
export type Trouble = "device" | keyof Wanted;

export class OwnDevices {
  /** What the user wants open; survives every reconnection and every new server. */
  readonly wanted: { microphone: boolean; camera: boolean };
  /** Open devices brought from pre-join, used by the first connection only. */
  private brought: Pick<Entrance, "microphone" | "camera">;
  /** The end of whatever is being opened or closed: two wishes at once must not overtake each other. */
  private settled: Promise<unknown> = Promise.resolve();
  private troubles = new Set<Trouble>();

  constructor(
    private readonly room: Room,
    private readonly entrance: Entrance,
  ) {
    const { choices, microphone, camera } = entrance;
    this.wanted = { microphone: choices.microphoneOn, camera: choices.cameraOn && !choices.audioOnly };
    this.brought = { microphone, camera };
  }

  /** Wants none of them: where one may not speak, not even what was brought stays open. */
  dismiss(): void {
    this.wanted.microphone = this.wanted.camera = false;
    this.entrance.microphone?.stop();
    this.entrance.camera?.stop();
  }

  /** The stay is over. */
  close(): void {
    this.letGo();
    this.entrance.effects.close();
  }

  /** Closes what was brought and never used. */
  private letGo(): void {
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

  /** Publishes what was brought and is still wanted, and opens nothing. */
  bring(): Promise<unknown> {
    const { microphone, camera } = this.unpack();
    const published = Promise.allSettled([
      this.wanted.microphone && microphone && this.publishMicrophone(this.voiceOf(microphone)),
      this.wanted.camera && camera && this.bringCamera(camera),
    ]);
    this.settled = published;
    return published;
  }

  /** Makes them what the user wants them to be, and says what does not become so. A device that does not open stays closed. */
  match(): Promise<ReadonlySet<Trouble>> {
    const matched = this.settled.then(() => this.matchNow());
    this.settled = matched;
    return matched;
  }

  /** What is done to an open device was chosen anew. */
  affect(what: keyof Wanted): Promise<unknown> {
    this.settled = this.settled.then(() => this.affectNow(what)).catch(() => undefined);
    return this.settled;
  }

  private async affectNow(what: keyof Wanted): Promise<void> {
    const source = what === "blur" ? Track.Source.Camera : Track.Source.Microphone;
    const local = this.room.localParticipant;
    const track = local.getTrackPublication(source)?.track;
    try {
      // What is closed opens anew, with all that belongs to it.
      if (track?.isMuted) await local.unpublishTrack(track);
      else if (!this.entrance.choices[what]) await track?.stopProcessor();
      else if (track instanceof LocalVideoTrack) await this.blur(track);
      else if (track instanceof LocalAudioTrack) await this.quieten(track);
    } catch {
      if (track) await local.unpublishTrack(track);
    }
  }

  private async matchNow(): Promise<ReadonlySet<Trouble>> {
    const { microphone, camera } = this.unpack();
    const results = await Promise.allSettled([this.matchMicrophone(microphone), this.matchCamera(camera)]);
    const [mic, cam] = results.map(({ status }) => status === "fulfilled");
    if (mic === false) this.wanted.microphone = false;
    if (cam === false) this.wanted.camera = false;
    const troubles = this.troubles;
    this.troubles = new Set();
    if ((mic === false || cam === false) && !troubles.has("blur")) troubles.add("device");
    return troubles;
  }

  private unpack(): Pick<Entrance, "microphone" | "camera"> {
    const { brought } = this;
    this.brought = { microphone: undefined, camera: undefined };
    return brought;
  }

  private async matchMicrophone(brought: MediaStreamTrack | undefined): Promise<void> {
    const local = this.room.localParticipant;
    if (this.wanted.microphone && brought?.readyState === "live") {
      await this.publishMicrophone(this.voiceOf(brought));
      return;
    }
    brought?.stop();
    if (local.isMicrophoneEnabled === this.wanted.microphone) return;
    if (this.isNew(Track.Source.Microphone) && this.entrance.choices.quiet) {
      const [track] = await local.createTracks({ audio: true });
      if (track instanceof LocalAudioTrack) await this.publishMicrophone(track);
    } else await local.setMicrophoneEnabled(this.wanted.microphone);
  }

  private async matchCamera(brought: MediaStreamTrack | undefined): Promise<void> {
    const local = this.room.localParticipant;
    if (this.wanted.camera && brought?.readyState === "live") {
      await this.bringCamera(brought);
      return;
    }
    brought?.stop();
    if (local.isCameraEnabled === this.wanted.camera) return;
    if (this.isNew(Track.Source.Camera) && this.entrance.choices.blur) {
      const [track] = await local.createTracks({ video: true });
      if (track instanceof LocalVideoTrack) await this.publishCamera(track);
    } else await local.setCameraEnabled(this.wanted.camera);
  }

  /** Whether it is opened for the first time: what is published already keeps what is done to it. */
  private isNew(source: Track.Source): boolean {
    return this.room.localParticipant.getTrackPublication(source) === undefined;
  }

  private voiceOf(brought: MediaStreamTrack): LocalAudioTrack {
    return new LocalAudioTrack(brought, this.room.options.audioCaptureDefaults, false);
  }

  private async publishMicrophone(track: LocalAudioTrack): Promise<void> {
    if (this.entrance.choices.quiet) await this.quieten(track);
    await this.room.localParticipant.publishTrack(track, { source: Track.Source.Microphone });
  }

  private async bringCamera(brought: MediaStreamTrack): Promise<void> {
    const { choices } = this.entrance;
    // Pre-join shows a large picture.
    if (choices.saveData) await brought.applyConstraints(cameraConstraints(choices));
    await this.publishCamera(new LocalVideoTrack(brought, cameraConstraints(choices), false));
  }

  private async publishCamera(track: LocalVideoTrack): Promise<void> {
    if (this.entrance.choices.blur) await this.blur(track);
    await this.room.localParticipant.publishTrack(track, { source: Track.Source.Camera });
  }

  /** Should it fail, one is heard all the same. */
  private async quieten(track: LocalAudioTrack): Promise<void> {
    try {
      const quiet = await this.entrance.effects.microphone();
      await track.setAudioContext(quiet.context);
      await track.setProcessor(quiet);
    } catch {
      this.troubles.add("quiet");
    }
  }

  /** Should it fail, nobody sees what was to be blurred. */
  private async blur(track: LocalVideoTrack): Promise<void> {
    try {
      await track.setProcessor(await this.entrance.effects.camera());
    } catch (error) {
      track.stop();
      this.troubles.add("blur");
      throw error;
    }
  }
}
