//! Where one's delegation gathers while it waits: performs `gathering-machine.ts` and owns the SDK's room.

import {
  DisconnectReason,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  type Participant,
  type RemoteTrack,
} from "livekit-client";
import { codeOf } from "../../api/client";
import { gatherAt } from "../../api/meetings";
import { Thread, type ChatState } from "../chat";
import { becauseOf, connectOptions, leaveWithPage, optionsFor, Shown } from "../room";
import { recallChoices } from "../prejoin";
import {
  gathering,
  onTheWay,
  type GatheringEffect,
  type GatheringInput,
  type GatheringState,
} from "./gathering-machine";

export interface GatheringView {
  line: GatheringState;
  /** By identity. */
  voices: readonly RemoteTrack[];
  speaking: ReadonlySet<string>;
  own: string | undefined;
  microphoneOpen: boolean;
  microphoneFailed: boolean;
  canHear: boolean;
  chat: ChatState;
}

export class Gathering {
  private readonly room: Room;
  private readonly thread: Thread;
  private state: GatheringState = onTheWay[0];
  private timer: number | undefined;
  private name = "";
  /** One comes in silence, whatever was open before. */
  private wanted = false;
  private failed = false;
  readonly shown: Shown<GatheringView>;

  constructor(
    private readonly code: string,
    private readonly ticket: string,
  ) {
    setLogLevel("error");
    this.room = new Room(optionsFor(recallChoices()));
    leaveWithPage(this.room);
    this.thread = new Thread(this.room, () => this.refresh());
    this.listen();
    this.shown = new Shown(() => this.look());
    for (const effect of onTheWay[1]) this.perform(effect);
  }

  leave(): void {
    this.handle({ on: "left" });
  }

  /** Opens or closes the microphone for one's delegation. */
  async toggleMicrophone(): Promise<void> {
    this.wanted = !this.wanted;
    await this.matchMicrophone();
  }

  async startAudio(): Promise<void> {
    await this.room.startAudio();
    this.refresh();
  }

  /** Other devices were chosen. */
  async takeDevices(): Promise<void> {
    const { microphoneId, speakerId } = recallChoices();
    const choose = (kind: MediaDeviceKind, id: string) =>
      this.room.switchActiveDevice(kind, id === "" ? "default" : id, id !== "");
    await Promise.allSettled([choose("audioinput", microphoneId), choose("audiooutput", speakerId)]);
    this.refresh();
  }

  send = (text: string): Promise<void> => this.thread.send(text, this.name);

  private handle(input: GatheringInput): void {
    const [state, effects] = gathering(this.state, input);
    this.state = state;
    for (const effect of effects) this.perform(effect);
    this.refresh();
  }

  private perform(effect: GatheringEffect): void {
    window.clearTimeout(this.timer);
    if (effect.do === "ask") this.timer = window.setTimeout(() => void this.join(), effect.after);
    else void this.room.disconnect();
  }

  private async join(): Promise<void> {
    try {
      const place = await gatherAt(this.code, this.ticket);
      this.name = place.name;
      await this.room.connect(place.url, place.token, connectOptions(1));
    } catch (error) {
      this.handle({ on: codeOf(error) === "not_found" ? "refused" : "failed" });
      return;
    }
    // Whoever left meanwhile must not stay there unseen.
    if (this.isOver()) void this.room.disconnect();
    else this.handle({ on: "joined" });
    await this.matchMicrophone();
  }

  private isOver(): boolean {
    return this.state.is === "over";
  }

  private async matchMicrophone(): Promise<void> {
    const local = this.room.localParticipant;
    if (this.state.is === "together" && local.isMicrophoneEnabled !== this.wanted) {
      try {
        await local.setMicrophoneEnabled(this.wanted);
        this.failed = false;
      } catch {
        [this.failed, this.wanted] = [true, false];
      }
    }
    this.refresh();
  }

  private listen(): void {
    const refresh = () => this.refresh();
    for (const event of EVENTS_THAT_SHOW) this.room.on(event, refresh);
    const interrupted = () => this.handle({ on: "interrupted" });
    this.room
      .on(RoomEvent.Reconnecting, interrupted)
      .on(RoomEvent.SignalReconnecting, interrupted)
      .on(RoomEvent.Reconnected, () => {
        this.handle({ on: "resumed" });
        void this.matchMicrophone();
      })
      .on(RoomEvent.Disconnected, (reason) => this.handle({ on: "lost", because: lostBecause(reason) }));
  }

  private refresh(): void {
    this.shown.refresh();
  }

  private look(): GatheringView {
    const local = this.room.localParticipant;
    const remote = [...this.room.remoteParticipants.values()];
    const everybody: Participant[] = [local, ...remote];
    return {
      line: this.state,
      voices: remote.flatMap((one) => {
        const track = one.getTrackPublication(Track.Source.Microphone)?.track;
        return track ? [track] : [];
      }),
      speaking: new Set(everybody.filter(({ isSpeaking }) => isSpeaking).map(({ identity }) => identity)),
      own: local.identity === "" ? undefined : local.identity,
      microphoneOpen: this.wanted,
      microphoneFailed: this.failed,
      canHear: this.room.canPlaybackAudio,
      chat: this.thread.state,
    };
  }
}

function lostBecause(reason: DisconnectReason | undefined) {
  const because = becauseOf(reason);
  return because === "left" || because === "elsewhere" ? because : "unknown";
}

const EVENTS_THAT_SHOW = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.Connected,
] as const;
