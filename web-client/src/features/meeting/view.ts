//! What the screen shows of a room at one moment: plain values, made anew whenever the room changes.

import {
  ConnectionQuality,
  ParticipantKind,
  Track,
  type Participant,
  type RemoteTrack,
  type Room,
} from "livekit-client";
import type { Knock, SeatRole } from "../../api/meetings";
import type { ChatState } from "../chat";
import type { Wanted } from "../effects";
import type { Sparing } from "../prejoin";
import type { Agenda } from "./agenda";
import { gestureOf, inTurn, type Floor, type Gesture } from "./floor";
import type { LinkState } from "./link-machine";
import type { DeviceKind, Trouble } from "./own-devices";
import { rightsOf, seatRoleOf } from "./rights";
import { inOrder, withFlags } from "./seating";
import { placeOf, type Place } from "./table";

export type Quality = "good" | "fair" | "poor" | "lost";
export type Role = "host" | "user" | "guest";

/** One person as others see them. */
export interface Person {
  identity: string;
  name: string;
  role: Role;
  isSelf: boolean;
  joinedAt: number;
  /** When the hand went up (RFC 3339), or empty. */
  hand: string;
  /** What it is raised for. */
  gesture: Gesture;
  /** Their place in the queue, counted from 1; 0 without a raised hand. */
  turn: number;
  microphoneOpen: boolean;
  speaking: boolean;
  camera: Track | undefined;
  /** Whether the picture stands still because the line is kept for voices. */
  still: boolean;
  quality: Quality;
  /** Where somebody of the house works: the extension and the name of the post, or empty. */
  extension: string;
  post: string;
  /** Nothing for a browser. */
  phone: PhoneSeat | undefined;
  /** Where they sit, if the meeting has a seat for them. */
  place: Place | undefined;
  /** The country of their party where several meet, ISO 3166, or empty. */
  flag: string;
  /** What they do at the table. */
  seatRole: SeatRole | undefined;
  /** Whether they may be heard and seen at all. */
  speaks: boolean;
  /** Whether a right of reply or a point of order of theirs goes before others. */
  priority: boolean;
}

/** Somebody who takes part by telephone. */
export interface PhoneSeat {
  /** Whether the phone is still being called. */
  status: "dialing" | "ringing" | "active";
  /** Whether its sound is not encrypted on its way to the server. */
  plain: boolean;
}

/** A screen somebody shows. */
export interface Share {
  identity: string;
  name: string;
  track: Track;
}

/** A sentence at the foot of the stage; the newest replaces. */
export type Notice = { id: number } & (
  | { says: "muted-by-host" }
  | { says: "device-failed"; what: Trouble }
  | { says: "share-failed" }
  | { says: "unplugged"; kind: DeviceKind; lost: string; next: string | undefined }
  | { says: "spared"; what: keyof Sparing | undefined }
  | { says: "link-copied" }
  | { says: "back" }
  | { says: "pictures"; still: boolean }
  | { says: "floor-yours" }
  | { says: "floor-elsewhere" }
  | { says: "floor-given" }
  | { says: "floor-free" }
  | { says: "listens" }
  | { says: "speaks" }
  | { says: "silenced" }
  | { says: "asks-host"; name: string }
  | { says: "on-the-phone" }
  | { says: "error"; code: string }
);

export interface MeetingView {
  link: LinkState;
  /** In seating order, oneself included. */
  people: readonly Person[];
  /** Raised hands, in the order in which they have their turn. */
  hands: readonly Person[];
  share: Share | undefined;
  voices: readonly RemoteTrack[];
  canHear: boolean;
  microphoneOpen: boolean;
  cameraOn: boolean;
  /** What one gives up to spare the link. */
  sparing: Sparing;
  /** What is done to one's own picture and voice. */
  effects: Wanted;
  sharing: boolean;
  handUp: boolean;
  /** Nothing where everybody may speak. */
  floor: Floor | undefined;
  /** Nothing where none is planned. */
  agenda: Agenda | undefined;
  quality: Quality;
  isHost: boolean;
  /** Whether one runs the meeting: as its host, or by the seat. */
  directs: boolean;
  /** Whether one may be heard and seen, and write. */
  speaks: boolean;
  locked: boolean;
  knocks: readonly Knock[];
  chat: ChatState;
  notice: Notice | undefined;
}

/** The room's part of the view. */
export function peopleOf(room: Room): Pick<MeetingView, "people" | "hands" | "share" | "voices"> {
  const local = room.localParticipant;
  const remote = [...room.remoteParticipants.values()];
  const everybody = local.identity === "" ? remote : [local, ...remote];

  const hands = inTurn(
    everybody.map(({ identity, attributes }) => ({
      identity,
      hand: attributes["palabre.hand"] ?? "",
      gesture: gestureIn(attributes),
    })),
  ).map(({ identity }) => identity);
  const people = withFlags(
    inOrder(everybody.map((participant) => personOf(participant, participant === local, hands))),
  );

  return {
    people,
    hands: hands.flatMap((identity) => people.find((person) => person.identity === identity) ?? []),
    share: shareOf(remote),
    voices: remote.flatMap((participant) =>
      [...participant.audioTrackPublications.values()].flatMap((publication) => publication.track ?? []),
    ),
  };
}

function personOf(participant: Participant, isSelf: boolean, hands: readonly string[]): Person {
  const camera = participant.getTrackPublication(Track.Source.Camera);
  const rights = rightsOf(participant.attributes);
  return {
    identity: participant.identity,
    name: participant.name === undefined || participant.name === "" ? participant.identity : participant.name,
    role: roleOf(participant.attributes["palabre.role"]),
    isSelf,
    joinedAt: participant.joinedAt?.getTime() ?? 0,
    hand: participant.attributes["palabre.hand"] ?? "",
    gesture: gestureIn(participant.attributes),
    turn: hands.indexOf(participant.identity) + 1,
    microphoneOpen: participant.isMicrophoneEnabled,
    speaking: participant.isSpeaking && participant.isMicrophoneEnabled,
    camera: camera && !camera.isMuted ? camera.track : undefined,
    still: camera?.track?.streamState === Track.StreamState.Paused,
    quality: qualityOf(participant.connectionQuality),
    extension: participant.attributes["palabre.extension"] ?? "",
    post: participant.attributes["palabre.post"] ?? "",
    phone: phoneOf(participant),
    place: placeOf(participant.attributes),
    flag: "",
    seatRole: seatRoleOf(participant.attributes),
    speaks: rights.speaks,
    priority: rights.priority,
  };
}

/** For what somebody asks. Where the seat gives no priority, it is the floor like anybody's. */
const gestureIn = (attributes: Readonly<Record<string, string>>): Gesture =>
  rightsOf(attributes).priority ? gestureOf(attributes["palabre.gesture"]) : "floor";

function phoneOf({ kind, attributes }: Participant): PhoneSeat | undefined {
  const status = attributes["sip.callStatus"];
  if (kind !== ParticipantKind.SIP && status === undefined) return undefined;
  return {
    status: status === "dialing" || status === "ringing" ? status : "active",
    plain: attributes["palabre.media"] === "plain",
  };
}

function shareOf(remote: readonly Participant[]): Share | undefined {
  for (const participant of remote) {
    const publication = participant.getTrackPublication(Track.Source.ScreenShare);
    if (publication?.track && !publication.isMuted) {
      return {
        identity: participant.identity,
        name: participant.name ?? participant.identity,
        track: publication.track,
      };
    }
  }
  return undefined;
}

function roleOf(attribute: string | undefined): Role {
  return attribute === "host" || attribute === "user" ? attribute : "guest";
}

export function qualityOf(quality: ConnectionQuality): Quality {
  switch (quality) {
    case ConnectionQuality.Poor:
      return "poor";
    case ConnectionQuality.Lost:
      return "lost";
    case ConnectionQuality.Good:
      return "fair";
    case ConnectionQuality.Excellent:
    case ConnectionQuality.Unknown:
      return "good";
  }
}
