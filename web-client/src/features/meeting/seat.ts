//! One's own seat: whether one is heard from it, who has the floor, and what becomes of one's devices when that changes.

import { RoomEvent, Track, type Participant, type Room, type TrackPublication } from "livekit-client";
import { chime } from "../../ui";
import { floorOf, type Floor } from "./floor";
import type { Hand } from "./hand";
import type { OwnDevices } from "./own-devices";
import { OwnPhone } from "./own-phone";
import { rightsOf } from "./rights";

/** What is told of the seat. */
export type SeatNews =
  | "listens"
  | "speaks"
  | "floor-elsewhere"
  | "floor-given"
  | "floor-yours"
  | "floor-free"
  | "muted-by-host"
  | "on-the-phone";

interface Hears {
  say: (news: SeatNews) => void;
  /** Microphone or camera are wished otherwise now. */
  wished: () => void;
  /** The microphone was closed by somebody else, and is not to be open the next time either. */
  muted: () => void;
  duties: () => void;
}

export class Seat {
  floor: Floor | undefined;
  private readonly ownPhone = new OwnPhone();

  constructor(
    private readonly room: Room,
    private readonly devices: OwnDevices,
    private readonly hand: Hand,
    private readonly tell: Hears,
  ) {
    room
      .on(RoomEvent.TrackMuted, (publication, participant) => this.heedHost(publication, participant))
      .on(RoomEvent.RoomMetadataChanged, (metadata) => this.heedFloor(metadata))
      .on(RoomEvent.ParticipantConnected, () => this.heedOwnPhone())
      .on(RoomEvent.ParticipantAttributesChanged, (_, participant) => {
        this.heedOwnPhone();
        if (participant.isLocal) tell.duties();
      })
      .on(RoomEvent.ParticipantPermissionsChanged, (before, participant) => {
        if (participant.isLocal && before !== undefined) this.heedPermission(before.canPublish);
      });
  }

  /** Whether it is one to be heard from. */
  get speaks(): boolean {
    return this.local.permissions?.canPublish ?? true;
  }

  /** Whether whoever sits there runs the meeting. */
  get directs(): boolean {
    return rightsOf(this.local.attributes).directs;
  }

  /** Why nobody would hear what is said here; nothing if they would. */
  get silence(): SeatNews | undefined {
    if (!this.speaks) return "listens";
    return this.isHeld ? "floor-elsewhere" : undefined;
  }

  /** Sits down: who comes while others speak comes in silence. */
  take(): void {
    this.floor = floorOf(this.room.metadata);
    if (this.isHeld) this.devices.wanted.microphone = false;
    if (!this.speaks) this.devices.dismiss();
  }

  private get local() {
    return this.room.localParticipant;
  }

  /** Whether somebody else has the floor, or nobody yet. */
  private get isHeld(): boolean {
    const { identity } = this.local;
    return (
      this.floor !== undefined && this.floor.holder !== identity && !this.floor.standing.includes(identity)
    );
  }

  /** Whether somebody else has the floor: who presides is silent then, and may step in. */
  private get isGiven(): boolean {
    const holder = this.floor?.holder;
    return holder !== undefined && holder !== this.local.identity;
  }

  /** A host muted us: the wish follows, so that no reconnection opens the microphone again. */
  private heedHost(publication: TrackPublication, participant: Participant): void {
    const { wanted } = this.devices;
    if (!participant.isLocal || publication.source !== Track.Source.Microphone || !wanted.microphone) return;
    // The SDK mutes what was unplugged, too.
    if (publication.track?.mediaStreamTrack.readyState === "ended") return;
    wanted.microphone = false;
    this.tell.muted();
    this.tell.say(this.isHeld ? "floor-elsewhere" : this.isGiven ? "floor-given" : "muted-by-host");
  }

  /** The seat became another while we sit on it. */
  private heedPermission(couldSpeak: boolean): void {
    const may = this.speaks;
    if (may === couldSpeak) return;
    this.devices.wanted.microphone = this.devices.wanted.camera = false;
    this.tell.say(may ? "speaks" : "listens");
    if (!may) this.hand.forget();
    this.tell.wished();
  }

  /** Whoever asked for the floor and gets it speaks at once; who did not is asked to. */
  private heedFloor(metadata: string | undefined): void {
    const before = this.floor;
    this.floor = floorOf(metadata);
    const { identity } = this.local;
    if (this.floor?.holder === identity && before?.holder !== identity) {
      chime();
      this.tell.say("floor-yours");
      if (this.hand.isUp) {
        this.devices.wanted.microphone = true;
        this.tell.wished();
      }
    } else if (before !== undefined && this.floor === undefined) {
      this.tell.say("floor-free");
    }
  }

  /** Who goes on by telephone is not to be heard twice; the key opens the microphone again. */
  private heedOwnPhone(): void {
    if (!this.ownPhone.hasAnswered(this.room) || !this.devices.wanted.microphone) return;
    this.devices.wanted.microphone = false;
    this.tell.say("on-the-phone");
    this.tell.wished();
  }
}
