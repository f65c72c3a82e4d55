//! Who was in a meeting.

import { call } from "./client";

export interface Attendee {
  name: string;
  kind: "browser" | "phone";
  post: string | null;
  extension: string | null;
  number: string | null;
  party: string | null;
  joined: string;
  left: string | null;
  seconds: number;
  times: number;
  interrupted: boolean;
}

export interface Sitting {
  title: string;
  began: string;
  ended: string | null;
  people: Attendee[];
}

export interface AttendanceList {
  code: string;
  title: string;
  time_zone: string;
  sittings: Sitting[];
}

const at = (code: string) => `/api/meetings/${encodeURIComponent(code)}/attendance`;

export const loadAttendance = (code: string) => call<AttendanceList>("GET", at(code));
export const attendanceFile = (code: string) => `${at(code)}.csv`;
