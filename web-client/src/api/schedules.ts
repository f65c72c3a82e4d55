//! Scheduled meetings: planning them, who sits at their table, the agenda, invitations and their answers.

import { call } from "./client";

export type Level = "public" | "internal" | "restricted";
export type SeatRole =
  "chair" | "protocol_officer" | "head" | "delegate" | "interpreter" | "rapporteur" | "observer" | "guest";
export type Answer = "accepted" | "declined" | "tentative";
export type Frequency = "daily" | "weekly" | "monthly";

/** How a meeting is marked, and what that allows. */
export interface Marking {
  level: Level;
  label: { fr: string; en: string };
  audience: { fr: string; en: string };
  link: boolean;
  accounts: boolean;
  guests: boolean;
  phones: boolean;
  recording: boolean;
  title: boolean;
}

export interface PlanSeat {
  id?: number;
  name: string;
  title: string;
  email: string | null;
  role: SeatRole;
  is_head: boolean;
  language: "fr" | "en";
}

export interface PlanParty {
  id?: number;
  name: string;
  country: string | null;
  time_zone: string | null;
  seats: PlanSeat[];
}

export interface Recurrence {
  frequency: Frequency;
  every: number;
  count?: number | null;
  until?: string | null;
}

/** A meeting as it is asked for. */
export interface Plan {
  title: string;
  start: string;
  minutes: number;
  time_zone: string | null;
  marking: Level;
  waiting_room: boolean;
  mail_title: string | null;
  languages: string[];
  reminder: number | null;
  recurrence: Recurrence | null;
  parties: PlanParty[];
  agenda: { title: string; minutes: number }[];
  send: boolean;
}

export interface Occurrence {
  original: string;
  start: string;
  minutes: number;
  cancelled: boolean;
  begins: string;
  ends: string;
}

export interface Seat extends Required<PlanSeat> {
  has_link: boolean;
  invited: string | null;
  mail: "none" | "waiting" | "sent" | "failed";
  answer: Answer | null;
  answered: string | null;
}

export interface Party extends Required<Omit<PlanParty, "seats">> {
  zone: string | null;
  seats: Seat[];
}

export interface Schedule extends Omit<Plan, "marking" | "parties" | "send" | "time_zone"> {
  code: string;
  link: string;
  locked: boolean;
  marking: Marking;
  is_host: boolean;
  time_zone: string;
  place: string;
  title_in_mails: string;
  invited: boolean;
  sequence: number;
  parties: Party[];
  occurrences: Occurrence[];
  mails: number;
}

/** When a meeting is somewhere, in the reader's words. */
export interface Clock {
  place: string;
  time_zone: string;
  date: string;
  from: string;
  to: string;
}

/** The letter that somebody would get. */
export interface MailPreview {
  recipients: number;
  title: string;
  discreet: boolean;
  marking: Marking;
  subject: string | null;
  text: string | null;
  clocks: Clock[];
  occurrences: Occurrence[];
}

/** One time that a meeting takes place. */
export interface AgendaEntry extends Occurrence {
  code: string;
  title: string;
  marking: Marking;
  is_host: boolean;
  invited: boolean;
  in_session: boolean;
  participants: number;
  recurring: boolean;
  time_zone: string;
  place: string;
  languages: string[];
  parties: {
    name: string;
    country: string | null;
    zone: string | null;
    head: string | null;
    seats: number;
  }[];
  answers: { accepted: number; declined: number; tentative: number; open: number };
}

/** An invitation as who is invited sees it. */
export interface Invitation {
  code: string;
  title: string;
  marking: Marking;
  name: string;
  function: string;
  role: SeatRole;
  party: string;
  language: "fr" | "en";
  waiting_room: boolean;
  in_session: boolean;
  answer: Answer | null;
  next: Occurrence | null;
  clocks: Clock[];
  organizer: string;
}

const at = (code: string, rest: string) => `/api/meetings/${encodeURIComponent(code)}${rest}`;

export const listMarkings = async () =>
  (await call<{ markings: Marking[] }>("GET", "/api/markings")).markings;

export const addSchedule = (plan: Plan) => call<Schedule>("POST", "/api/schedules", plan);

export const changeSchedule = (code: string, plan: Plan) =>
  call<Schedule>("PUT", at(code, "/schedule"), plan);

export const openSchedule = (code: string) => call<Schedule>("GET", at(code, "/schedule"));

export const previewMail = (plan: Plan, seat: number) =>
  call<MailPreview>("POST", "/api/schedules/preview", { ...plan, seat });

export const changeOccurrence = (
  code: string,
  original: string,
  change: { cancelled?: boolean; start?: string },
) => call<Schedule>("PUT", at(code, `/occurrences/${encodeURIComponent(original)}`), change);

export const seatLink = (code: string, seat: number) =>
  call<{ link: string }>("GET", at(code, `/seats/${seat}/link`));

export const revokeSeatLink = (code: string, seat: number) =>
  call<undefined>("DELETE", at(code, `/seats/${seat}/link`));

export const openAgenda = (from: Date, until: Date) =>
  call<{ time_zone: string | null; entries: AgendaEntry[] }>(
    "GET",
    `/api/agenda?from=${from.toISOString()}&until=${until.toISOString()}`,
  );

export const openInvitation = (secret: string) =>
  call<Invitation>("GET", `/api/invitations/${encodeURIComponent(secret)}`);

export const openAnswer = (secret: string) =>
  call<Invitation>("GET", `/api/answers/${encodeURIComponent(secret)}`);

export const giveAnswer = (secret: string, answer: Answer) =>
  call<undefined>("POST", `/api/answers/${encodeURIComponent(secret)}`, { answer });

export const mailIsOn = async () => (await call<{ mail: boolean }>("GET", "/api/server")).mail;

export const mailWishes = () =>
  call<{ configured: boolean; voicemail: boolean; language: "fr" | "en" }>("GET", "/api/me/mail");

export const setMailWishes = (voicemail: boolean, language: "fr" | "en") =>
  call<undefined>("PUT", "/api/me/mail", { voicemail, language });

export const calendarFeed = () => call<{ since: string | null }>("GET", "/api/me/calendar");

export const newCalendarFeed = (language: "fr" | "en") =>
  call<{ since: string; url: string }>("POST", "/api/me/calendar", { language });

export const noCalendarFeed = () => call<undefined>("DELETE", "/api/me/calendar");
