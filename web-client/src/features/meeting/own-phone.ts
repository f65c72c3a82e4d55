//! One's own telephone in the room: somebody whose link is weak has asked to be called, and goes on by telephone.

import type { Room } from "livekit-client";

/** Notices, once for each telephone, that it was answered. */
export class OwnPhone {
  private readonly known = new Set<string>();

  hasAnswered(room: Room): boolean {
    const own = room.localParticipant.identity;
    const answered = [...room.remoteParticipants.values()].filter(
      ({ attributes }) =>
        attributes["palabre.bearer"] === own && attributes["sip.callStatus"] === "active" && own !== "",
    );
    const news = answered.filter(({ identity }) => !this.known.has(identity));
    for (const { identity } of news) this.known.add(identity);
    return news.length > 0;
  }
}
