//! Asks a room for no more than `sparing.ts` wishes and the screen shows, of whoever is there and whoever comes.

import {
  RoomEvent,
  Track,
  VideoQuality,
  type RemoteTrack,
  type RemoteTrackPublication,
  type Room,
} from "livekit-client";
import type { Choices } from "../prejoin";
import { optionsFor } from "./room-options";
import { wishFor } from "./sparing";

/** Keeps a room to what its user has chosen, which may change while it stands. */
export class SparedRoom {
  constructor(
    private readonly room: Room,
    private readonly choices: Choices,
  ) {
    room
      .on(RoomEvent.Connected, this.match)
      .on(RoomEvent.Reconnected, this.match)
      .on(RoomEvent.Moved, this.match)
      .on(RoomEvent.ParticipantConnected, this.match)
      .on(RoomEvent.TrackPublished, this.ask)
      .on(RoomEvent.TrackSubscribed, leaveUnseen);
    // One may be in the room already.
    this.match();
  }

  /** The choices have changed: what is received follows at once, and an open camera is sent anew. */
  async changed(): Promise<void> {
    this.match();
    sendAsChosen(this.room, this.choices);
    const local = this.room.localParticipant;
    const camera = local.getTrackPublication(Track.Source.Camera)?.track;
    if (camera) await local.unpublishTrack(camera);
  }

  private readonly match = () => {
    for (const { trackPublications } of this.room.remoteParticipants.values())
      for (const publication of trackPublications.values()) this.ask(publication);
  };

  private readonly ask = (publication: RemoteTrackPublication) => {
    const { received, smallest } = wishFor(publication.source, this.choices);
    if (publication.isDesired !== received) publication.setSubscribed(received);
    if (!received) return;
    const quality = smallest ? VideoQuality.LOW : VideoQuality.HIGH;
    if (publication.kind === Track.Kind.Video && publication.videoQuality !== quality)
      publication.setVideoQuality(quality);
  };
}

/** The SDK has the server stop what is shown no more, and goes on receiving what never was. */
function leaveUnseen(track: RemoteTrack): void {
  if (track.kind !== Track.Kind.Video) return;
  window.setTimeout(() => {
    if (track.attachedElements.length > 0) return;
    const nowhere = document.createElement("video");
    track.attach(nowhere);
    track.detach(nowhere);
  }, UNTIL_SHOWN);
}

/** In milliseconds: whatever is going to be shown is shown by then. */
const UNTIL_SHOWN = 1_000;

/** Has a room that is there already capture and publish from now on as is chosen; the SDK's own defaults stay beneath. */
export function sendAsChosen(room: Room, choices: Choices): void {
  const { audioCaptureDefaults = {}, videoCaptureDefaults = {}, publishDefaults = {} } = room.options;
  const wanted = optionsFor(choices);
  Reflect.deleteProperty(publishDefaults, "videoEncoding");
  Object.assign(publishDefaults, wanted.publishDefaults);
  Object.assign(audioCaptureDefaults, wanted.audioCaptureDefaults);
  Object.assign(videoCaptureDefaults, wanted.videoCaptureDefaults);
}
