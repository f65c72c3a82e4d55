//! Meetings: mine, the door of any, and what a host may do inside.

import { call, showPass } from "./client";
import type { Marking, SeatRole } from "./schedules";

export type { SeatRole };

/** How a telephone gets into a meeting. */
export interface DialIn {
  /** Those that ask for the PIN; those from outside are in E.164. */
  numbers: { number: string; inside: boolean }[];
  pin: string;
  /** Those that lead there without it. */
  direct: { number: string; inside: boolean }[];
}

export interface Meeting {
  code: string;
  title: string;
  link: string;
  waiting_room: boolean;
  locked: boolean;
  created_at: string;
  in_session: boolean;
  participants: number;
  is_host: boolean;
  dial_in: DialIn | null;
  marking: Marking;
}

/** What anybody who knows the link may see of a meeting. */
export interface MeetingDoor {
  code: string;
  title: string;
  waiting_room: boolean;
  locked: boolean;
  in_session: boolean;
  is_host: boolean;
  needs_name: boolean;
  /** Whether one waits until somebody opens. */
  waits: boolean;
  /** Only for who is signed in. */
  dial_in: DialIn | null;
  marking: Marking;
  /** Who comes by a personal link. */
  guest?: { name: string; party: string };
}

/** The right to enter now. */
export interface Admission {
  state: "admitted";
  url: string;
  token: string;
  identity: string;
  name: string;
  is_host: boolean;
  /** Whether one is inside already, by the connection that the question named. */
  moved: boolean;
}

/** A place in the waiting room. */
export interface Waiting {
  state: "waiting";
  ticket: string;
}

export type JoinAnswer = Admission | Waiting;

/** Somebody in the waiting room, as a host sees them. */
export interface Knock {
  ticket: string;
  name: string;
  since: string;
  /** The number of who calls by telephone; nothing for a browser. */
  phone: string | null;
  /** The party and function of who has a seat. */
  party: string | null;
  /** By which all of that party are admitted. */
  party_id: number | null;
  country: string | null;
  title: string | null;
}

/** Who is expected and who is there, as whoever waits on a seat sees it. */
export interface WaitingTable {
  begins: string | null;
  ends: string | null;
  /** The own party's place first. */
  clocks: { place: string; time_zone: string }[];
  in_session: boolean;
  parties: WaitingParty[];
}

export interface WaitingParty {
  name: string;
  country: string | null;
  own: boolean;
  expected: number;
  there: number;
  /** `null` where only their number is told. */
  people: WaitingPerson[] | null;
}

export interface WaitingPerson {
  /** Those of the own party only: by which they are known where they gather. */
  identity: string | null;
  name: string;
  title: string;
  is_head: boolean;
  state: "expected" | "waiting" | "inside";
}

/** Where one connects before one enters. */
export interface ApproachPlace {
  url: string;
  token: string;
}

/** The way to where one's party gathers. */
export interface GatheringPlace {
  url: string;
  token: string;
  identity: string;
  name: string;
}

const at = (code: string, rest = "") => `/api/meetings/${encodeURIComponent(code)}${rest}`;

export const listMeetings = async () =>
  (await call<{ meetings: Meeting[] }>("GET", "/api/meetings")).meetings;

export const createMeeting = (title: string, waitingRoom: boolean) =>
  call<Meeting>("POST", "/api/meetings", { title, waiting_room: waitingRoom });

export const deleteMeeting = (code: string) => call<undefined>("DELETE", at(code));

export const openDoor = (code: string) => call<MeetingDoor>("GET", at(code));

export const setLocked = (code: string, locked: boolean) => call<Meeting>("PATCH", at(code), { locked });

/** By what somebody is known who asks to come in. */
export interface Known {
  previous?: string;
  invitation?: string;
}

export interface Asking extends Known {
  name?: string;
  /** The token of the place where one is connected already. */
  approach?: string;
}

export const askToJoin = (code: string, who: Asking) => call<JoinAnswer>("POST", at(code, "/join"), who);

export const askToApproach = (code: string, who: Known) =>
  call<ApproachPlace>("POST", at(code, "/approach"), who);

/** Calls somebody into the meeting; its progress comes with one's own calls. */
export const callInto = (code: string, number: string) =>
  call<{ call: string }>("POST", at(code, "/call"), { number });

/** Goes on by telephone. */
export const callMe = (code: string, number: string) =>
  call<{ call: string }>("POST", at(code, "/call-me"), { number });

export const newPin = (code: string) => call<{ dial_in: DialIn | null }>("POST", at(code, "/pin"));

export const endMeeting = (code: string) => call<undefined>("POST", at(code, "/end"));

export const admit = (code: string, ticket: string) =>
  call<undefined>("POST", at(code, `/knocks/${encodeURIComponent(ticket)}/admit`));

/** Lets in all of a party at once, or everybody. */
export const admitTogether = (code: string, party?: number) =>
  call<{ admitted: number }>("POST", at(code, "/knocks/admit"), { party: party ?? null });

/** Where the party of who waits gathers. */
export const gatherAt = (code: string, ticket: string) =>
  call<GatheringPlace>("POST", at(code, `/knocks/${encodeURIComponent(ticket)}/gathering`), {});

export const refuse = (code: string, ticket: string) =>
  call<undefined>("POST", at(code, `/knocks/${encodeURIComponent(ticket)}/refuse`));

export const muteParticipant = (code: string, identity: string) =>
  call<undefined>("POST", at(code, `/participants/${encodeURIComponent(identity)}/mute`), {
    source: "microphone",
  });

/** Mutes everybody's microphone but the host's. */
export const muteAll = (code: string) => call<undefined>("POST", at(code, "/mute"));

/** From now on only who has the floor is heard, and the chair. */
export const takeChair = (code: string, limitSeconds?: number) =>
  call<unknown>("PUT", at(code, "/floor"), { limit_seconds: limitSeconds ?? null });

/** Everybody may speak again. */
export const freeFloor = (code: string) => call<undefined>("DELETE", at(code, "/floor"));

export const giveFloor = (code: string, identity: string) =>
  call<undefined>("POST", at(code, "/floor/give"), { identity });

export const closeFloor = (code: string) => call<undefined>("POST", at(code, "/floor/close"));

/** Goes to a point of the agenda by its number from 1, or to none. */
export const goToPoint = (code: string, point: number | null) =>
  call<undefined>("PUT", at(code, "/agenda"), { point });

export const lowerHand = (code: string, identity: string) =>
  call<undefined>("POST", at(code, `/participants/${encodeURIComponent(identity)}/lower-hand`));

export const assignRole = (code: string, identity: string, role: SeatRole) =>
  call<undefined>("PUT", at(code, `/participants/${encodeURIComponent(identity)}/role`), { role });

/** Shows the token that let one in with whatever is asked about its meeting. */
export const showAdmission = (code: string, token: string) => showPass(at(code), token);

export const removeParticipant = (code: string, identity: string) =>
  call<undefined>("POST", at(code, `/participants/${encodeURIComponent(identity)}/remove`));

/** Where a waiting guest hears what becomes of their knock. */
export const knockEvents = (code: string, ticket: string) =>
  at(code, `/knocks/${encodeURIComponent(ticket)}`);

/** Where a host hears who waits. */
export const knocksEvents = (code: string) => at(code, "/knocks");
