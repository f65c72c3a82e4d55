//! A place at the other end of a link with faults, and a browser there.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, BrowserType, LaunchOptions } from "@playwright/test";
import { freeTcpPort } from "./ports.js";
import { programPath } from "./server.js";

/** Where this end of the link is. */
export const NEAR = "198.18.0.1";

export class Far {
  private constructor(
    private readonly link: ChildProcess,
    private readonly dir: string,
    private readonly control: number,
    private readonly place: number,
  ) {}

  /** Makes the place. `down` and `up` are conditions as `palabre-link --help` tells them. */
  static async behind(down: string, up = down): Promise<Far> {
    // The network of these tests begins without any device that is up.
    execFileSync("ip", ["link", "set", "lo", "up"]);
    const dir = await mkdtemp(join(tmpdir(), "palabre-far-"));
    const control = await freeTcpPort();
    const program = join(dirname(programPath()), "palabre-link");
    const options = ["--down", down, "--up", up, "--control", `127.0.0.1:${control}`];
    const link = spawn(program, [...options, "--", "sh", "-c", "echo $$; exec sleep infinity"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: link.stdout });
    const place = Number(await Promise.race([once(lines, "line").then(([line]) => line as string), once(link, "exit").then(() => "")]));
    if (!(place > 0)) throw new Error("palabre-link did not start");
    return new Far(link, dir, control, place);
  }

  /** A browser there, to which an origin of ours counts as safe enough for camera and microphone. */
  async browser(chromium: BrowserType, options: LaunchOptions, origin: string): Promise<Browser> {
    const executablePath = join(this.dir, "chromium");
    await writeFile(executablePath, `#!/bin/sh\nexec nsenter --net=/proc/${this.place}/ns/net ${options.executablePath} "$@"\n`);
    await chmod(executablePath, 0o755);
    const args = [...(options.args ?? []), `--unsafely-treat-insecure-origin-as-secure=${origin}`];
    return chromium.launch({ ...options, executablePath, args });
  }

  /** Changes the link: `down rate=128k`, `both cut`. */
  async change(words: string): Promise<void> {
    const answer = await this.ask(words);
    if (answer !== "ok") throw new Error(answer);
  }

  /** What passed and what did not, each way. */
  async counts(): Promise<string> {
    return this.ask("counts");
  }

  /** Ends the place and everything in it. */
  async end(): Promise<void> {
    process.kill(this.place);
    if (this.link.exitCode === null) await once(this.link, "exit");
    await rm(this.dir, { recursive: true, force: true });
  }

  private async ask(words: string): Promise<string> {
    const socket = connect(this.control, "127.0.0.1");
    socket.write(`${words}\n`);
    const [answer] = (await once(createInterface({ input: socket }), "line")) as [string];
    socket.destroy();
    return answer;
  }
}
