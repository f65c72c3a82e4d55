//! The least of a desk phone: it has what somebody typed into it, registers over UDP and calls a number.

import { createHash, randomBytes } from "node:crypto";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

/** What is typed into a phone. */
export interface Typed {
  server: string;
  port: number;
  user: string;
  password: string;
}

interface Answer {
  status: number;
  head: string;
}

const word = () => randomBytes(6).toString("hex");
const md5 = (text: string) => createHash("md5").update(text).digest("hex");

export class Phone {
  private sequence = 0;
  private readonly callId = word();
  private readonly tag = word();
  private readonly answers: Answer[] = [];
  private wake: () => void = () => undefined;

  protected constructor(
    private readonly typed: Typed,
    protected readonly socket: Socket,
  ) {
    socket.on("message", (datagram) => {
      const head = datagram.toString();
      const status = Number(/^SIP\/2\.0 (\d{3})/.exec(head)?.[1] ?? 0);
      if (status === 0) this.asked(head);
      if (status >= 200) this.answers.push({ status, head });
      this.wake();
    });
  }

  static async with(typed: Typed): Promise<Phone> {
    return new Phone(typed, await localSocket());
  }

  /** Registers for ten minutes, and answers with the status it was given. */
  async register(): Promise<number> {
    const { status } = await this.ask("REGISTER", `sip:${this.typed.server}`, this.typed.user, [
      `Contact: <sip:${this.typed.user}@${this.address}>;expires=600`,
    ]);
    return status;
  }

  /** Calls a number, and answers with a way to hang up once the other end has answered. */
  async call(number: string): Promise<() => Promise<void>> {
    const uri = `sip:${number}@${this.typed.server}`;
    const contact = `Contact: <sip:${this.typed.user}@${this.address}>`;
    const { status, head } = await this.ask("INVITE", uri, number, [contact, "Content-Type: application/sdp"], this.sdp());
    if (status !== 200) throw new Error(`the call was not answered: ${head}`);
    const to = /^To: (.*)$/m.exec(head)?.[1]?.trim() ?? "";
    const target = /^Contact: <([^>]+)>/m.exec(head)?.[1] ?? uri;
    this.send("ACK", target, to, []);
    this.answered(head);
    return async () => {
      const bye = await this.ask("BYE", target, to, []);
      if (bye.status !== 200) throw new Error(`the call did not end: ${bye.head}`);
    };
  }

  unplug(): void {
    this.socket.close();
  }

  /** Where it wants to hear: nowhere, for it is deaf. */
  protected sdp(): string {
    return sdpAt((this.socket.address() as AddressInfo).port + 1);
  }

  /** Its call was answered. */
  protected answered(_head: string): void {}

  /** The server asks something, which this phone does not answer. */
  protected asked(_head: string): void {}

  protected get address(): string {
    const { address, port } = this.socket.address() as AddressInfo;
    return `${address}:${port}`;
  }

  /** Asks, and once more with the password if the server wants to see it. */
  private async ask(method: string, uri: string, to: string, headers: string[], body = ""): Promise<Answer> {
    this.sequence += 1;
    this.send(method, uri, to, headers, body);
    const answer = await this.final();
    if (answer.status !== 401 && answer.status !== 407) return answer;
    if (method === "INVITE") this.send("ACK", uri, /^To: (.*)$/m.exec(answer.head)?.[1]?.trim() ?? to, []);
    this.sequence += 1;
    this.send(method, uri, to, [...headers, this.proof(method, uri, answer)], body);
    return this.final();
  }

  private proof(method: string, uri: string, { status, head }: Answer): string {
    const part = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(head)?.[1] ?? "";
    const { user, password } = this.typed;
    const [realm, nonce, cnonce] = [part("realm"), part("nonce"), word()];
    const secret = md5(`${user}:${realm}:${password}`);
    const response = md5(`${secret}:${nonce}:00000001:${cnonce}:auth:${md5(`${method}:${uri}`)}`);
    return (
      `${status === 401 ? "Authorization" : "Proxy-Authorization"}: Digest username="${user}", realm="${realm}", ` +
      `nonce="${nonce}", uri="${uri}", response="${response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="${cnonce}"`
    );
  }

  private send(method: string, uri: string, to: string, headers: string[], body = ""): void {
    const { server, port, user } = this.typed;
    const lines = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.address};branch=z9hG4bK${word()};rport`,
      "Max-Forwards: 70",
      `From: <sip:${user}@${server}>;tag=${this.tag}`,
      `To: ${to.includes("<") ? to : `<sip:${to}@${server}>`}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${this.sequence} ${method}`,
      "User-Agent: Tested desk phone 1.0",
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    this.socket.send(`${lines.join("\r\n")}\r\n\r\n${body}`, port, server);
  }

  /** The final answer to what was asked last. */
  private async final(): Promise<Answer> {
    const deadline = AbortSignal.timeout(10_000);
    for (;;) {
      const at = this.answers.findIndex(({ head }) => new RegExp(`^CSeq: ${this.sequence} `, "m").test(head));
      const [answer] = at < 0 ? [] : this.answers.splice(at, 1);
      if (answer) return answer;
      await new Promise<void>((resolve, reject) => {
        this.wake = resolve;
        deadline.onabort = () => reject(new Error("the server does not answer the phone"));
      });
    }
  }
}

/** A socket on the loopback, on a port that was free. */
export async function localSocket(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

/** Sound in G.711, A-law, at a port of the loopback. */
export const sdpAt = (port: number): string =>
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" +
  `m=audio ${port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n`;
