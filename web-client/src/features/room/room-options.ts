//! What we ask of the SDK, and how we read its reasons.

import {
  DisconnectReason,
  RoomEvent,
  type RoomOptions,
  ScreenSharePresets,
  VideoPresets,
} from "livekit-client";
import type { Choices } from "../prejoin";

/** How we capture, publish and come back. */
export function optionsFor(choices: Choices): RoomOptions {
  return {
    adaptiveStream: true,
    dynacast: true,
    // `leaveWithPage` does it, once it is sure.
    disconnectOnPageLeave: false,
    reconnectPolicy: {
      // The SDK's own pauses grow to 7 s; a link that is back should not be waited for so long. After forty seconds we
      // ask for a new admission instead: the token may have run out.
      nextRetryDelayInMs: ({ elapsedMs, retryCount }) =>
        elapsedMs > 40_000 ? null : Math.min(1_000, 300 * retryCount),
    },
    // A message of 4 000 characters, four bytes each, and some room: nobody makes our memory grow by a stream.
    dataStream: { maxPayloadByteLength: 32 * 1024 },
    audioCaptureDefaults: {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      channelCount: { ideal: 1 },
      ...(choices.microphoneId !== "" && { deviceId: { ideal: choices.microphoneId } }),
    },
    videoCaptureDefaults: {
      resolution: captured(choices).resolution,
      ...(choices.cameraId !== "" && { deviceId: { ideal: choices.cameraId } }),
    },
    ...(choices.speakerId !== "" && { audioOutput: { deviceId: choices.speakerId } }),
    publishDefaults: {
      videoCodec: "vp8",
      simulcast: !choices.saveData,
      backupCodec: false,
      dtx: true,
      red: true,
      forceStereo: false,
      // 24 kbit/s carries speech well; a post on a thin line needs the rest.
      audioPreset: { maxBitrate: 24_000 },
      videoSimulcastLayers: [VideoPresets.h180, VideoPresets.h360],
      ...(choices.saveData && { videoEncoding: SMALLEST.encoding }),
      screenShareEncoding: ScreenSharePresets.h1080fps15.encoding,
    },
  };
}

/** What a camera opened in pre-join is asked again when it is switched off and on. */
export function cameraConstraints(choices: Choices): MediaTrackConstraints {
  const { width, height, frameRate } = captured(choices).resolution;
  const { cameraId } = choices;
  return {
    width: { ideal: width },
    height: { ideal: height },
    ...(frameRate !== undefined && { frameRate: { ideal: frameRate } }),
    ...(cameraId !== "" && { deviceId: { ideal: cameraId } }),
  };
}

/** In which size a camera is captured. */
const captured = ({ saveData }: Choices) => (saveData ? SMALLEST : VideoPresets.h720);

const SMALLEST = VideoPresets.h180;

/** Why a room let go of us; `unknown` is worth coming back. */
export type LostBecause = "left" | "removed" | "ended" | "elsewhere" | "unknown";

/** What the SDK's reason means for one's stay; `unknown` is worth coming back. */
export function becauseOf(reason: DisconnectReason | undefined): LostBecause {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return "left";
    case DisconnectReason.PARTICIPANT_REMOVED:
      return "removed";
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return "ended";
    case DisconnectReason.DUPLICATE_IDENTITY:
      return "elsewhere";
    default:
      return "unknown";
  }
}

/** Events of a room after which the screen shows something else. */
export const EVENTS_THAT_SHOW = [
  RoomEvent.ParticipantConnected,
  RoomEvent.ParticipantDisconnected,
  RoomEvent.ParticipantNameChanged,
  RoomEvent.ParticipantAttributesChanged,
  RoomEvent.ParticipantPermissionsChanged,
  RoomEvent.TrackPublished,
  RoomEvent.TrackUnpublished,
  RoomEvent.TrackSubscribed,
  RoomEvent.TrackUnsubscribed,
  RoomEvent.TrackMuted,
  RoomEvent.TrackUnmuted,
  RoomEvent.TrackStreamStateChanged,
  RoomEvent.LocalTrackPublished,
  RoomEvent.LocalTrackUnpublished,
  RoomEvent.ActiveSpeakersChanged,
  RoomEvent.ConnectionQualityChanged,
  RoomEvent.AudioPlaybackStatusChanged,
  RoomEvent.ConnectionStateChanged,
  RoomEvent.RoomMetadataChanged,
  RoomEvent.Moved,
] as const;
