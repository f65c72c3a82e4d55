//! The first page, in English.

import type { home as french } from "./home.fr";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const home: typeof french = {
  byPhone: (number, pin) => `By phone: ${number}, PIN ${pin}`,
  byPhoneDirect: (number) => `By phone: ${number}`,
  greeting: (date) => date,
  today: (left) =>
    left === 0
      ? "No more meetings today."
      : `${left === 1 ? "One more meeting" : `${left} more meetings`} today.`,
  nextIn: (minutes) =>
    minutes <= 0 ? "The first has begun." : `The next begins in ${count(minutes, "minute", "minutes")}.`,
  nextAt: (hour) => `The next begins at ${hour}.`,
  day: "Today",
  zones: (here, there) => `time in ${here}${there === undefined ? "" : `, then in ${there}`}`,
  plan: "New meeting",
  noneToday: "No meeting today.",
  over: "Over",
  cancelled: "Cancelled",
  open: (title) => `Open ${title}`,
  call: "Call",
  seek: "Function, post or number",
  missedAt: (hour) => `Missed call at ${hour}`,
  back: "Call back",
  backTo: (name) => `Call ${name} back`,
  callTo: (name) => `Call ${name}`,
  nobody: "Nobody to call for now.",
  notFound: "Nobody of that name. The directory has all posts.",
  saved: (amount, month) => `The ministry avoided ${amount} of international calls in ${month}.`,
  details: "See details",
  startTitle: "Meet now",
  startLede: "A room opens, a link is shared. Guests need no account.",
  meetingTitle: "Subject",
  defaultTitle: "Meeting",
  waitingRoom: "Guests wait until you admit them",
  start: "Open a meeting",
  joinTitle: "Join",
  joinLabel: "Code or link you received",
  joinHelp: "For example abc-defg-hij.",
  joinBad: "Write a code of three groups of letters, or paste the link you received.",
  join: "Join",
  mine: "Your meetings",
  none: "No meeting. Open one above.",
  inSession: (n) => (n > 0 ? `In session, ${count(n, "person", "people")}` : "In session"),
  created: (when) => `Created ${when}`,
  copy: "Copy link",
  copied: "Link copied",
  copyFailed: (link) => `Copy this link: ${link}`,
  enter: "Enter",
  remove: "Delete",
  removeTitle: "Delete this meeting?",
  removeHelp: (title) => `“${title}” disappears and its link leads nowhere.`,
  attendanceOf: (title) => `Attendance list, ${title}`,
};
