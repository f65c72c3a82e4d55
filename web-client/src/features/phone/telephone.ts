//! The telephone in this page: performs what `phone-machine.ts` decides, rings, and owns the rooms of its calls.

import {
  answerCall,
  declineCall,
  EVENTS,
  hangUp,
  holdCall,
  joinCall,
  leaveCall,
  placeCall,
  pressKeys,
  transferCall,
  type Call,
  type CallRoom as Way,
  type PresenceNews,
  type WholeState,
} from "../../api/calls";
import { ApiError, codeOf } from "../../api/client";
import { go } from "../../navigation";
import { recallChoices } from "../prejoin";
import type { CallRoom, CallView, Lost } from "./call-room";
import { openLine, type Line } from "./line";
import { phone, wholeOf, type PhoneEffect, type PhoneInput } from "./phone-machine";
import { alerts, held, onTheHook, ringing, type PhoneState } from "./phone-state";
import { recallRingDevice } from "./ring-device";
import { Ringer } from "./ringer";

/** What could not be done, in a code and perhaps a reason. */
export interface Failure {
  code: string;
  reason: string | undefined;
}

export interface PhoneView {
  state: PhoneState;
  /** The room this page is in. */
  room: CallView | undefined;
  failure: Failure | undefined;
  /** Something was asked of the office and is not answered yet. */
  asking: boolean;
}

export class Telephone {
  private state = onTheHook;
  private rooms = new Map<string, CallRoom>();
  private readonly ringer = new Ringer();
  private line: Line | undefined;
  private failure: Failure | undefined;
  private asking = false;
  private losing: number | undefined;
  private readonly listeners = new Set<() => void>();
  private view: PhoneView = { state: onTheHook, room: undefined, failure: undefined, asking: false };

  constructor(private readonly account: string) {}

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): PhoneView => this.view;

  open(): void {
    this.line ??= openLine(EVENTS, this.account, LINE_EVENTS, (event, data) => this.hear(event, data), {
      event: "state",
      whole: () => (this.state.line === "open" ? JSON.stringify(wholeOf(this.state)) : undefined),
    });
  }

  close(): void {
    this.line?.close();
    this.line = undefined;
    window.clearTimeout(this.losing);
    this.losing = undefined;
    this.ringer.hush();
    for (const room of this.rooms.values()) room.leave();
    this.rooms.clear();
  }

  /** Calls a number; with `into`, into the call of that id. */
  place(number: string, into?: string): Promise<boolean> {
    return this.ask(async () => this.enter(await placeCall(number, into)));
  }

  answer(call: Call): Promise<boolean> {
    return this.ask(async () => {
      // Who answers another call keeps the one before waiting.
      await Promise.all(
        held(this.state)
          .filter(({ state: is, held: waits }) => is === "talking" && !waits)
          .map(({ id }) => holdCall(id, true)),
      );
      const way = await answerCall(call.id);
      // Who is called into a meeting enters by its door, with a look into the mirror.
      if (call.meeting === null) this.enter(way);
      else go(`/m/${call.meeting}`);
    });
  }

  /** Goes (back) into a call that is in another page, or was in this one before it was loaded again. */
  join(call: Call): Promise<boolean> {
    return this.ask(async () => this.enter(await joinCall(call.id)));
  }

  decline(call: Call): Promise<boolean> {
    return this.ask(() => declineCall(call.id));
  }

  /** Ends one call, and leaves whoever else is in its room. */
  hangUp(call: Call): Promise<void> {
    return this.end(hangUp(call.id));
  }

  /** Ends a conversation for oneself, with all that are in it; if those are two, they go on. */
  leave(call: Call): Promise<void> {
    return this.end(leaveCall(call.id));
  }

  /** Whatever else is being asked: who hangs up does not wait. */
  private async end(ended: Promise<unknown>): Promise<void> {
    try {
      await ended;
    } catch (error) {
      // It may have been over already.
      if (codeOf(error) !== "not_found") this.failure = { code: codeOf(error), reason: undefined };
    }
    this.tell();
  }

  hold(call: Call, held: boolean): Promise<boolean> {
    return this.ask(() => holdCall(call.id, held));
  }

  transfer(call: Call, to: { number: string } | { meeting: string }): Promise<boolean> {
    return this.ask(() => transferCall(call.id, to));
  }

  press(call: Call, digits: string): Promise<boolean> {
    return this.ask(() => pressKeys(call.id, digits));
  }

  async toggleMicrophone(): Promise<void> {
    const rooms = [...this.rooms.values()];
    const open = rooms.some((room) => room.current().microphoneOpen);
    await Promise.all(rooms.map((room) => room.setMicrophone(!open)));
  }

  async startAudio(): Promise<void> {
    await Promise.all([...this.rooms.values()].map((room) => room.startAudio()));
  }

  /** Looks elsewhere: the last word and the last failure go. */
  putAway(): void {
    this.failure = undefined;
    this.handle({ on: "put-away" });
  }

  private async ask(request: () => Promise<unknown>): Promise<boolean> {
    if (this.asking) return false;
    this.asking = true;
    this.failure = undefined;
    this.tell();
    try {
      await request();
      return true;
    } catch (error) {
      this.failure =
        error instanceof ApiError
          ? { code: error.code, reason: error.reason }
          : { code: "unexpected", reason: undefined };
      // A number of a meeting is a door, not a telephone.
      if (this.failure.code === "is_meeting" && this.failure.reason !== undefined)
        go(`/m/${this.failure.reason}`);
      return false;
    } finally {
      this.asking = false;
      this.tell();
    }
  }

  private hear(event: string, data: string): void {
    switch (event) {
      case "state":
        if (this.losing !== undefined) this.lose();
        this.handle({ on: "whole", whole: JSON.parse(data) as WholeState });
        break;
      case "call":
        this.handle({ on: "call", call: JSON.parse(data) as Call });
        break;
      case "missed":
        this.handle({ on: "missed", missed: (JSON.parse(data) as { missed: number }).missed });
        break;
      case "messages":
        this.handle({ on: "messages", messages: (JSON.parse(data) as { new: number }).new });
        break;
      case "presence": {
        const { numbers } = JSON.parse(data) as PresenceNews;
        this.handle(numbers ? { on: "presence", numbers } : { on: "all-presence" });
        break;
      }
      default:
        // A line that is renewed is back in a second: nobody need hear of it.
        this.losing ??= window.setTimeout(() => this.lose(), 4_000);
    }
  }

  private lose(): void {
    window.clearTimeout(this.losing);
    this.losing = undefined;
    this.handle({ on: "lost" });
  }

  private handle(input: PhoneInput): void {
    const [state, effects] = phone(this.state, input);
    this.state = state;
    for (const effect of effects) this.perform(effect);
    this.matchWaiting();
    this.sound();
    this.tell();
  }

  private perform(effect: PhoneEffect): void {
    switch (effect.do) {
      case "follow":
        void joinCall(effect.call.id).then(
          (way) => this.enter(way),
          () => this.handle({ on: "away", id: effect.call.id }),
        );
        break;
      case "enter-meeting":
        go(`/m/${effect.code}`);
        break;
      case "leave":
        this.rooms.get(effect.room)?.leave();
        this.rooms.delete(effect.room);
        break;
    }
  }

  /** Goes into the room of a call, unless this page is there already. */
  private enter(way: Way): void {
    this.handle({ on: "here", id: way.call });
    if (this.rooms.has(way.room)) return;
    // The other rooms of this page are those of calls that wait, or that have moved.
    for (const [name, room] of this.rooms) {
      if (!held(this.state).some((call) => call.room === name)) {
        room.leave();
        this.rooms.delete(name);
      }
    }
    void import("./call-room").then(({ CallRoom }) => {
      if (!this.state.here.includes(way.call)) return;
      const room = new CallRoom(
        recallChoices(),
        () => this.tell(),
        (why) => this.lost(way, why),
      );
      this.rooms.set(way.room, room);
      this.matchWaiting();
      this.tell();
      void room.enter(way);
    });
  }

  private lost(way: Way, why: Lost): void {
    this.rooms.delete(way.room);
    // The office says why it is over; until then it may be taken up again here.
    if (why === "taken-over") this.handle({ on: "away", id: way.call });
    else if (why === "lost" && this.state.here.includes(way.call)) {
      void joinCall(way.call).then(
        (again) => this.enter(again),
        () => this.handle({ on: "away", id: way.call }),
      );
    }
    this.tell();
  }

  /** Whoever keeps somebody waiting is not heard there, and hears nothing of it. */
  private matchWaiting(): void {
    for (const [name, room] of this.rooms) {
      const calls = held(this.state).filter((call) => call.room === name);
      room.setWaiting(calls.length > 0 && calls.every((call) => call.held || call.held_by_other));
    }
  }

  private sound(): void {
    const { speakerId } = recallChoices();
    if (ringing(this.state).length > 0) {
      const talks = held(this.state).some(({ state: is }) => is === "talking");
      if (talks) this.ringer.play("knock", speakerId);
      else this.ringer.play("ring", recallRingDevice());
    } else if (alerts(this.state)) this.ringer.play("ringback", speakerId);
    else this.ringer.hush();
  }

  private tell(): void {
    const [call] = held(this.state);
    const room = (call && this.rooms.get(call.room)) ?? [...this.rooms.values()][0];
    this.view = { state: this.state, room: room?.current(), failure: this.failure, asking: this.asking };
    for (const listener of this.listeners) listener();
  }
}

const LINE_EVENTS = ["state", "call", "missed", "messages", "presence"] as const;
