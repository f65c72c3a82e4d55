//! Who waits at the door, as whoever runs the meeting hears it.

import { listen, listenForEver } from "../../api/events";
import { knocksEvents, type Knock } from "../../api/meetings";
import { chime } from "../../ui";
import { soundsAtDoor } from "./knocks";

export class Doorbell {
  /** Who waits. */
  knocks: readonly Knock[] = [];
  private stop: (() => void) | undefined;

  constructor(
    private readonly code: string,
    private readonly outcome: { asked: (name: string) => void; changed: () => void },
  ) {}

  /** Listens from now on; whoever directs without being the host may have no account, and shows a pass. */
  async attend(isHost: boolean): Promise<void> {
    if (this.stop !== undefined) return;
    const ended = new AbortController();
    this.stop = () => ended.abort();
    const by = isHost ? listen : (await import("../../api/stream")).listenWithPass;
    if (ended.signal.aborted) return;
    const handlers = {
      knocks: (data: string) => this.hear((JSON.parse(data) as { knocks: Knock[] }).knocks),
      asks_host: (data: string) => {
        chime();
        this.outcome.asked((JSON.parse(data) as { name: string }).name);
      },
    };
    this.stop = listenForEver(knocksEvents(this.code), handlers, by);
  }

  /** Listens no more. */
  leave(): void {
    this.stop?.();
    this.stop = undefined;
    this.knocks = [];
  }

  private hear(knocks: readonly Knock[]): void {
    const known = new Set(this.knocks.map(({ ticket }) => ticket));
    if (knocks.some(({ ticket }) => !known.has(ticket)) && soundsAtDoor()) chime();
    this.knocks = knocks;
    this.outcome.changed();
  }
}
