//! The room of one call: one's microphone, the others' voices, and whether the link holds. Loaded with the first call.

import { DisconnectReason, Room, RoomEvent, Track, type RemoteTrack } from "livekit-client";
import type { CallRoom as Way } from "../../api/calls";
import type { Choices } from "../prejoin";
import { connectOptions } from "../room";

/** Why one is in the room no more, without having left. */
export type Lost = "taken-over" | "ended" | "lost";

export interface CallView {
  microphoneOpen: boolean;
  speaking: boolean;
  /** Who else is there, by identity, and whether they speak. */
  others: readonly { identity: string; name: string; speaking: boolean; byPhone: boolean }[];
  link: "connecting" | "good" | "fair" | "poor" | "lost";
  /** The microphone does not open. */
  deaf: boolean;
  /** The browser wants a click before it plays sound. */
  silenced: boolean;
}

export class CallRoom {
  private readonly room: Room;
  private readonly sounds = new Map<RemoteTrack, HTMLMediaElement>();
  private over = false;
  private connected = false;
  private deaf = false;
  private wanted = true;
  private waiting = false;
  private view: CallView = {
    microphoneOpen: true,
    speaking: false,
    others: [],
    link: "connecting",
    deaf: false,
    silenced: false,
  };

  constructor(
    choices: Choices,
    private readonly changed: () => void,
    private readonly lost: (why: Lost) => void,
  ) {
    this.room = new Room({
      disconnectOnPageLeave: true,
      audioCaptureDefaults: {
        echoCancellation: true,
        noiseSuppression: true,
        autoGainControl: true,
        channelCount: { ideal: 1 },
        ...(choices.microphoneId !== "" && { deviceId: { ideal: choices.microphoneId } }),
      },
      ...(choices.speakerId !== "" && { audioOutput: { deviceId: choices.speakerId } }),
      publishDefaults: { dtx: true, red: true, forceStereo: false, audioPreset: { maxBitrate: 24_000 } },
    });
    const look = () => this.look();
    for (const event of EVENTS_THAT_SHOW) this.room.on(event, look);
    this.room
      .on(RoomEvent.TrackSubscribed, (track) => this.hear(track))
      .on(RoomEvent.TrackUnsubscribed, (track) => this.hearNoMore(track))
      .on(RoomEvent.Disconnected, (reason) => this.disconnected(reason));
  }

  current = (): CallView => this.view;

  async enter(way: Way): Promise<void> {
    try {
      await this.room.connect(way.url, way.token, connectOptions(2));
      this.connected = true;
    } catch {
      if (!this.over) this.lost("lost");
      return;
    }
    if (this.hasLeft()) return void this.room.disconnect();
    await this.matchMicrophone();
    this.look();
  }

  async setMicrophone(open: boolean): Promise<void> {
    this.wanted = open;
    await this.matchMicrophone();
  }

  setWaiting(waiting: boolean): void {
    if (waiting === this.waiting) return;
    this.waiting = waiting;
    for (const element of this.sounds.values()) element.muted = waiting;
    void this.matchMicrophone();
  }

  async startAudio(): Promise<void> {
    await this.room.startAudio();
    this.look();
  }

  leave(): void {
    this.over = true;
    for (const track of [...this.sounds.keys()]) this.hearNoMore(track);
    void this.room.disconnect();
  }

  // A method, so that the compiler does not believe that time stands still across an await.
  private hasLeft(): boolean {
    return this.over;
  }

  private async matchMicrophone(): Promise<void> {
    if (!this.connected) {
      this.look();
      return;
    }
    try {
      await this.room.localParticipant.setMicrophoneEnabled(this.wanted && !this.waiting);
      this.deaf = false;
    } catch {
      this.deaf = true;
    }
    this.look();
  }

  private hear(track: RemoteTrack): void {
    if (track.kind !== Track.Kind.Audio) return;
    const element = track.attach();
    element.hidden = true;
    element.muted = this.waiting;
    document.body.append(element);
    this.sounds.set(track, element);
  }

  private hearNoMore(track: RemoteTrack): void {
    for (const element of track.detach()) element.remove();
    this.sounds.delete(track);
  }

  private disconnected(reason: DisconnectReason | undefined): void {
    if (this.over || !this.connected) return;
    this.leave();
    this.lost(
      reason === DisconnectReason.DUPLICATE_IDENTITY
        ? "taken-over"
        : reason === DisconnectReason.ROOM_DELETED ||
            reason === DisconnectReason.ROOM_CLOSED ||
            reason === DisconnectReason.PARTICIPANT_REMOVED
          ? "ended"
          : "lost",
    );
  }

  private look(): void {
    const local = this.room.localParticipant;
    this.view = {
      microphoneOpen: this.connected && !this.waiting ? local.isMicrophoneEnabled : this.wanted,
      speaking: local.isSpeaking,
      others: [...this.room.remoteParticipants.values()].map((one) => ({
        identity: one.identity,
        name: one.name ?? "",
        speaking: one.isSpeaking,
        byPhone:
          one.attributes["sip.callStatus"] !== undefined || one.attributes["sip.phoneNumber"] !== undefined,
      })),
      link: this.connected ? LINKS[local.connectionQuality] : "connecting",
      deaf: this.deaf,
      silenced: !this.room.canPlaybackAudio,
    };
    this.changed();
  }
}

const LINKS = { excellent: "good", unknown: "good", good: "fair", poor: "poor", lost: "lost" } as const;

const EVENTS_THAT_SHOW = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.ConnectionStateChanged,
] as const;
