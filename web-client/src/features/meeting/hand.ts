//! One's own hand: what it is raised for, between the wish and what the room knows.

import { ParticipantEvent, type LocalParticipant } from "livekit-client";
import { gestureOf, type Gesture } from "./floor";

export class Hand {
  /** Since when it is up (RFC 3339), or empty. Survives every reconnection and every new server. */
  private since = "";
  /** Whether anything was wished on this page. */
  private decided = false;
  private gesture: Gesture = "floor";
  private telling = 0;
  /** In which stay the room was told, by the participant's sid. */
  private toldIn = "";

  constructor(
    private readonly local: LocalParticipant,
    private readonly outcome: { failed: () => void; changed: () => void },
  ) {
    local.on(ParticipantEvent.AttributesChanged, (changed) => {
      this.recall();
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
    this.decided = true;
    if (live) await this.match();
    else this.outcome.changed();
  }

  /** Nobody asks any more, and need not be told. */
  forget(): void {
    [this.since, this.decided] = ["", true];
  }

  /** Gives the floor back. */
  async yieldFloor(): Promise<void> {
    [this.since, this.decided] = ["", true];
    await this.tell({ "palabre.hand": "", "palabre.gesture": "yield" });
  }

  /** Has the room know what is wished. */
  async match(): Promise<void> {
    this.recall();
    this.outcome.changed();
    const { attributes } = this.local;
    const gesture = this.isUp ? this.gesture : "";
    if (
      (attributes["palabre.hand"] ?? "") === this.since &&
      (attributes["palabre.gesture"] ?? "") === gesture
    ) {
      this.toldIn = this.local.sid;
      return;
    }
    await this.tell({ "palabre.hand": this.since, "palabre.gesture": gesture });
  }

  /** A server that was started anew knows what this page, loaded anew, does not: the hand is up still. */
  private recall(): void {
    const { attributes, sid } = this.local;
    const since = attributes["palabre.hand"] ?? "";
    if (this.decided || since === "") return;
    [this.since, this.gesture] = [since, gestureOf(attributes["palabre.gesture"])];
    [this.decided, this.toldIn] = [true, sid];
    this.outcome.changed();
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
