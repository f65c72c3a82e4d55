//! What the worker keeps and serves, when a newer version is offered, and when one is looked for. Pure.

import { routeOf } from "../routes";

/** The copy of one version: its name, the files that its page begins with, and all that is kept of it. */
export interface Kept {
  version: string;
  entry: readonly string[];
  files: readonly string[];
}

/** A page that the kept one shows, a file of it, or nothing that the worker touches. */
export type Asked = "page" | "file" | "nothing-of-ours";

interface Request {
  method: string;
  url: string;
  mode: string;
}

/** What a request asks for. Whatever is not known to be ours goes over the line as if there were no worker. */
export function askedFor({ method, url, mode }: Request, origin: string, { files }: Kept): Asked {
  const { origin: theirs, pathname, search } = new URL(url);
  if (method !== "GET" || theirs !== origin) return "nothing-of-ours";
  if (mode === "navigate") {
    return routeOf(pathname, search).page === "nowhere" ? "nothing-of-ours" : "page";
  }
  // What is not kept from the beginning, like fonts and the pages one opens, is kept once it was used.
  return pathname.startsWith("/assets/") || files.includes(pathname) ? "file" : "nothing-of-ours";
}

const PREFIX = "palabre-";

export const cacheOf = ({ version }: Kept): string => `${PREFIX}${version}`;

/** The copies to throw away, of all in the order in which they were made. The one before stays: another tab may be in
 * session with it and still need a part of it that the server has no more. */
export function outdated(caches: readonly string[], own: string): string[] {
  const ours = caches.filter((name) => name.startsWith(PREFIX) && name !== own);
  return ours.slice(0, -1);
}

/** Whether a page may say that a newer version waits. */
export const mayOffer = (is: { ready: boolean; inMeeting: boolean; onCall: boolean }): boolean =>
  is.ready && !is.inMeeting && !is.onCall;

/** Whether to look for a newer version: now and then, and not over the line of a meeting. */
export const mayLook = (is: { last: number; now: number; busy: boolean }): boolean =>
  !is.busy && is.now - is.last >= LOOK_EVERY;

/** In milliseconds. Whoever opens a page looks anyway. */
export const LOOK_EVERY = 3_600_000;
