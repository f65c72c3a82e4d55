//! One's own hand: what it is raised for, between the wish and what the room knows.

import { ParticipantEvent, type LocalParticipant } from "livekit-client";
import type { Gesture } from "./floor";

export class Hand {
  /** Since when it is up (RFC 3339), or empty. Survives every reconnection and every new server. */
  private since = "";
  private gesture: Gesture = "floor";
  private telling = 0;
  /** In which stay the room was told, by the participant's sid. */
  private toldIn = "";

  constructor(
    private readonly local: LocalParticipant,
    private readonly outcome: { failed: () => void; changed: () => void },
  ) {
    local.on(ParticipantEvent.AttributesChanged, (changed) => {
      if (changed["palabre.hand"] !== "") return;
      // The chair has lowered it, unless this is a new stay that does not know of it yet, or older than what we tell.
      if (this.telling > 0 || local.sid !== this.toldIn) return;
      this.since = "";
      this.outcome.changed();
    });
  }

  get isUp(): boolean {
    return this.since !== "";
  }

  /** Raises it for something; for what it is raised already, lowers it. */
  async toggle(gesture: Gesture, live: boolean): Promise<void> {
    const up = !this.isUp || gesture !== this.gesture;
    this.since = up ? new Date().toISOString() : "";
    this.gesture = gesture;
    if (live) await this.match();
    else this.outcome.changed();
  }

  /** Nobody asks any more, and need not be told. */
  forget(): void {
    this.since = "";
  }

  /** Gives the floor back. */
  async yieldFloor(): Promise<void> {
    this.since = "";
    await this.tell({ "palabre.hand": "", "palabre.gesture": "yield" });
  }

  /** Has the room know what is wished. */
  async match(): Promise<void> {
    this.outcome.changed();
    const { attributes } = this.local;
    const gesture = this.isUp ? this.gesture : "";
    if (
      (attributes["palabre.hand"] ?? "") === this.since &&
      (attributes["palabre.gesture"] ?? "") === gesture
    )
      return;
    await this.tell({ "palabre.hand": this.since, "palabre.gesture": gesture });
  }

  private async tell(attributes: Record<string, string>): Promise<void> {
    this.telling += 1;
    try {
      await this.local.setAttributes(attributes);
      this.toldIn = this.local.sid;
    } catch {
      this.outcome.failed();
    } finally {
      this.telling -= 1;
    }
    this.outcome.changed();
  }
}
