//! Builds the way to a meeting while one is still before the door: performs `approach-machine.ts` and owns the SDK's room
//! until somebody clicks. Nothing is published in it before that.

import { ConnectionState, Room, RoomEvent, setLogLevel } from "livekit-client";
import { askToApproach, type Known } from "../../api/meetings";
import { recallChoices, type Entrance } from "../prejoin";
import { connectOptions, leaveWithPage, optionsFor } from "../room";
import { approach, beforeApproach, type ApproachEffect, type ApproachInput } from "./approach-machine";
import { Arrival } from "./arrival";

export class Approach {
  private state = beforeApproach;
  private standing: { room: Room; token: string } | undefined;
  private building: Room | undefined;
  private timer: number | undefined;

  constructor(
    private readonly code: string,
    private readonly who: Known,
  ) {
    setLogLevel("error");
    document.addEventListener("visibilitychange", this.look);
    this.look();
  }

  /** The click: devices are published at once, if the way stands. */
  take(entrance: Entrance): Arrival | undefined {
    const { standing } = this;
    if (standing?.room.state !== ConnectionState.Connected) {
      this.leave();
      return undefined;
    }
    this.standing = undefined;
    this.building = undefined;
    this.handle({ on: "taken" });
    return new Arrival(standing.room, standing.token, entrance);
  }

  leave(): void {
    this.handle({ on: "left" });
  }

  private readonly look = () => {
    this.handle({ on: document.hidden ? "hidden" : "looked-at", now: performance.now() });
  };

  private handle(input: ApproachInput): void {
    const [state, effects] = approach(this.state, input);
    this.state = state;
    if (state.is !== "up") window.clearTimeout(this.timer);
    if (state.is === "over") document.removeEventListener("visibilitychange", this.look);
    for (const effect of effects) this.perform(effect);
  }

  private perform(effect: ApproachEffect): void {
    switch (effect.do) {
      case "build":
        void this.build();
        break;
      case "tear-down":
        void this.building?.disconnect();
        this.building = undefined;
        this.standing = undefined;
        break;
      case "expire":
        window.clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.handle({ on: "expired" }), effect.after);
        break;
    }
  }

  private async build(): Promise<void> {
    // Which devices it will be is known at the click.
    const room = new Room(optionsFor({ ...recallChoices(), microphoneId: "", cameraId: "", speakerId: "" }));
    leaveWithPage(room);
    this.building = room;
    const failed = () => {
      if (this.building === room) this.handle({ on: "failed" });
    };
    room.once(RoomEvent.Disconnected, failed);
    try {
      const { url, token } = await askToApproach(this.code, this.who);
      if (this.building !== room) return;
      await room.connect(url, token, connectOptions(0));
      if (this.building === room) this.standing = { room, token };
      else void room.disconnect();
    } catch {
      failed();
    }
  }
}
