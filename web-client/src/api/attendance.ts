//! Who was in a meeting, what it was about, and who spoke how long.

import { call } from "./client";
import type { SeatRole } from "./meetings";

export interface Attendee {
  name: string;
  kind: "browser" | "phone";
  post: string | null;
  extension: string | null;
  number: string | null;
  party: string | null;
  /** The function in which they sat there. */
  title: string | null;
  role: SeatRole | null;
  is_head: boolean;
  joined: string;
  left: string | null;
  seconds: number;
  times: number;
  interrupted: boolean;
}

/** A point of the agenda, once that it was under discussion. */
export interface PointTime {
  number: number;
  title: string;
  planned_minutes: number;
  began: string;
  ended: string | null;
  seconds: number;
}

/** How long a party has spoken, or somebody who sits for none. */
export interface SpokenTime {
  party: string | null;
  name: string | null;
  seconds: number;
  times: number;
}

export interface Sitting {
  title: string;
  began: string;
  ended: string | null;
  /** The parties in the order of precedence, the head of each first; those without a party after them. */
  people: Attendee[];
  agenda: PointTime[];
  /** The longest first. */
  spoken: SpokenTime[];
}

export interface AttendanceList {
  code: string;
  title: string;
  time_zone: string;
  sittings: Sitting[];
}

const at = (code: string) => `/api/meetings/${encodeURIComponent(code)}/attendance`;

export const loadAttendance = (code: string) => call<AttendanceList>("GET", at(code));
export const attendanceFile = (code: string, language: string) => `${at(code)}.csv?language=${language}`;
export const agendaFile = (code: string, language: string) =>
  `/api/meetings/${encodeURIComponent(code)}/agenda.csv?language=${language}`;
