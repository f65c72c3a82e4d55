//! One stay in a room: performs what `link-machine.ts` decides, owns the SDK's room, and gives the screen a view of it.

import {
  ParticipantEvent,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  type LocalTrackPublication,
  type TrackPublication,
  type Participant,
} from "livekit-client";
import { codeOf } from "../../api/client";
import { askToJoin, showAdmission, type Admission } from "../../api/meetings";
import { chime } from "../../ui";
import { Thread, type ChatInput } from "../chat";
import { rememberChoices, type Choices, type Entrance } from "../prejoin";
import { Doorbell } from "./doorbell";
import { admissionOf, keepAdmission } from "./admission";
import { agendaOf } from "./agenda";
import { floorOf, type Floor, type Gesture } from "./floor";
import { Hand } from "./hand";
import { link, type LinkEffect, type LinkInput, type LinkState } from "./link-machine";
import { Orders } from "./orders";
import { OwnDevices, type DeviceKind } from "./own-devices";
import { OwnPhone } from "./own-phone";
import { becauseOf, connectOptions, EVENTS_THAT_SHOW, optionsFor, Shown } from "../room";
import { rightsOf } from "./rights";
import { peopleOf, qualityOf, type MeetingView, type Notice } from "./view";
import type { Departure } from "./visit-machine";

/** What becomes of somebody whose stay is over. */
export interface Outside {
  depart: (why: Departure) => void;
  waitOutside: (ticket: string) => void;
}

type Says<N> = N extends { id: number } ? Omit<N, "id"> : never;

export class MeetingSession {
  private readonly room: Room;
  private state: LinkState = { is: "joining" };
  private readonly devices: OwnDevices;
  private readonly hand: Hand;
  /** What a host has done. */
  readonly orders: Orders;
  private floor: Floor | undefined;
  private name: string;
  private isHost: boolean;
  private locked: boolean;
  private readonly ownPhone = new OwnPhone();
  private readonly thread: Thread;
  private readonly doorbell: Doorbell;
  private notice: Notice | undefined;
  private notices = 0;
  private timer: number | undefined;
  readonly shown: Shown<MeetingView>;

  constructor(
    readonly code: string,
    private readonly entrance: Entrance,
    admission: Admission,
    locked: boolean,
    private readonly outside: Outside,
  ) {
    setLogLevel("error");
    const { choices } = entrance;
    this.room = new Room(optionsFor(choices));
    this.devices = new OwnDevices(this.room, entrance);
    this.hand = new Hand(this.room.localParticipant, {
      failed: () => this.say({ says: "error", code: "unexpected" }),
      changed: () => this.refresh(),
    });
    this.thread = new Thread(this.room, () => this.refresh());
    this.doorbell = new Doorbell(code, {
      asked: (name) => this.say({ says: "asks-host", name }),
      changed: () => this.refresh(),
    });
    this.orders = new Orders(code, {
      failed: (why) => this.say({ says: "error", code: why }),
      done: () => this.refresh(),
    });
    this.name = admission.name;
    this.isHost = admission.is_host;
    this.locked = locked;
    this.listenToRoom();
    this.shown = new Shown(() => this.look());
    this.handle({ on: "start", admission });
  }

  get choices(): Choices {
    return this.entrance.choices;
  }

  leave(): void {
    this.handle({ on: "leave" });
  }

  async toggleMicrophone(): Promise<void> {
    if (!this.maySpeak()) {
      this.say({ says: "listens" });
      return;
    }
    if (!this.devices.wanted.microphone && this.isHeld()) {
      this.say({ says: "floor-elsewhere" });
      return;
    }
    this.devices.wanted.microphone = !this.devices.wanted.microphone;
    this.choose({ microphoneOn: this.devices.wanted.microphone });
    await this.matchDevices();
  }

  async toggleCamera(): Promise<void> {
    this.devices.wanted.camera = !this.devices.wanted.camera;
    this.choose({ cameraOn: this.devices.wanted.camera });
    await this.matchDevices();
  }

  async toggleShare(): Promise<void> {
    const local = this.room.localParticipant;
    try {
      await local.setScreenShareEnabled(!local.isScreenShareEnabled, { audio: true, contentHint: "detail" });
    } catch (error) {
      // Closing the browser's picker is a choice, not a failure.
      if (!(error instanceof DOMException && error.name === "NotAllowedError"))
        this.say({ says: "share-failed" });
    }
    this.refresh();
  }

  /** Raises the hand for something, or lowers it. */
  async toggleHand(gesture: Gesture = "floor"): Promise<void> {
    await this.hand.toggle(gesture, this.isLive());
  }

  /** Gives back the floor that one has. */
  async yieldFloor(): Promise<void> {
    await this.hand.yieldFloor();
  }

  async chooseDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    this.choose({ [`${kind}Id`]: deviceId });
    if (!(await this.devices.take(kind, deviceId))) this.say({ says: "device-failed" });
    this.refresh();
  }

  async startAudio(): Promise<void> {
    await this.room.startAudio();
    this.refresh();
  }

  send = (text: string) => this.thread.send(text, this.name);

  chat(input: ChatInput): void {
    this.thread.handle(input);
  }

  say(notice: Says<Notice>): void {
    this.notices += 1;
    this.notice = { ...notice, id: this.notices };
    this.refresh();
  }

  dismissNotice(): void {
    this.notice = undefined;
    this.refresh();
  }

  toggleLock = () => this.orders.setLocked(!this.locked, (locked) => (this.locked = locked));

  private handle(input: LinkInput): void {
    const [state, effects] = link(this.state, input);
    this.state = state;
    for (const effect of effects) this.perform(effect);
    this.refresh();
  }

  private perform(effect: LinkEffect): void {
    switch (effect.do) {
      case "connect":
        void this.connect(effect.admission);
        break;
      case "ask":
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.askAgain(), effect.after);
        break;
      case "hang-up":
        this.hangUp();
        break;
      case "depart":
        this.outside.depart(effect.why);
        break;
      case "wait-outside":
        this.outside.waitOutside(effect.ticket);
        break;
    }
  }

  private async connect(admission: Admission): Promise<void> {
    keepAdmission(this.code, admission.token);
    showAdmission(this.code, admission.token);
    this.name = admission.name;
    this.isHost = admission.is_host;
    try {
      await this.room.connect(admission.url, admission.token, connectOptions(2));
    } catch {
      this.handle({ on: "connect-failed" });
      return;
    }
    this.handle({ on: "connected" });
    this.heedDuties();
    this.floor = floorOf(this.room.metadata);
    // Who comes while others speak comes in silence.
    if (this.isHeld()) this.devices.wanted.microphone = false;
    if (!this.maySpeak()) this.devices.wanted.microphone = this.devices.wanted.camera = false;
    await this.matchDevices();
    await this.hand.match();
  }

  private async askAgain(): Promise<void> {
    const previous = admissionOf(this.code);
    try {
      const answer = await askToJoin(this.code, { name: this.name, ...(previous !== null && { previous }) });
      this.handle({ on: "answered", answer });
    } catch (error) {
      this.handle({ on: "ask-failed", code: codeOf(error) });
    }
  }

  private hangUp(): void {
    window.clearTimeout(this.timer);
    this.doorbell.leave();
    this.devices.letGo();
    void this.room.disconnect();
  }

  /** Makes microphone and camera what the user wants them to be: after a key, a connection, a reconnection. */
  private async matchDevices(): Promise<void> {
    this.refresh();
    if (this.state.is !== "live") return;
    const opened = await this.devices.match();
    if (!opened && this.isLive()) this.say({ says: "device-failed" });
    this.refresh();
  }

  // A method, so that the compiler does not believe that time stands still across an await.
  private isLive(): boolean {
    return this.state.is === "live";
  }

  private choose(change: Partial<Choices>): void {
    Object.assign(this.entrance.choices, change);
    rememberChoices(this.entrance.choices);
  }

  private listenToRoom(): void {
    const refresh = () => this.refresh();
    for (const event of EVENTS_THAT_SHOW) this.room.on(event, refresh);

    const interrupted = () => this.handle({ on: "interrupted" });
    this.room
      .on(RoomEvent.Reconnecting, interrupted)
      .on(RoomEvent.SignalReconnecting, interrupted)
      .on(RoomEvent.Reconnected, () => {
        this.handle({ on: "resumed" });
        this.say({ says: "back" });
        void this.matchDevices().then(() => this.hand.match());
      })
      .on(RoomEvent.Disconnected, (reason) => this.handle({ on: "disconnected", because: becauseOf(reason) }))
      .on(RoomEvent.TrackMuted, (publication, participant) => this.heedHost(publication, participant))
      .on(RoomEvent.RoomMetadataChanged, (metadata) => this.heedFloor(metadata))
      .on(RoomEvent.ParticipantConnected, () => this.heedOwnPhone())
      .on(RoomEvent.ParticipantAttributesChanged, (_, participant) => {
        this.heedOwnPhone();
        if (participant.isLocal) this.heedDuties();
      })
      .on(RoomEvent.ParticipantPermissionsChanged, (before, participant) => {
        if (participant.isLocal && before !== undefined) this.heedPermission(before.canPublish);
      })
      .on(RoomEvent.MediaDevicesError, () => this.say({ says: "device-failed" }));
    this.room.localParticipant.on(
      ParticipantEvent.LocalTrackUnpublished,
      (publication: LocalTrackPublication) => {
        if (publication.source === Track.Source.ScreenShare) this.refresh();
      },
    );
  }

  /** A host muted us: the wish follows, so that no reconnection opens the microphone again. */
  private heedHost(publication: TrackPublication, participant: Participant): void {
    if (
      !participant.isLocal ||
      publication.source !== Track.Source.Microphone ||
      !this.devices.wanted.microphone
    )
      return;
    this.devices.wanted.microphone = false;
    this.choose({ microphoneOn: false });
    this.say({ says: this.isHeld() ? "floor-elsewhere" : this.isGiven() ? "floor-given" : "muted-by-host" });
  }

  /** Whether somebody else has the floor, or nobody yet: whatever is said here is not heard. */
  private isHeld(): boolean {
    const { identity } = this.room.localParticipant;
    return (
      this.floor !== undefined && this.floor.holder !== identity && !this.floor.standing.includes(identity)
    );
  }

  /** Whether somebody else has the floor: who presides is silent then, and may step in. */
  private isGiven(): boolean {
    const holder = this.floor?.holder;
    return holder !== undefined && holder !== this.room.localParticipant.identity;
  }

  /** Whether the seat is one to be heard from. */
  private maySpeak(): boolean {
    return this.room.localParticipant.permissions?.canPublish ?? true;
  }

  private directs(): boolean {
    return this.isHost || rightsOf(this.room.localParticipant.attributes).directs;
  }

  /** Whoever runs the meeting hears who waits, as long as that is so. */
  private heedDuties(): void {
    if (this.directs()) void this.doorbell.attend(this.isHost);
    else this.doorbell.leave();
  }

  /** The seat became another while we sit on it. */
  private heedPermission(couldSpeak: boolean): void {
    const may = this.maySpeak();
    if (may === couldSpeak) return;
    this.devices.wanted.microphone = this.devices.wanted.camera = false;
    this.say({ says: may ? "speaks" : "listens" });
    if (!may) this.hand.forget();
    void this.matchDevices();
  }

  /** Whoever asked for the floor and gets it speaks at once; who did not is asked to. */
  private heedFloor(metadata: string | undefined): void {
    const before = this.floor;
    this.floor = floorOf(metadata);
    const { identity } = this.room.localParticipant;
    if (this.floor?.holder === identity && before?.holder !== identity) {
      chime();
      this.say({ says: "floor-yours" });
      if (this.hand.isUp) {
        this.devices.wanted.microphone = true;
        void this.matchDevices();
      }
    } else if (before !== undefined && this.floor === undefined) {
      this.say({ says: "floor-free" });
    }
    this.refresh();
  }

  /** Who goes on by telephone is not to be heard twice; the key opens the microphone again. */
  private heedOwnPhone(): void {
    if (!this.ownPhone.hasAnswered(this.room) || !this.devices.wanted.microphone) return;
    this.devices.wanted.microphone = false;
    this.say({ says: "on-the-phone" });
    void this.matchDevices();
  }

  private refresh(): void {
    this.shown.refresh();
  }

  private look(): MeetingView {
    const local = this.room.localParticipant;
    return {
      ...peopleOf(this.room),
      link: this.state,
      canHear: this.room.canPlaybackAudio,
      microphoneOpen: this.devices.wanted.microphone,
      cameraOn: this.devices.wanted.camera,
      sharing: local.isScreenShareEnabled,
      handUp: this.hand.isUp,
      floor: this.floor,
      agenda: agendaOf(this.room.metadata),
      quality: this.state.is === "live" ? qualityOf(local.connectionQuality) : "lost",
      isHost: this.isHost,
      directs: this.directs(),
      speaks: this.maySpeak(),
      locked: this.locked,
      knocks: this.doorbell.knocks,
      chat: this.thread.state,
      notice: this.notice,
    };
  }
}
