//! Somebody who has clicked: microphone and camera are on the way over a standing connection while the office is still
//! asked. Either it takes the connection into the meeting, or it is given up and the ordinary way remains.

import { RoomEvent, type Room } from "livekit-client";
import type { Choices, Entrance } from "../prejoin";
import { sendAsChosen } from "../room";
import { OwnDevices } from "./own-devices";

export class Arrival {
  readonly devices: OwnDevices;
  private readonly published: Promise<unknown>;
  private readonly moved: Promise<boolean>;

  constructor(
    readonly room: Room,
    /** By which the office knows the connection. */
    readonly token: string,
    entrance: Entrance,
  ) {
    heed(room, entrance.choices);
    // There was no gesture yet by which a browser lets a page sound.
    void room.startAudio().catch(() => undefined);
    this.moved = new Promise((resolve) => {
      room.once(RoomEvent.Moved, () => resolve(true));
      room.once(RoomEvent.Disconnected, () => resolve(false));
    });
    this.devices = new OwnDevices(room, entrance);
    this.published = this.devices.bring();
  }

  /** Whether the room is the meeting's now, and the devices are published there. */
  async complete(): Promise<boolean> {
    if (!(await Promise.race([this.moved, pause(PATIENCE, false)]))) return false;
    await Promise.race([this.published, pause(PATIENCE, undefined)]);
    return true;
  }

  /** Leaves the devices open, for whoever takes the ordinary way. */
  giveUp(): void {
    void this.room.disconnect(false);
  }
}

/** What was chosen since the room was made. */
function heed(room: Room, choices: Choices): void {
  sendAsChosen(room, choices);
  if (choices.speakerId !== "")
    void room.switchActiveDevice("audiooutput", choices.speakerId).catch(() => undefined);
}

const pause = <T>(time: number, then: T) =>
  new Promise<T>((resolve) => window.setTimeout(() => resolve(then), time));

/** The office has answered already; what is missing comes with it or not at all. */
const PATIENCE = 10_000;
