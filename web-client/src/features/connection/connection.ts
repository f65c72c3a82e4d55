//! Performs what `connection-machine.ts` decides: looks at browser and devices, opens and measures the loop.

import { beginTest } from "../../api/connection";
import { codeOf } from "../../api/client";
import { whyOf, type Why } from "../prejoin";
import { Shown } from "../room";
import {
  connection,
  idle,
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  type Way,
} from "./connection-machine";
import type { BrowserFindings, DeviceFindings } from "./findings";
import { Loop } from "./loop";

export class Connection {
  private state: ConnectionState = idle;
  private loop: Loop | undefined;
  private over = false;
  readonly shown = new Shown(() => this.state);

  start(): void {
    this.handle({ on: "started" });
  }

  /** The page is left. */
  leave(): void {
    this.over = true;
    void this.loop?.close();
  }

  // A method, so that the compiler does not believe that time stands still across an await.
  private hasLeft(): boolean {
    return this.over;
  }

  private handle(input: ConnectionInput): void {
    if (this.over) return;
    const [state, effects] = connection(this.state, input);
    this.state = state;
    for (const effect of effects) void this.perform(effect);
    this.shown.refresh();
  }

  private async perform(effect: ConnectionEffect): Promise<void> {
    switch (effect.do) {
      case "look-at-browser":
        this.handle({ on: "browser-seen", browser: lookAtBrowser() });
        break;
      case "look-at-devices":
        this.handle({ on: "devices-seen", devices: await lookAtDevices() });
        break;
      case "connect":
        await this.connect(effect.only);
        break;
      case "measure":
        await this.measure();
        break;
      case "close":
        await this.loop?.close();
        break;
    }
  }

  private async connect(only: Way): Promise<void> {
    const heard = { signal: false };
    const loop = new Loop((took) => {
      heard.signal = true;
      this.handle({ on: "signalled", took });
    });
    this.loop = loop;
    try {
      const path = await loop.open(await beginTest(), only);
      if (this.hasLeft()) await loop.close();
      this.handle({ on: "connected", path });
    } catch (error) {
      if (heard.signal) this.handle({ on: "connected", path: undefined });
      else this.handle({ on: "signal-failed", code: codeOf(error) });
    }
  }

  private async measure(): Promise<void> {
    try {
      const measures = await this.loop?.measure();
      this.handle(measures ? { on: "measured", measures } : { on: "broken" });
    } catch {
      this.handle({ on: "broken" });
    }
  }
}

function lookAtBrowser(): BrowserFindings {
  const webrtc = "RTCPeerConnection" in window;
  const speaks = (kind: "audio" | "video", codec: string) =>
    webrtc &&
    (RTCRtpReceiver.getCapabilities(kind)?.codecs.some(
      ({ mimeType }) => mimeType.toLowerCase() === `${kind}/${codec}`,
    ) ??
      false);
  return {
    agent: navigator.userAgent,
    secure: window.isSecureContext,
    webrtc,
    opus: speaks("audio", "opus"),
    vp8: speaks("video", "vp8"),
  };
}

async function lookAtDevices(): Promise<DeviceFindings> {
  // One after the other, so that the browser asks about one at a time and says which it refuses.
  const microphone = await tryDevice({ audio: true });
  const camera = await tryDevice({ video: true });
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return { microphone, camera, speakers: all.filter(({ kind }) => kind === "audiooutput").length };
}

async function tryDevice(constraints: MediaStreamConstraints): Promise<"good" | Why> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    for (const track of stream.getTracks()) track.stop();
    return "good";
  } catch (error) {
    return error instanceof DOMException ? whyOf(error) : "missing";
  }
}
