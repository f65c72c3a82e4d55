//! Accounts: who I am, who else there is.

import { call } from "./client";

export type Role = "administrator" | "user";

export interface User {
  id: string;
  name: string;
  email: string;
  role: Role;
  /** What this user answers in the browser. */
  extension: string | null;
}

export interface NewUser {
  name: string;
  email: string;
  role: Role;
  password: string;
}

export const checkSetup = (secret: string) =>
  call<undefined>("GET", `/api/setup/${encodeURIComponent(secret)}`);

export const setUp = (secret: string, who: { name: string; email: string; password: string }) =>
  call<User>("POST", `/api/setup/${encodeURIComponent(secret)}`, who);

export const signIn = (email: string, password: string) =>
  call<User>("POST", "/api/sign-in", { email, password });

export const signOut = () => call<undefined>("POST", "/api/sign-out");

export const whoAmI = () => call<User | null>("GET", "/api/me");

export const changePassword = (current: string, next: string) =>
  call<undefined>("POST", "/api/me/password", { current, new: next });

export const listUsers = async () => (await call<{ users: User[] }>("GET", "/api/users")).users;

export const addUser = (user: NewUser) => call<User>("POST", "/api/users", user);

export const setExtension = (id: string, extension: string | null) =>
  call<User>("PATCH", `/api/users/${encodeURIComponent(id)}`, { extension });

export const removeUser = (id: string) => call<undefined>("DELETE", `/api/users/${encodeURIComponent(id)}`);
