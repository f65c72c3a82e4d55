//! Who was there, in English.

import type { attendance as french } from "./attendance.fr";

export const attendance: typeof french = {
  title: "Attendance",
  none: "Nobody has entered yet.",
  again: "Refresh",
  print: "Print",
  zone: (city) => `Local time: ${city}.`,
  since: (from) => `since ${from}`,
  span: (from, to) => `from ${from} to ${to}`,
  name: "Name",
  party: "Delegation",
  post: "Post",
  by: "By",
  came: "Came",
  left: "Left",
  time: "Time",
  guest: "Guest",
  inside: "present",
  kinds: { browser: "Browser", phone: "Telephone" },
  phoneOf: (number) => `Telephone ${number}`,
  times: (n) => `${n} times`,
  interrupted: "the server stopped, the time of leaving is not exact",
};
