//! The directory, in English.

import type { directory as french } from "./directory.fr";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const directory: typeof french = {
  title: "Directory",
  lede: (n) => count(n, "site", "sites"),
  search: "Name, function, site or number",
  post: "Site",
  allPosts: "All sites",
  none: "Nobody matches.",
  empty: "The directory is empty. An administrator adds extensions to it.",
  more: "Show more",
  call: "Call",
  callName: (name) => `Call ${name}`,
  you: "you",
  group: "Group",
  hour: (hour) => `It is ${hour}`,
  write: "Write",
  writeTo: (name) => `Write to ${name}`,
};
