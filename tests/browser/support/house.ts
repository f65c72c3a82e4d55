//! A ministry with two posts, some extensions, and people who answer them in the browser.

import { expect } from "@playwright/test";
import type { Person } from "./person.js";
import { DeskPhone } from "./desk-phone.js";
import { HOST, type Server } from "./server.js";

export const PASSWORD = "une phrase provisoire";

export const ROME = "Ambassade à Rome";
export const MINISTRY = "Secrétariat général";

export interface Employee {
  name: string;
  number: string;
  post: string;
  /** Whoever has none has a telephone only. */
  email?: string;
}

/** Who signs in, too. */
export type Subscriber = Employee & { email: string };

export const MINISTER: Subscriber = { name: "Ministre conseiller", number: "2114", post: ROME, email: "rome@example.org" };
export const PROTOCOL: Subscriber = { name: "Chef du protocole", number: "1002", post: MINISTRY, email: "protocole@example.org" };
export const ASIA: Subscriber = { name: "Directrice Asie", number: "1040", post: MINISTRY, email: HOST.email };

export const MAIL_ROOM: Employee = { name: "Bureau du courrier", number: "1050", post: MINISTRY };

/** What is typed into the phone of an extension, by its number. */
type Slips = Record<string, { user: string; password: string }>;

const known = new Map<Server, Slips>();

/** Makes it all, by the API of administrators, unless another test has. */
export async function furnish(admin: Person, server: Server): Promise<void> {
  if (known.has(server)) return;
  const ask = async <T>(method: string, path: string, data?: object): Promise<T> => {
    const answer = await admin.context.request.fetch(path, { method, headers: { origin: server.url }, ...(data && { data }) });
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
    return (answer.status() === 204 ? undefined : await answer.json()) as T;
  };
  const slips: Slips = {};
  const post: Record<string, number> = {};
  for (const [name, country] of [[MINISTRY, "BJ"], [ROME, "IT"]] as const) {
    post[name] = (await ask<{ id: number }>("POST", "/api/admin/posts", { name, country })).id;
  }
  const { users } = await ask<{ users: { id: string; email: string }[] }>("GET", "/api/users");
  for (const { name, number, post: at, email } of [MINISTER, PROTOCOL, ASIA, MAIL_ROOM]) {
    const made = await ask<{ credentials: { username: string; password: string } }>("POST", "/api/admin/extensions", {
      number,
      name,
      post: post[at],
    });
    slips[number] = { user: made.credentials.username, password: made.credentials.password };
    if (email === undefined) continue;
    const known = users.find((user) => user.email === email);
    const id =
      known?.id ??
      (await ask<{ id: string }>("POST", "/api/users", { name, email, role: "user", password: PASSWORD, must_change: false })).id;
    await ask("PATCH", `/api/users/${id}`, { extension: number });
  }
  await ask("PUT", "/api/admin/conference/8000", {});
  known.set(server, slips);
}

/** The desk phone of an extension, registered. */
export async function plugIn(server: Server, number: string, hertz: number): Promise<DeskPhone> {
  const slip = known.get(server)?.[number];
  if (!slip) throw new Error(`nobody knows the password of ${number}`);
  const phone = await DeskPhone.humming({ server: "127.0.0.1", port: server.sipPort, ...slip }, hertz);
  expect(await phone.register()).toBe(200);
  return phone;
}
