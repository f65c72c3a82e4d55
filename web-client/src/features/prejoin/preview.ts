//! Opens and closes the devices of `prejoin-machine.ts`, and lets go of them when one enters.

import { Effects } from "../effects";
import { whyOf } from "./blocked";
import { rememberChoices, recallChoices } from "./choices";
import type { Entrance } from "./entrance";
import {
  beforeEntering,
  prejoin,
  type Kind,
  type PrejoinEffect,
  type PrejoinInput,
  type PrejoinState,
} from "./prejoin-machine";

export class Preview {
  private state: PrejoinState = beforeEntering(recallChoices());
  private readonly tracks: Partial<Record<Kind, MediaStreamTrack>> = {};
  private readonly listeners = new Set<() => void>();
  private readonly effects = new Effects();
  private blurred: MediaStreamTrack | undefined;
  private over = false;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = () => this.state;

  /** The open device, to be shown or measured; a picture as the others will see it. */
  track(kind: Kind): MediaStreamTrack | undefined {
    return kind === "camera" && this.state.background !== "plain" ? this.blurred : this.tracks[kind];
  }

  handle(input: PrejoinInput): void {
    if (this.over) return;
    const [state, effects] = prejoin(this.state, input);
    this.state = state;
    for (const effect of effects) this.perform(effect);
    for (const listener of this.listeners) listener();
  }

  /** Hands the open devices over; the preview is over. */
  release(): Entrance {
    this.over = true;
    const { microphone, camera } = this.tracks;
    return { choices: this.state.choices, microphone, camera, effects: this.effects };
  }

  /** Closes everything, unless it was handed over. */
  close(): void {
    if (this.over) return;
    this.over = true;
    this.stop("microphone");
    this.stop("camera");
    this.effects.close();
  }

  private perform(effect: PrejoinEffect): void {
    switch (effect.do) {
      case "open":
        void this.open(effect.kinds);
        break;
      case "close":
        this.stop(effect.kind);
        break;
      case "blur":
        void this.blur();
        break;
      case "clear":
        this.blurred = undefined;
        this.effects.clear();
        break;
      case "remember":
        rememberChoices(this.state.choices);
        break;
    }
  }

  private async open(kinds: readonly Kind[]): Promise<void> {
    try {
      const stream = await this.ask(kinds);
      for (const track of stream.getTracks()) this.keep(track);
    } catch (error) {
      const [first, ...others] = kinds;
      if (first === undefined) return;
      // Asked together and refused: one of them may still be there.
      if (others.length > 0) await Promise.all(kinds.map((kind) => this.open([kind])));
      else
        this.handle({
          on: "failed",
          kind: first,
          why: error instanceof DOMException ? whyOf(error) : "missing",
        });
    }
  }

  /** Another camera may have opened, or the wish gone, before it is done. */
  private async blur(): Promise<void> {
    const { camera } = this.tracks;
    this.blurred = undefined;
    try {
      const blurred = await this.effects.camera();
      if (camera === undefined || camera !== this.tracks.camera || this.over) return;
      await blurred.init({ track: camera });
      if (camera !== this.tracks.camera) return;
      this.blurred = blurred.processedTrack;
      this.handle({ on: "blurred" });
    } catch {
      if (camera === this.tracks.camera) this.handle({ on: "blur-failed" });
    }
  }

  private async ask(kinds: readonly Kind[]): Promise<MediaStream> {
    // The type says it is always there; on plain HTTP it is not.
    const media = navigator.mediaDevices as MediaDevices | undefined;
    if (!media) throw new DOMException("no secure context", "SecurityError");
    const { microphoneId, cameraId } = this.state.choices;
    const constraints: MediaStreamConstraints = {};
    if (kinds.includes("microphone")) constraints.audio = { ...processing, ...ideal(microphoneId) };
    if (kinds.includes("camera")) constraints.video = { ...picture, ...ideal(cameraId) };
    return media.getUserMedia(constraints);
  }

  private keep(track: MediaStreamTrack): void {
    const kind: Kind = track.kind === "audio" ? "microphone" : "camera";
    if (this.over) {
      track.stop();
      return;
    }
    this.stop(kind);
    this.tracks[kind] = track;
    track.addEventListener("ended", () => {
      if (this.tracks[kind] === track) this.handle({ on: "track-ended", kind });
    });
    this.handle({ on: "opened", kind });
  }

  private stop(kind: Kind): void {
    this.tracks[kind]?.stop();
    Reflect.deleteProperty(this.tracks, kind);
  }
}

const processing: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  channelCount: { ideal: 1 },
};
const picture: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
};

// A remembered device may be gone: wish for it, do not insist.
const ideal = (id: string): MediaTrackConstraints => (id === "" ? {} : { deviceId: { ideal: id } });
