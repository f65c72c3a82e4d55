//! The first page, in English.

import type { home as french } from "./home.fr";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const home: typeof french = {
  byPhone: (number, pin) => `By phone: ${number}, PIN ${pin}`,
  byPhoneDirect: (number) => `By phone: ${number}`,
  greeting: (date) => date,
  lede: (n) => (n === 0 ? "No meeting for now." : `You host ${count(n, "meeting", "meetings")}.`),
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
