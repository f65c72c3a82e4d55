//! A desk phone that rings, is answered, hums a tone, and tells which tones it hears (G.711, RFC 3550).

import { randomBytes } from "node:crypto";
import type { Socket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { expect } from "@playwright/test";
import { localSocket, Phone, sdpAt, type Typed } from "./phone.js";

const RATE = 8_000;
const FRAME = 160;

export class DeskPhone extends Phone {
  private invited: string | undefined;
  private readonly tagOfOurs = randomBytes(6).toString("hex");
  private heard: number[] = [];
  private sending: NodeJS.Timeout | undefined;
  private keys: string[] = [];
  /** Tones that have not been heard yet. */
  private awaited: number[] = [];
  private readonly pressed = new Map<number, string>();
  private isTalking = false;
  private said = 0;

  private constructor(
    typed: Typed,
    socket: Socket,
    private readonly sound: Socket,
    private readonly hertz: number,
  ) {
    super(typed, socket);
    sound.on("message", (packet) => {
      const type = (packet[1] ?? 0) % 128;
      // Each key has one time stamp, however often it is told.
      if (type === 101) this.pressed.set(packet.readUInt32BE(4), KEYS[packet[12] ?? -1] ?? "?");
      if (type !== 8) return;
      const samples = [...packet.subarray(12)].map(linear);
      this.heard = [...this.heard, ...samples].slice(-RATE / 2);
      this.awaited = this.awaited.filter((hertz) => this.level(hertz) <= 0.25);
    });
  }

  static async humming(typed: Typed, hertz: number): Promise<DeskPhone> {
    return new DeskPhone(typed, await localSocket(), await localSocket(), hertz);
  }

  override unplug(): void {
    clearInterval(this.sending);
    this.sound.close();
    super.unplug();
  }

  get rings(): boolean {
    return this.invited !== undefined && !this.isTalking;
  }

  get talks(): boolean {
    return this.isTalking;
  }

  /** The keys that were pressed towards it (RFC 4733). */
  get keysHeard(): string {
    return [...this.pressed.values()].join("");
  }

  /** Who calls, as its display shows it. */
  get caller(): string {
    return /^From: (.*)$/im.exec(this.invited ?? "")?.[1] ?? "";
  }

  /** Lifts the receiver. */
  pickUp(): void {
    const invite = this.invited ?? "";
    this.respond(invite, "200 OK", ["Content-Type: application/sdp"], sdpAt(this.soundPort));
    this.answered(invite);
  }

  /** Puts the receiver back on the hook, in a call that it was called to. */
  hangUp(): void {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "im").exec(this.invited ?? "")?.[1]?.trim() ?? "";
    const [, target = ""] = /<([^>]+)>/.exec(field("Contact")) ?? [];
    const [, host, port] = /[:@]([\d.]+):(\d+)/.exec(target) ?? [];
    const bye = [
      `BYE ${target} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.address};branch=z9hG4bK${randomBytes(6).toString("hex")};rport`,
      "Max-Forwards: 70",
      `From: ${field("To")};tag=${this.tagOfOurs}`,
      `To: ${field("From")}`,
      `Call-ID: ${field("Call-ID")}`,
      "CSeq: 1 BYE",
      "Content-Length: 0",
    ];
    this.socket.send(`${bye.join("\r\n")}\r\n\r\n`, Number(port), host);
    clearInterval(this.sending);
    this.invited = undefined;
    this.isTalking = false;
  }

  /** Presses keys, one after the other (RFC 4733). */
  press(digits: string): void {
    this.keys.push(...digits);
  }

  /** Hums for so many more seconds. */
  async hums(seconds: number): Promise<void> {
    const until = this.said + seconds * 50;
    await expect.poll(() => this.said >= until, { message: "the phone must hum", timeout: 30_000 }).toBe(true);
  }

  /** Waits until a tone was heard from here on, however short. */
  async hasHeard(tone: number): Promise<void> {
    this.awaited.push(tone);
    await expect.poll(() => this.awaited.includes(tone), { message: `the phone must hear ${tone} Hz`, timeout: 30_000 }).toBe(false);
  }

  /** Waits until something is said to it, and then silence: a prompt. */
  async isSpokenTo(): Promise<void> {
    await expect.poll(() => this.loudness > 300, { message: "something must be said to the phone", timeout: 30_000 }).toBe(true);
  }

  /** Waits until it is quiet. */
  async isSpokenToNoMore(): Promise<void> {
    await expect.poll(() => this.loudness < 100, { message: "the phone must hear nothing", timeout: 30_000 }).toBe(true);
  }

  /** Waits until a tone is heard clearly, and the others are not. */
  async hears(tone: number, not: readonly number[] = []): Promise<void> {
    await expect
      .poll(() => ({ tone: this.level(tone) > 0.25, others: not.filter((other) => this.level(other) > 0.25) }), {
        message: `the phone must hear ${tone} Hz`,
        timeout: 30_000,
      })
      .toEqual({ tone: true, others: [] });
  }

  protected override sdp(): string {
    return sdpAt(this.soundPort);
  }

  /** The call stands: it hums from now on. */
  protected override answered(head: string): void {
    const host = /^c=IN IP4 (\S+)/m.exec(head)?.[1];
    const port = Number(/^m=audio (\d+)/m.exec(head)?.[1] ?? 0);
    if (host === undefined || port === 0) throw new Error(`no place for sound in:\n${head}`);
    this.isTalking = true;
    this.heard = [];
    clearInterval(this.sending);
    const began = Date.now();
    const ssrc = randomBytes(4);
    let frames = 0;
    let key: { event: number; since: number } | undefined;
    // Timers come late on a busy machine: as many frames as are due.
    this.sending = setInterval(() => {
      for (const due = (Date.now() - began) / 20; frames < due; frames += 1) {
        const next = key ?? (this.keys.length > 0 ? { event: KEYS.indexOf(this.keys.shift() ?? ""), since: frames } : undefined);
        if (next) {
          // Five frames of the key, three of its end, four of rest.
          const age = frames - next.since;
          if (age < 8) this.sound.send(keyPacket(ssrc, frames, next, Math.min(age + 1, 6), age >= 5), port, host);
          key = age < 11 ? next : undefined;
          continue;
        }
        const packet = Buffer.alloc(12 + FRAME);
        packet[0] = 0x80;
        packet[1] = 8;
        packet.writeUInt16BE(frames & 0xffff, 2);
        packet.writeUInt32BE((frames * FRAME) >>> 0, 4);
        ssrc.copy(packet, 8);
        for (let i = 0; i < FRAME; i += 1) {
          const time = (frames * FRAME + i) / RATE;
          packet[12 + i] = aLaw(Math.sin(2 * Math.PI * this.hertz * time) * 9_000);
        }
        this.sound.send(packet, port, host);
        this.said += 1;
      }
    }, 20);
  }

  protected override asked(head: string): void {
    const method = head.slice(0, head.indexOf(" "));
    switch (method) {
      case "INVITE":
        if (/^To:.*;tag=/im.test(head)) {
          this.respond(head, "200 OK", ["Content-Type: application/sdp"], sdpAt(this.soundPort));
        } else {
          this.invited = head;
          this.respond(head, "180 Ringing", []);
        }
        break;
      case "CANCEL":
        this.respond(head, "200 OK", []);
        if (this.invited !== undefined) this.respond(this.invited, "487 Request Terminated", []);
        this.invited = undefined;
        break;
      case "BYE":
        this.respond(head, "200 OK", []);
        clearInterval(this.sending);
        this.invited = undefined;
        this.isTalking = false;
        break;
      case "ACK":
        break;
      default:
        this.respond(head, "200 OK", []);
    }
  }

  private get loudness(): number {
    const energy = this.heard.reduce((sum, sample) => sum + sample * sample, 0);
    return Math.sqrt(energy / Math.max(1, this.heard.length));
  }

  private get soundPort(): number {
    return (this.sound.address() as AddressInfo).port;
  }

  private respond(request: string, status: string, headers: string[], body = ""): void {
    const lines = request.split("\r\n\r\n")[0]?.split("\r\n") ?? [];
    const kept = lines.filter((line) => /^(Via|From|Call-ID|CSeq|Record-Route):/i.test(line));
    const to = lines.find((line) => /^To:/i.test(line)) ?? "";
    const answer = [
      `SIP/2.0 ${status}`,
      ...kept,
      /;tag=/i.test(to) ? to : `${to};tag=${this.tagOfOurs}`,
      `Contact: <sip:phone@${this.address}>`,
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const [, host, port] = /^Via: SIP\/2\.0\/UDP ([\d.]+):(\d+)/im.exec(request) ?? [];
    this.socket.send(`${answer.join("\r\n")}\r\n\r\n${body}`, Number(port), host);
  }

  /** The share of the last half second's energy that is at one tone (Goertzel). */
  private level(hertz: number): number {
    const samples = this.heard;
    const energy = samples.reduce((sum, sample) => sum + sample * sample, 0);
    if (samples.length < RATE / 2 || energy / samples.length < 100 * 100) return 0;
    const turn = 2 * Math.cos((2 * Math.PI * hertz) / RATE);
    let [last, before] = [0, 0];
    for (const sample of samples) [last, before] = [sample + turn * last - before, last];
    const power = last * last + before * before - turn * last * before;
    return (2 * power) / samples.length / energy;
  }
}

const KEYS = "0123456789*#";

function keyPacket(ssrc: Buffer, frame: number, key: { event: number; since: number }, frames: number, ends: boolean): Buffer {
  const packet = Buffer.alloc(16);
  packet[0] = 0x80;
  packet[1] = 101 | (frame === key.since ? 0x80 : 0);
  packet.writeUInt16BE(frame & 0xffff, 2);
  packet.writeUInt32BE((key.since * FRAME) >>> 0, 4);
  ssrc.copy(packet, 8);
  packet[12] = key.event;
  packet[13] = (ends ? 0x80 : 0) | 10;
  packet.writeUInt16BE(frames * FRAME, 14);
  return packet;
}

/** ITU-T G.711, A-law. */
function aLaw(sample: number): number {
  const positive = sample >= 0;
  let magnitude = Math.min(32_767, Math.abs(Math.round(sample))) >> 4;
  let segment = 0;
  if (magnitude >= 32) {
    segment = Math.floor(Math.log2(magnitude)) - 4;
    magnitude = (magnitude >> (segment - 1)) & 0x0f;
  } else {
    segment = magnitude >> 4;
    magnitude &= 0x0f;
  }
  return ((segment << 4) | magnitude | (positive ? 0x80 : 0)) ^ 0x55;
}

function linear(code: number): number {
  const bits = code ^ 0x55;
  const segment = (bits >> 4) & 7;
  const low = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? low : (low + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}
