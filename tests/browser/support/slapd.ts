//! A real directory: slapd of Debian on loopback, with a data folder of its own.

import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freeTcpPort } from "./ports.js";

const SLAPD = "/usr/sbin/slapd";
export const BASE = "dc=mae,dc=example";

export class Slapd {
  private constructor(
    private readonly dir: string,
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** A directory of these entries, in LDIF, below {@link BASE}; whoever asks may read all but passwords. */
  static async hold(entries: string): Promise<Slapd> {
    const dir = mkdtempSync(join(tmpdir(), "palabre-slapd-"));
    const port = await freeTcpPort();
    mkdirSync(join(dir, "data"));
    writeFileSync(join(dir, "slapd.conf"), configuration(dir));
    writeFileSync(join(dir, "entries.ldif"), `${ROOT}\n${entries}`);
    execFileSync(SLAPD, ["-T", "add", "-f", join(dir, "slapd.conf"), "-l", join(dir, "entries.ldif")], { stdio: "pipe" });
    const child = spawn(SLAPD, ["-d", "0", "-h", `ldap://127.0.0.1:${port}/`, "-f", join(dir, "slapd.conf")], { stdio: "ignore" });
    const slapd = new Slapd(dir, child, port);
    await slapd.listens();
    return slapd;
  }

  async stop(): Promise<void> {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async listens(): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!(await answers(this.port))) {
      if (this.child.exitCode !== null || Date.now() > deadline) throw new Error("slapd does not listen");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

const configuration = (dir: string) => `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${dir}/slapd.pid
database mdb
suffix "${BASE}"
rootdn "cn=root,${BASE}"
directory ${dir}/data
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`;

const ROOT = `dn: ${BASE}
objectClass: organization
objectClass: dcObject
o: Ministry
dc: mae
`;
