//! The real program, with a state of its own, that can be killed and started again.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeTcpPort, freeUdpPort } from "./ports.js";

export const HOST = { name: "Directrice Asie", email: "asie@example.org", password: "une phrase assez longue" };

export class Server {
  private child: ChildProcess | undefined;
  private printed = "";

  private constructor(
    private readonly dir: string,
    readonly port: number,
    /** Where HTTPS is answered, if it is. */
    readonly httpsPort: number | undefined,
    /** Where phones register, over UDP. */
    readonly sipPort: number,
  ) {}

  /**
   * Starts the program with an empty state on free ports of the loopback; `more` is added to its configuration.
   * With another address it is reached there, too, and media only there.
   */
  static async start(more = "", { https = false, address = LOOPBACK } = {}): Promise<Server> {
    const dir = await mkdtemp(join(tmpdir(), "palabre-browser-"));
    const [http, tcp, udp] = await Promise.all([freeTcpPort(), freeTcpPort(), freeUdpPort()]);
    const [sip, sips, turn, turns] = await Promise.all([freeUdpPort(), freeTcpPort(), freeUdpPort(), freeTcpPort()]);
    const encrypted = https ? await freeTcpPort() : undefined;
    const server = new Server(dir, http, encrypted, sip);
    const ports = { http, encrypted, tcp, udp, sip, sips, turn, turns };
    await writeFile(server.config, configuration(dir, address, ports) + more);
    await server.run();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The certificate of HTTPS, which the program has made itself. */
  get certificate(): X509Certificate {
    return new X509Certificate(readFileSync(join(this.dir, "data", "certificate.pem")));
  }

  /** The path of the one-time administrator link that the program printed. */
  get setupPath(): string {
    const path = /\/setup\/\S+/.exec(this.printed)?.[0];
    if (path === undefined) throw new Error(`no administrator link in:\n${this.printed}`);
    return path;
  }

  /** Makes the account that holds the meetings of the tests. */
  addHost(): void {
    execFileSync(
      programPath(),
      ["user", "add", "--config", this.config, "--email", HOST.email, "--name", HOST.name, "--role", "administrator", "--password-stdin"],
      { input: `${HOST.password}\n`, stdio: ["pipe", "pipe", "pipe"] },
    );
  }

  /** Starts the program (again) and waits until it answers. */
  async run(): Promise<void> {
    const child = spawn(programPath(), ["serve", "--config", this.config], { stdio: ["ignore", "pipe", "pipe"] });
    this.child = child;
    child.stdout.on("data", (chunk: Buffer) => (this.printed += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (this.printed += chunk.toString()));

    const deadline = Date.now() + 30_000;
    while (!(await this.isUp())) {
      if (child.exitCode !== null) throw new Error(`the program ended:\n${this.printed}`);
      if (Date.now() > deadline) throw new Error(`the program does not answer:\n${this.printed}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends the program as a power cut would. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  /** Ends the program and forgets its state. */
  async stop(): Promise<void> {
    await this.end("SIGKILL");
    await rm(this.dir, { recursive: true, force: true });
  }

  /** What the program said, for the report of a failed test. */
  get log(): string {
    return this.printed;
  }

  private get config(): string {
    return join(this.dir, "palabre.toml");
  }

  private async isUp(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/health`)).ok;
    } catch {
      return false;
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }
}

type Ports = Record<"http" | "tcp" | "udp" | "sip" | "sips" | "turn" | "turns", number> & { encrypted: number | undefined };

const LOOPBACK = "127.0.0.1";

function configuration(
  dir: string,
  address: string,
  { http, encrypted, tcp, udp, sip, sips, turn, turns }: Ports,
): string {
  const listen = address === LOOPBACK ? LOOPBACK : "0.0.0.0";
  return `
[http]
listen = "${listen}:${http}"

[https]
listen = "${encrypted === undefined ? "none" : `127.0.0.1:${encrypted}`}"

[sfu]
listen = "${listen}:${udp}"
tcp = "${listen}:${tcp}"
advertise = ["${address}"]
shards = 1

[turn]
udp = "127.0.0.1:${turn}"
tcp = "127.0.0.1:${turns}"

[sip]
listen = "127.0.0.1:${sip}"
tls = "127.0.0.1:${sips}"

[store]
dir = "${join(dir, "data")}"

[limits]
# All browsers of the tests come from one address.
knocks_per_address = 10000

[log]
level = "${process.env["PALABRE_LOG"] ?? "info"}"
`;
}

let found: string | undefined;

/** The program under test: PALABRE_BIN, else where `cargo build` puts it. */
export function programPath(): string {
  found ??= process.env["PALABRE_BIN"] ?? builtProgram();
  return found;
}

function builtProgram(): string {
  const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
  const metadata = execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps"], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { target_directory } = JSON.parse(metadata.toString()) as { target_directory: string };
  return join(target_directory, "debug", "palabre");
}
