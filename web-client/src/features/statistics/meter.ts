//! Reads the meters of a room while one is in it: how much data the call has taken, and what its streams do.

import type { Room } from "livekit-client";
import { recall, remember } from "../../storage";
import { Shown } from "../room";
import { namesIn, readingsOf } from "./connections";
import { withMore } from "./month";
import type { Named, Reading } from "./reading";
import { counted, countersIn, noTraffic } from "./traffic";

export class Meter {
  private traffic = noTraffic;
  private readonly timer: number;
  /** Bytes sent and received. */
  readonly shown = new Shown(() => this.bytes());

  constructor(private readonly room: Room) {
    this.timer = window.setInterval(() => void this.count(), EVERY);
  }

  stop(): void {
    window.clearInterval(this.timer);
  }

  /** What the connections say now, and whose tracks there are. */
  async read(): Promise<{ readings: Reading[]; names: ReadonlyMap<string, Named> }> {
    return { readings: await readingsOf(this.room), names: namesIn(this.room) };
  }

  private async count(): Promise<void> {
    const before = this.bytes();
    this.traffic = counted(this.traffic, countersIn(await readingsOf(this.room)));
    remember(MONTH, withMore(recall(MONTH), new Date(), this.bytes() - before));
    this.shown.refresh();
  }

  private bytes(): number {
    return this.traffic.sent + this.traffic.received;
  }
}

/** Where the month's sum is kept. */
export const MONTH = "data";
/** Milliseconds. What a connection carries between the last reading and its end is not seen. */
const EVERY = 3_000;
