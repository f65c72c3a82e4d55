//! Performs what `visit-machine.ts` decides. The room itself, with its SDK, loads while one is still before the door.

import { codeOf } from "../../api/client";
import { listen } from "../../api/events";
import {
  askToJoin,
  knockEvents,
  openDoor,
  type Admission,
  type Known,
  type MeetingDoor,
  type WaitingTable,
} from "../../api/meetings";
import { Effects } from "../effects";
import { recallChoices, type Entrance } from "../prejoin";
import { admissionOf, forgetAdmission } from "./admission";
import type { Gathering } from "../lobby";
import type { Approach } from "./approach";
import { opensAtOnce } from "./approach-machine";
import type { Arrival } from "./arrival";
import type { MeetingSession } from "./session";
import {
  atTheDoor,
  visit,
  type Departure,
  type VisitEffect,
  type VisitInput,
  type VisitState,
} from "./visit-machine";

/** What a personal link says about who comes by it. */
export interface PersonalLink {
  secret: string;
  name: string;
  party: string;
  /** What mails call the meeting. */
  title: string;
  /** Whether whoever comes by it is let in by somebody. */
  waiting_room: boolean;
}

/** The way that is built before one enters; what builds it loads late. */
interface Approaching {
  with: Approach | undefined;
}

export class Visit {
  private state: VisitState = atTheDoor[0];
  private entrance: Entrance | undefined;
  private approaching: Approaching | undefined;
  private arrival: Arrival | undefined;
  private running: MeetingSession | undefined;
  private gathered: { with: Gathering | undefined } | undefined;
  private stopListening: (() => void) | undefined;
  private timer: number | undefined;
  private over = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly code: string,
    private readonly invitation?: PersonalLink,
  ) {}

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): VisitState => this.state;

  /** The session, once one is inside. */
  readonly session = (): MeetingSession | undefined => this.running;

  /** Where one's delegation waits, while one waits with it. */
  readonly gathering = (): Gathering | undefined => this.gathered?.with;

  open(): void {
    for (const effect of atTheDoor[1]) this.perform(effect);
  }

  close(): void {
    this.over = true;
    this.stopWaiting();
    this.running?.leave();
    this.part();
    this.turnBack();
    this.letGo();
  }

  enter(entrance: Entrance): void {
    this.letGo();
    this.entrance = entrance;
    this.arrival = this.approaching?.with?.take(entrance);
    this.handle({ on: "asked" });
  }

  handle(input: VisitInput): void {
    if (this.over) return;
    const [state, effects] = visit(this.state, input);
    this.state = state;
    for (const effect of effects) this.perform(effect);
    // Outside the room nothing stays open: the camera's light must be out in the waiting room.
    if (state.at !== "inside" && !(state.at === "prejoin" && state.asking)) this.letGo();
    if (state.at !== "inside") this.running = undefined;
    if (state.at !== "waiting") this.part();
    if (state.at === "prejoin" && !state.asking) this.come(state.door);
    else this.turnBack();
    this.tell();
  }

  private perform(effect: VisitEffect): void {
    switch (effect.do) {
      case "open-door":
        void this.openDoor();
        break;
      case "ask":
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => void this.ask(), effect.after);
        break;
      case "wait":
        this.wait(effect.ticket);
        break;
      case "stop-waiting":
        this.stopWaiting();
        break;
      case "gather":
        void this.gather(effect.ticket);
        break;
      case "enter":
        // Left by the end of this step, before the room is there.
        void this.startSession(effect.admission, this.gathered !== undefined);
        break;
      case "forget":
        forgetAdmission(this.code);
        break;
    }
  }

  private async openDoor(): Promise<void> {
    try {
      const door = await openDoor(this.code);
      this.handle({ on: "door-opened", door: this.invitation ? known(door, this.invitation) : door });
    } catch (error) {
      this.handle({ on: "door-failed", code: codeOf(error) });
    }
  }

  private async ask(): Promise<void> {
    const name = this.choices().name.trim();
    try {
      const answer = await askToJoin(this.code, {
        ...this.who(),
        ...(name !== "" && { name }),
        ...(this.arrival && { approach: this.arrival.token }),
      });
      this.handle({ on: "answered", answer });
    } catch (error) {
      this.handle({ on: "ask-failed", code: codeOf(error) });
    }
  }

  /** Builds the way while one is still before the door, once the page has nothing better to do. */
  private come(door: MeetingDoor): void {
    if (this.approaching || !opensAtOnce(door, admissionOf(this.code) !== null)) return;
    const approaching: Approaching = { with: undefined };
    this.approaching = approaching;
    whenIdle(() => {
      void import("./approach").then(({ Approach }) => {
        if (this.approaching === approaching) approaching.with = new Approach(this.code, this.who());
      });
    });
  }

  private turnBack(): void {
    this.approaching?.with?.leave();
    this.approaching = undefined;
  }

  private wait(ticket: string): void {
    this.stopWaiting();
    this.stopListening = listen(
      knockEvents(this.code, ticket),
      {
        waiting: () => this.handle({ on: "wait-resumed" }),
        table: (data) => this.handle({ on: "table-changed", table: JSON.parse(data) as WaitingTable }),
        admitted: (data) => this.handle({ on: "answered", answer: JSON.parse(data) as Admission }),
        refused: () => this.handle({ on: "refused" }),
        ended: () => this.handle({ on: "ended" }),
      },
      {
        interrupted: () => this.handle({ on: "wait-interrupted" }),
        lost: () => this.handle({ on: "wait-lost" }),
      },
    );
  }

  private stopWaiting(): void {
    window.clearTimeout(this.timer);
    this.stopListening?.();
    this.stopListening = undefined;
  }

  private async gather(ticket: string): Promise<void> {
    this.part();
    const gathered: NonNullable<typeof this.gathered> = { with: undefined };
    this.gathered = gathered;
    const { Gathering } = await import("../lobby/gathering");
    // Nobody waits there any more who was let in while it loaded.
    if (this.gathered !== gathered) return;
    gathered.with = new Gathering(this.code, ticket);
    this.tell();
  }

  private part(): void {
    this.gathered?.with?.leave();
    this.gathered = undefined;
  }

  private async startSession(admission: Admission, fromGathering: boolean): Promise<void> {
    const arrival = admission.moved ? this.arrival : undefined;
    if (!arrival) this.arrival?.giveUp();
    this.arrival = undefined;
    const { MeetingSession } = await import("./session");
    if (this.over || this.state.at !== "inside") {
      arrival?.giveUp();
      return;
    }
    const entrance = this.entrance ?? {
      choices: this.choices(),
      microphone: undefined,
      camera: undefined,
      effects: new Effects(),
    };
    this.entrance = undefined;
    // What a delegation says to itself until the door opens is not for the others.
    const silenced = fromGathering && entrance.choices.microphoneOn;
    if (silenced) entrance.choices = { ...entrance.choices, microphoneOn: false };
    const outside = {
      depart: (why: Departure) => this.handle({ on: "departed", why }),
      waitOutside: (ticket: string) => this.handle({ on: "must-wait", ticket }),
    };
    const { locked } = this.state.door;
    this.running = new MeetingSession(this.code, entrance, admission, locked, outside, arrival);
    if (silenced) this.running.say({ says: "silenced" });
    this.tell();
  }

  private who(): Known {
    const previous = admissionOf(this.code);
    return {
      ...(previous !== null && { previous }),
      ...(this.invitation && { invitation: this.invitation.secret }),
    };
  }

  private choices() {
    return this.entrance?.choices ?? recallChoices();
  }

  /** Closes devices that were brought from pre-join and not taken into a room. */
  private letGo(): void {
    this.arrival?.giveUp();
    this.arrival = undefined;
    this.entrance?.microphone?.stop();
    this.entrance?.camera?.stop();
    this.entrance?.effects.close();
    this.entrance = undefined;
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** The door as it is for somebody whose name and seat are known. */
function known(door: MeetingDoor, { name, party, title, waiting_room }: PersonalLink): MeetingDoor {
  if (door.is_host) return door;
  const guest = { name, party };
  return { ...door, title: door.title || title, waits: waiting_room, needs_name: false, guest };
}

function whenIdle(then: () => void): void {
  // Safari knows no idleness.
  if ("requestIdleCallback" in window) window.requestIdleCallback(then, { timeout: 2_000 });
  else setTimeout(then, 500);
}
