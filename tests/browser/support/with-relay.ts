//! Tests of browsers that reach media by the relay and in no other way: the network lets nothing else out.

import { createHash } from "node:crypto";
import type { Browser, Page } from "@playwright/test";
import { Server } from "./server.js";
import { test as base } from "./test.js";

export { expect } from "./test.js";

export type Transport = "udp" | "tcp" | "tls";

declare global {
  interface Window {
    /** Which of the relay's transports the page's network lets through. */
    transport: Transport;
  }
}

/** A server whose HTTPS has a certificate that the browsers trust. */
export const test = base.extend<object, { server: Server; browserNumber: (n: number) => Promise<Browser> }>({
  server: [
    async ({}, use) => {
      const server = await Server.start("", { https: true });
      server.addHost();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  browserNumber: [
    async ({ playwright, launchOptions, server }, use) => {
      const key = server.certificate.publicKey.export({ type: "spki", format: "der" });
      const trusted = `--ignore-certificate-errors-spki-list=${createHash("sha256").update(key).digest("base64")}`;
      const options = { ...launchOptions, args: [...(launchOptions.args ?? []), trusted] };
      const browsers: Browser[] = [];
      await use(async (n) => (browsers[n] ??= await playwright.chromium.launch(options)));
      for (const browser of browsers) await browser.close();
    },
    { scope: "worker" },
  ],
});

/** Runs in the page before anything else: of the servers that the page is told of, only those of one transport are
 * there. The page itself is told, on the device, to keep to the relay. */
export function onlyOver(transport: Transport): void {
  window.transport = transport;
  localStorage.setItem("palabre.route", "relay");
  const isThere = (url: string): boolean =>
    transport === "tls" ? url.startsWith("turns:") : url.startsWith("turn:") && url.endsWith(`transport=${transport}`);
  const filtered = (configuration: RTCConfiguration = {}): RTCConfiguration => ({
    ...configuration,
    iceServers: (configuration.iceServers ?? []).map((server) => ({ ...server, urls: [server.urls].flat().filter(isThere) })),
  });
  const set = RTCPeerConnection.prototype.setConfiguration;
  RTCPeerConnection.prototype.setConfiguration = function (configuration) {
    set.call(this, filtered(configuration));
  };
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(filtered(configuration));
    }
  };
}

/** By which way each connected transport of a page goes. */
export async function ways(page: Page): Promise<{ policy: string; type: string; protocol: string }[]> {
  return page.evaluate(async () => {
    const found = [];
    for (const peer of window.peers) {
      if (peer.connectionState !== "connected") continue;
      const stats = await peer.getStats();
      const all = [...stats.values()];
      const transport = all.find((stat) => stat.type === "transport");
      const pair = stats.get(transport?.selectedCandidatePairId);
      const local = stats.get(pair?.localCandidateId);
      found.push({
        policy: peer.getConfiguration().iceTransportPolicy ?? "all",
        type: String(local?.candidateType),
        protocol: String(local?.relayProtocol),
      });
    }
    return found;
  });
}
