//! The directory: who can be called, where that is, and whether it is a good moment.

import { call } from "./client";
import { query } from "./query";

export type Presence = "available" | "in_call" | "do_not_disturb" | "offline";

/** A person or a group that can be called. */
export interface Entry {
  number: string;
  name: string;
  /** What the person does in the house; empty if nobody has said so. */
  function: string;
  /** Where the person is written to. */
  email: string | null;
  post: number;
  post_name: string;
  country: string;
  time_zone: string;
  kind: "person" | "group";
  /** Nothing for a group. */
  presence: Presence | null;
  is_self: boolean;
}

/** A post, as far as its clock goes. */
export interface Place {
  id: number;
  name: string;
  country: string;
  time_zone: string;
}

export interface DirectoryPage {
  entries: Entry[];
  posts: Place[];
  next: number | null;
}

export const searchDirectory = (asked: { q?: string; post?: number; after?: number; limit?: number }) =>
  call<DirectoryPage>("GET", `/api/directory${query({ ...asked })}`);

export const lookUp = (number: string) => call<Entry>("GET", `/api/directory/${encodeURIComponent(number)}`);
