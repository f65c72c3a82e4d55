//! How a room is reached.

import type { RoomConnectOptions } from "livekit-client";
import { recall } from "../../storage";
import { pageTimes, patienceFor } from "./patience";

/** How we connect to a room. Browsers find the best way themselves; `palabre.route` set to `relay` on a device keeps
 * them to the server's relay, for networks on which other ways half work. */
export function connectOptions(maxRetries: number): RoomConnectOptions {
  const onlyRelay = recall("route") === "relay";
  const websocketTimeout = patienceFor(pageTimes());
  return { maxRetries, websocketTimeout, ...(onlyRelay && { rtcConfig: { iceTransportPolicy: "relay" } }) };
}
