//! Accounts: who I am, who else there is.

import { call } from "./client";
import { query } from "./query";

export type Role = "administrator" | "it-officer" | "protocol-officer" | "user";

/** An account, and who has it. */
export interface User {
  id: string;
  name: string;
  email: string;
  role: Role;
  /** What somebody does in the house. */
  function: string;
  /** The place in the order of protocol, from 1. */
  rank: number | null;
  post: number | null;
  post_name: string | null;
  /** Codes of ISO 639, the best first. */
  languages: string[];
  /** What this user answers in the browser. */
  extension: string | null;
  /** Who knows the password. */
  origin: "local" | "oidc" | "ldap";
  disabled: boolean;
  must_change: boolean;
  second_factor: boolean;
}

/** What is to be done before anything else. */
export type Duty = "password" | "second-factor";

/** A place whose clock is shown. */
export interface Hours {
  place: string;
  time_zone: string;
}

/** The own account, with what it may do. */
export interface Me extends User {
  /** The time here, and the capital's where that is another. */
  clocks: Hours[];
  may: { administer: boolean; manage_phones: boolean; manage_people: boolean; schedule_for_others: boolean };
  duties: Duty[];
}

/** What may be said of somebody. */
export type Person = Partial<
  Pick<
    User,
    "name" | "email" | "role" | "function" | "rank" | "post" | "languages" | "extension" | "disabled"
  >
>;

export interface UserPage {
  users: User[];
  total: number;
  next: number | null;
}

export const checkSetup = (secret: string) =>
  call<undefined>("GET", `/api/setup/${encodeURIComponent(secret)}`);

export const setUp = (secret: string, who: { name: string; email: string; password: string }) =>
  call<Me>("POST", `/api/setup/${encodeURIComponent(secret)}`, who);

export const signIn = (email: string, password: string, code?: string) =>
  call<Me>("POST", "/api/sign-in", { email, password, ...(code !== undefined && { code }) });

/** The ways in beside a password. */
export const waysIn = () => call<{ sign_in: string[]; oidc_name: string | null }>("GET", "/api/server");

export const signOut = () => call<undefined>("POST", "/api/sign-out");

export const whoAmI = () => call<Me | null>("GET", "/api/me");

export const changePassword = (current: string, next: string) =>
  call<undefined>("POST", "/api/me/password", { current, new: next });

/** Those in whom every word is found, of one post or all. */
export const searchUsers = (asked: { q?: string; post?: number; after?: number; limit?: number }) =>
  call<UserPage>("GET", `/api/users${query(asked)}`);

/** Makes an account; the password that was made for it is told once. */
export const addUser = (person: Person) =>
  call<User & { initial_password?: string }>("POST", "/api/users", person);

export const changeUser = (id: string, person: Person) => call<User>("PATCH", pathOf(id), person);

export const removeUser = (id: string) => call<undefined>("DELETE", pathOf(id));

/** Makes another password, which is told once and must be changed first of all. */
export const renewPassword = async (id: string) =>
  (await call<{ initial_password: string }>("POST", `${pathOf(id)}/password`, {})).initial_password;

export const resetSecondFactor = (id: string) => call<undefined>("DELETE", `${pathOf(id)}/second-factor`);

const pathOf = (id: string) => `/api/users/${encodeURIComponent(id)}`;
