//! One file on its way to one person: piece by piece, as fast as the answers allow (`pace.ts`).

import type { LocalParticipant } from "livekit-client";
import type { FileFacts } from "./notes";
import { answered, firstPace, mayGo, PIECE } from "./pace";

export class Sending {
  private pace = firstPace;
  private sent = 0;
  private got = 0;
  private halted = false;
  /** When which piece went, by where it ends. */
  private readonly went: { end: number; at: number }[] = [];
  private wake: (() => void) | undefined;

  /** Sends it all; whether all of it arrived. */
  async run(
    local: LocalParticipant,
    file: File,
    { id, name, type, size }: FileFacts,
    to: string,
  ): Promise<boolean> {
    const writer = await local.streamBytes({
      name,
      mimeType: type,
      topic: FILE_TOPIC,
      totalSize: size,
      destinationIdentities: [to],
      attributes: { [FILE_ID]: id },
    });
    try {
      while (this.sent < size && (await this.turn())) {
        const piece = new Uint8Array(await file.slice(this.sent, this.sent + PIECE).arrayBuffer());
        this.sent += piece.byteLength;
        this.went.push({ end: this.sent, at: performance.now() });
        await writer.write(piece);
      }
    } finally {
      // Whoever gets less than was announced knows that something is missing.
      await writer.close();
    }
    while (this.got < size && !this.halted) if (!(await this.news())) return false;
    return !this.halted;
  }

  /** The receiver has so many bytes. */
  arrived(bytes: number): void {
    const now = performance.now();
    for (let first = this.went[0]; first !== undefined && first.end <= bytes; first = this.went[0]) {
      this.pace = answered(this.pace, first.end - this.got, now - first.at);
      this.got = first.end;
      this.went.shift();
    }
    this.wake?.();
  }

  halt(): void {
    this.halted = true;
    this.wake?.();
  }

  /** Waits until one more piece may go; false if it never may. */
  private async turn(): Promise<boolean> {
    while (!this.halted && !mayGo(this.pace, this.sent - this.got)) if (!(await this.news())) return false;
    return !this.halted;
  }

  /** Waits for an answer; false if none comes. */
  private news(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = window.setTimeout(() => resolve(false), PATIENCE);
      this.wake = () => {
        window.clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

export const FILE_TOPIC = "palabre.file";
export const FILE_ID = "palabre.file";

/** Without an answer for so long, in milliseconds, a file is on no way any more. */
export const PATIENCE = 30_000;
