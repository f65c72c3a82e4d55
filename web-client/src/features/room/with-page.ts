//! Leaving a room by leaving its page.

import { RoomEvent, type Room } from "livekit-client";

/** Has a room be left when its page goes. The SDK does so as soon as the browser asks whether the page shall really go, and
 * who stays then would have been thrown out. */
export function leaveWithPage(room: Room): void {
  const leave = () => void room.disconnect();
  room
    .on(RoomEvent.Connected, () => window.addEventListener("pagehide", leave))
    .on(RoomEvent.Disconnected, () => window.removeEventListener("pagehide", leave));
}
