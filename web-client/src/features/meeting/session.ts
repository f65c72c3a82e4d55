//! One stay in a room: performs what `link-machine.ts` decides, owns the SDK's room, and gives the screen a view of it.

import { Room, RoomEvent, setLogLevel } from "livekit-client";
import { codeOf } from "../../api/client";
import { askToJoin, showAdmission, type Admission } from "../../api/meetings";
import { Thread, type ChatInput, type Recipient } from "../chat";
import { rememberChoices, type Choices, type Entrance, type Sparing } from "../prejoin";
import type { Doorbell } from "./doorbell";
import { admissionOf, keepAdmission } from "./admission";
import type { Arrival } from "./arrival";
import { agendaOf } from "./agenda";
import { DeviceWatch } from "./device-watch";
import type { Gesture } from "./floor";
import { Hand } from "./hand";
import { link, type LinkEffect, type LinkInput, type LinkState } from "./link-machine";
import { Orders } from "./orders";
import { OwnDevices, type DeviceKind } from "./own-devices";
import {
  becauseOf,
  connectOptions,
  EVENTS_THAT_SHOW,
  givenUp,
  leaveWithPage,
  optionsFor,
  Shown,
  SparedRoom,
} from "../room";
import type { Wanted } from "../effects";
import { Files } from "../files";
import { Meter } from "../statistics";
import { Seat } from "./seat";
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
  private readonly watch: DeviceWatch;
  private readonly spared: SparedRoom;
  private readonly hand: Hand;
  /** What a host has done. */
  readonly orders: Orders;
  /** How much data the stay takes, and what its streams do. */
  readonly meter: Meter;
  private readonly seat: Seat;
  private still = false;
  private name: string;
  private isHost: boolean;
  private locked: boolean;
  private readonly thread: Thread;
  readonly files: Files;
  private doorbell: Doorbell | undefined;
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
    private arrival?: Arrival,
  ) {
    setLogLevel("error");
    this.room = arrival?.room ?? new Room(optionsFor(entrance.choices));
    if (!arrival) leaveWithPage(this.room);
    this.meter = new Meter(this.room);
    this.devices = arrival?.devices ?? new OwnDevices(this.room, entrance);
    this.watch = new DeviceWatch(this.room, this.devices, ({ kind, lost, next }) => {
      this.say({ says: "unplugged", kind, lost, next: next?.label });
      void this.matchDevices();
    });
    this.spared = new SparedRoom(this.room, entrance.choices);
    this.hand = new Hand(this.room.localParticipant, {
      failed: () => this.say({ says: "error", code: "unexpected" }),
      changed: () => this.refresh(),
    });
    this.seat = new Seat(this.room, this.devices, this.hand, {
      say: (says) => this.say({ says }),
      wished: () => void this.matchDevices(),
      muted: () => this.choose({ microphoneOn: false }),
      duties: () => this.heedDuties(),
    });
    this.thread = new Thread(this.room, () => this.refresh());
    this.files = new Files(this.room, (post) => this.thread.post(post, this.name));
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
    const open = !this.devices.wanted.microphone;
    if (open && this.isSilent()) return;
    this.devices.wanted.microphone = open;
    this.choose({ microphoneOn: open });
    await this.matchDevices();
  }

  /** Is heard while a key is held. What one chose for the next visit stays as it is. */
  async talk(held: boolean): Promise<void> {
    if (held && this.isSilent()) return;
    this.devices.wanted.microphone = held;
    await this.matchDevices();
  }

  /** Whether nobody would hear what is said from this seat, which is told then. */
  private isSilent(): boolean {
    const { silence } = this.seat;
    if (silence) this.say({ says: silence });
    return silence !== undefined;
  }

  async toggleCamera(): Promise<void> {
    if (this.choices.audioOnly) {
      this.say({ says: "spared", what: "audioOnly" });
      return;
    }
    this.devices.wanted.camera = !this.devices.wanted.camera;
    this.choose({ cameraOn: this.devices.wanted.camera });
    await this.matchDevices();
  }

  /** Gives up pictures of people, or their size, for the link's sake, or takes them back. */
  async spare(sparing: Sparing): Promise<void> {
    this.choose(sparing);
    this.say({ says: "spared", what: givenUp(sparing) });
    this.devices.wanted.camera = this.choices.cameraOn && !sparing.audioOnly && this.seat.speaks;
    await this.spared.changed();
    await this.matchDevices();
  }

  /** Blurs one's background, or takes noises out of one's voice, or no more. */
  async affect(what: keyof Wanted, yes: boolean): Promise<void> {
    this.choose({ [what]: yes });
    this.refresh();
    await this.devices.affect(what);
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
    if (!(await this.devices.take(kind, deviceId))) this.say({ says: "device-failed", what: "device" });
    void this.watch.note();
    this.refresh();
  }

  async startAudio(): Promise<void> {
    await this.room.startAudio();
    this.refresh();
  }

  send = (text: string, to?: Recipient) => this.thread.send(text, this.name, to);

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
      await this.reach(admission);
    } catch {
      this.handle({ on: "connect-failed" });
      return;
    }
    this.handle({ on: "connected" });
    const what = givenUp(this.choices);
    if (what) this.say({ says: "spared", what });
    this.heedDuties();
    this.seat.take();
    await this.matchDevices();
    await this.hand.match();
  }

  /** The connection that is there already is the meeting's as soon as the room says so. */
  private async reach(admission: Admission): Promise<void> {
    const { arrival } = this;
    this.arrival = undefined;
    if (!arrival) await this.room.connect(admission.url, admission.token, connectOptions(2));
    else if (!(await arrival.complete())) throw new Error("the room did not take the connection over");
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
    this.doorbell?.leave();
    this.meter.stop();
    this.devices.close();
    void this.room.disconnect();
  }

  /** Makes microphone and camera what the user wants them to be: after a key, a connection, a reconnection. */
  private async matchDevices(): Promise<void> {
    this.refresh();
    if (this.state.is !== "live") return;
    const [trouble] = await this.devices.match();
    if (trouble !== undefined && this.isLive()) this.say({ says: "device-failed", what: trouble });
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
      .on(RoomEvent.TrackStreamStateChanged, () => this.heedStill())
      .on(RoomEvent.MediaDevicesError, () => this.say({ says: "device-failed", what: "device" }));
  }

  private directs(): boolean {
    return this.isHost || this.seat.directs;
  }

  /** Whoever runs the meeting hears who waits, as long as that is so. */
  private heedDuties(): void {
    if (!this.directs()) this.doorbell?.leave();
    // Should it not come, nobody is heard knocking until the next time.
    else this.attendDoor().catch(() => undefined);
  }

  private async attendDoor(): Promise<void> {
    const { Doorbell } = await import("./doorbell");
    if (!this.isLive() || !this.directs()) return;
    this.doorbell ??= new Doorbell(this.code, {
      asked: (name) => this.say({ says: "asks-host", name }),
      changed: () => this.refresh(),
    });
    await this.doorbell.attend(this.isHost);
  }

  /** Who sees pictures stop is told why, and when they go on. */
  private heedStill(): void {
    const still = peopleOf(this.room).people.some((person) => person.still);
    if (still === this.still) return;
    this.still = still;
    this.say({ says: "pictures", still });
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
      sparing: this.choices,
      effects: this.choices,
      sharing: local.isScreenShareEnabled,
      handUp: this.hand.isUp,
      floor: this.seat.floor,
      agenda: agendaOf(this.room.metadata),
      quality: this.state.is === "live" ? qualityOf(local.connectionQuality) : "lost",
      isHost: this.isHost,
      directs: this.directs(),
      speaks: this.seat.speaks,
      locked: this.locked,
      knocks: this.doorbell?.knocks ?? [],
      chat: this.thread.state,
      notice: this.notice,
    };
  }
}
