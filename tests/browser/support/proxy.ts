//! A TCP line between browser and program that a test can cut: HTTP and signalling go through it, media does not.

import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";

export class Line {
  private readonly sockets = new Set<Socket>();
  private isCut = false;
  /** How many connections were made since the start, so that a test can see a new one. */
  connections = 0;

  private constructor(
    private readonly listener: Listener,
    private readonly target: number,
  ) {}

  /** Opens a line to a port of this machine. */
  static async to(target: number): Promise<Line> {
    const listener = createServer();
    const line = new Line(listener, target);
    listener.on("connection", (near) => line.join(near));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Ends every connection and lets none through. */
  cut(): void {
    this.isCut = true;
    this.drop();
  }

  /** Lets connections through again. */
  mend(): void {
    this.isCut = false;
  }

  /** Ends every connection; new ones are let through at once. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.listener.close();
  }

  private join(near: Socket): void {
    if (this.isCut) {
      near.destroy();
      return;
    }
    this.connections += 1;
    const far = connect(this.target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  }
}
