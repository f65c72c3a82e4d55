//! A ministry with two posts, some extensions, and people who answer them in the browser.

import { expect } from "@playwright/test";
import type { Person } from "./person.js";
import { HOST } from "./server.js";

export const PASSWORD = "une phrase provisoire";

export const PARIS = "Ambassade à Paris";
export const MINISTRY = "Ministère";

export interface Employee {
  name: string;
  number: string;
  post: string;
  email: string;
}

export const MINISTER: Employee = { name: "Ministre conseiller", number: "2114", post: PARIS, email: "paris@example.org" };
export const PROTOCOL: Employee = { name: "Chef du protocole", number: "1002", post: MINISTRY, email: "protocole@example.org" };
export const ASIA: Employee = { name: "Directrice Asie", number: "1040", post: MINISTRY, email: HOST.email };

/** What is typed into the phone of an extension, by its number. */
export type Slips = Record<string, { user: string; password: string }>;

/** Makes it all, by the API of administrators. */
export async function furnish(admin: Person, url: string): Promise<Slips> {
  const ask = async <T>(method: string, path: string, data?: object): Promise<T> => {
    const answer = await admin.context.request.fetch(path, { method, headers: { origin: url }, ...(data && { data }) });
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
    return (answer.status() === 204 ? undefined : await answer.json()) as T;
  };
  const { posts } = await ask<{ posts: unknown[] }>("GET", "/api/admin/posts");
  const slips: Slips = {};
  if (posts.length > 0) return slips;

  const post: Record<string, number> = {};
  for (const [name, country] of [[MINISTRY, "BJ"], [PARIS, "FR"]] as const) {
    post[name] = (await ask<{ id: number }>("POST", "/api/admin/posts", { name, country })).id;
  }
  const { users } = await ask<{ users: { id: string; email: string }[] }>("GET", "/api/users");
  for (const { name, number, post: at, email } of [MINISTER, PROTOCOL, ASIA]) {
    const made = await ask<{ credentials: { username: string; password: string } }>("POST", "/api/admin/extensions", {
      number,
      name,
      post: post[at],
    });
    slips[number] = { user: made.credentials.username, password: made.credentials.password };
    const known = users.find((user) => user.email === email);
    const id =
      known?.id ??
      (await ask<{ id: string }>("POST", "/api/users", { name, email, role: "user", password: PASSWORD })).id;
    await ask("PATCH", `/api/users/${id}`, { extension: number });
  }
  await ask("PUT", "/api/admin/conference/8000", {});
  return slips;
}
