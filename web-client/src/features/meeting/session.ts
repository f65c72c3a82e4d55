//! One stay in a room: performs what `link-machine.ts` decides, owns the SDK's room, and gives the screen a view of it.

import {
  LocalAudioTrack,
  LocalVideoTrack,
  ParticipantEvent,
  Room,
  RoomEvent,
  setLogLevel,
  Track,
  type LocalTrackPublication,
  type TextStreamReader,
  type TrackPublication,
  type Participant,
} from "livekit-client";
import { codeOf } from "../../api/client";
import { listenForEver } from "../../api/events";
import {
  admit,
  askToJoin,
  endMeeting,
  knocksEvents,
  muteParticipant,
  refuse,
  removeParticipant,
  setLocked,
  type Admission,
  type Knock,
} from "../../api/meetings";
import { chime } from "../../ui";
import { chat, emptyChat, LONGEST_MESSAGE, type ChatInput } from "../chat";
import { rememberChoices, type Choices, type Entrance } from "../prejoin";
import { admissionOf, keepAdmission } from "./admission";
import { link, type LinkEffect, type LinkInput, type LinkState } from "./link-machine";
import { becauseOf, cameraConstraints, optionsFor } from "./room-options";
import { peopleOf, qualityOf, type MeetingView, type Notice } from "./view";
import type { Departure } from "./visit-machine";

/** What becomes of somebody whose stay is over. */
export interface Outside {
  depart: (why: Departure) => void;
  waitOutside: (ticket: string) => void;
}

export type DeviceKind = "microphone" | "camera" | "speaker";

type Says<N> = N extends { id: number } ? Omit<N, "id"> : never;

export class MeetingSession {
  private readonly room: Room;
  private state: LinkState = { is: "joining" };
  /** What the user wants open; survives every reconnection and every new server. */
  private readonly wanted: { microphone: boolean; camera: boolean; hand: string };
  /** Open devices brought from pre-join, used by the first connection only. */
  private brought: Pick<Entrance, "microphone" | "camera">;
  private name: string;
  private isHost: boolean;
  private locked: boolean;
  private messages = emptyChat;
  private knocks: readonly Knock[] = [];
  private notice: Notice | undefined;
  private notices = 0;
  private stopKnocks: (() => void) | undefined;
  private timer: number | undefined;
  private refreshing = false;
  private readonly listeners = new Set<() => void>();
  private view: MeetingView;

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
    this.wanted = { microphone: choices.microphoneOn, camera: choices.cameraOn, hand: "" };
    this.brought = { microphone: entrance.microphone, camera: entrance.camera };
    this.name = admission.name;
    this.isHost = admission.is_host;
    this.locked = locked;
    this.listenToRoom();
    this.view = this.look();
    this.handle({ on: "start", admission });
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): MeetingView => this.view;

  get choices(): Choices {
    return this.entrance.choices;
  }

  leave(): void {
    this.handle({ on: "leave" });
  }

  async toggleMicrophone(): Promise<void> {
    this.wanted.microphone = !this.wanted.microphone;
    this.choose({ microphoneOn: this.wanted.microphone });
    await this.matchDevices();
  }

  async toggleCamera(): Promise<void> {
    this.wanted.camera = !this.wanted.camera;
    this.choose({ cameraOn: this.wanted.camera });
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

  async toggleHand(): Promise<void> {
    this.wanted.hand = this.wanted.hand === "" ? new Date().toISOString() : "";
    await this.matchHand();
  }

  async chooseDevice(kind: DeviceKind, deviceId: string): Promise<void> {
    this.choose({ [`${kind}Id`]: deviceId });
    const sdkKind = ({ microphone: "audioinput", camera: "videoinput", speaker: "audiooutput" } as const)[
      kind
    ];
    try {
      await this.room.switchActiveDevice(sdkKind, deviceId === "" ? "default" : deviceId, deviceId !== "");
    } catch {
      this.say({ says: "device-failed" });
    }
    this.refresh();
  }

  async startAudio(): Promise<void> {
    await this.room.startAudio();
    this.refresh();
  }

  async send(text: string): Promise<void> {
    const cut = text.slice(0, LONGEST_MESSAGE);
    const info = await this.room.localParticipant.sendText(cut, { topic: CHAT_TOPIC });
    const from = this.room.localParticipant.identity;
    this.chat({
      on: "sent",
      message: { id: info.id, from, name: this.name, own: true, text: cut, at: info.timestamp },
    });
  }

  chat(input: ChatInput): void {
    this.messages = chat(this.messages, input);
    this.refresh();
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

  admit = (ticket: string) => this.ask(() => admit(this.code, ticket));
  refuse = (ticket: string) => this.ask(() => refuse(this.code, ticket));
  mute = (identity: string) => this.ask(() => muteParticipant(this.code, identity));
  remove = (identity: string) => this.ask(() => removeParticipant(this.code, identity));
  end = () => this.ask(() => endMeeting(this.code));
  toggleLock = () =>
    this.ask(async () => {
      this.locked = (await setLocked(this.code, !this.locked)).locked;
    });

  /** Asks the office for something only hosts may do. */
  private async ask(request: () => Promise<unknown>): Promise<void> {
    try {
      await request();
    } catch (error) {
      this.say({ says: "error", code: codeOf(error) });
    }
    this.refresh();
  }

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
    this.name = admission.name;
    this.isHost = admission.is_host;
    try {
      await this.room.connect(admission.url, admission.token, { maxRetries: 2 });
    } catch {
      this.handle({ on: "connect-failed" });
      return;
    }
    this.handle({ on: "connected" });
    if (this.isHost) this.listenToKnocks();
    await this.matchDevices();
    await this.matchHand();
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
    this.stopKnocks?.();
    this.brought.microphone?.stop();
    this.brought.camera?.stop();
    void this.room.disconnect();
  }

  /** Makes microphone and camera what the user wants them to be: after a key, a connection, a reconnection. */
  private async matchDevices(): Promise<void> {
    this.refresh();
    if (this.state.is !== "live") return;
    const { microphone, camera } = this.brought;
    this.brought = { microphone: undefined, camera: undefined };
    const results = await Promise.allSettled([this.matchMicrophone(microphone), this.matchCamera(camera)]);
    const [mic, cam] = results.map(({ status }) => status === "fulfilled");
    // A device that does not open stays closed, and the key says so.
    if (mic === false) this.wanted.microphone = false;
    if (cam === false) this.wanted.camera = false;
    if (!(mic && cam) && this.isLive()) this.say({ says: "device-failed" });
    this.refresh();
  }

  // A method, so that the compiler does not believe that time stands still across an await.
  private isLive(): boolean {
    return this.state.is === "live";
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

  private async matchHand(): Promise<void> {
    this.refresh();
    const local = this.room.localParticipant;
    if (this.state.is !== "live" || (local.attributes["palabre.hand"] ?? "") === this.wanted.hand) return;
    try {
      await local.setAttributes({ "palabre.hand": this.wanted.hand });
    } catch {
      this.say({ says: "error", code: "unexpected" });
    }
    this.refresh();
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
        void this.matchDevices().then(() => this.matchHand());
      })
      .on(RoomEvent.Disconnected, (reason) => this.handle({ on: "disconnected", because: becauseOf(reason) }))
      .on(RoomEvent.TrackMuted, (publication, participant) => this.heedHost(publication, participant))
      .on(RoomEvent.MediaDevicesError, () => this.say({ says: "device-failed" }));
    this.room.localParticipant.on(
      ParticipantEvent.LocalTrackUnpublished,
      (publication: LocalTrackPublication) => {
        if (publication.source === Track.Source.ScreenShare) this.refresh();
      },
    );

    this.room.registerTextStreamHandler(
      CHAT_TOPIC,
      (reader, { identity }) => void this.receive(reader, identity),
    );
  }

  /** A host muted us: the wish follows, so that no reconnection opens the microphone again. */
  private heedHost(publication: TrackPublication, participant: Participant): void {
    if (!participant.isLocal || publication.source !== Track.Source.Microphone || !this.wanted.microphone)
      return;
    this.wanted.microphone = false;
    this.choose({ microphoneOn: false });
    this.say({ says: "muted-by-host" });
  }

  private async receive(reader: TextStreamReader, from: string): Promise<void> {
    try {
      const text = await reader.readAll();
      const name = this.room.remoteParticipants.get(from)?.name ?? from;
      this.chat({
        on: "received",
        message: { id: reader.info.id, from, name, own: false, text, at: reader.info.timestamp },
      });
    } catch {
      // Too long, or its sender left in the middle: a message we did not get.
    }
  }

  private listenToKnocks(): void {
    this.stopKnocks ??= listenForEver(knocksEvents(this.code), {
      knocks: (data) => {
        const { knocks } = JSON.parse(data) as { knocks: Knock[] };
        const known = new Set(this.knocks.map(({ ticket }) => ticket));
        if (knocks.some(({ ticket }) => !known.has(ticket))) chime();
        this.knocks = knocks;
        this.refresh();
      },
      asks_host: (data) => {
        chime();
        this.say({ says: "asks-host", name: (JSON.parse(data) as { name: string }).name });
      },
    });
  }

  /** Many events come at once; the screen is told once. */
  private refresh(): void {
    if (this.refreshing) return;
    this.refreshing = true;
    queueMicrotask(() => {
      this.refreshing = false;
      this.view = this.look();
      for (const listener of this.listeners) listener();
    });
  }

  private look(): MeetingView {
    const local = this.room.localParticipant;
    return {
      ...peopleOf(this.room),
      link: this.state,
      canHear: this.room.canPlaybackAudio,
      microphoneOpen: this.wanted.microphone,
      cameraOn: this.wanted.camera,
      sharing: local.isScreenShareEnabled,
      handUp: this.wanted.hand !== "",
      quality: this.state.is === "live" ? qualityOf(local.connectionQuality) : "lost",
      isHost: this.isHost,
      locked: this.locked,
      knocks: this.knocks,
      chat: this.messages,
      notice: this.notice,
    };
  }
}

const CHAT_TOPIC = "lk.chat";

const EVENTS_THAT_SHOW = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.ConnectionStateChanged,
  RoomEvent.Moved,
] as const;
