//! Keeps the pages on the device: a warm start needs no byte of them, and they open with the server away. A build of its own,
//! `/sw.js`; what it touches and what not is in `rules.ts`.

import { askedFor, cacheOf, outdated, type Kept } from "./rules";

declare const self: ServiceWorkerGlobalScope;
/** Written in by the build. */
declare const KEPT: Kept;

const CACHE = cacheOf(KEPT);
const PAGE = "/";

self.addEventListener("install", (event) => event.waitUntil(stock()));
self.addEventListener("activate", (event) => event.waitUntil(tidy()));
self.addEventListener("message", ({ data }) => {
  // Somebody chose to reload. Else the new version waits until no page of the old one is open.
  if (data === "take-over") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  switch (askedFor(event.request, self.location.origin, KEPT)) {
    case "page":
      event.respondWith(page(event.request));
      break;
    case "file":
      event.respondWith(file(event.request));
      break;
    case "nothing-of-ours":
      break;
  }
});

/** Fetches this version, one file after the other: whoever just came needs the line more. */
async function stock(): Promise<void> {
  const cache = await caches.open(CACHE);
  const page = await fetched(PAGE);
  const text = await page.clone().text();
  // Between this worker and its page the server may have been replaced; the next try finds both of one build.
  if (!KEPT.entry.every((name) => text.includes(name))) throw new Error("the page is of another version");
  await cache.put(PAGE, page);
  for (const name of KEPT.files) {
    await cache.put(name, (isHashed(name) && (await caches.match(name, ANY))) || (await fetched(name)));
  }
}

async function fetched(name: string): Promise<Response> {
  const response = await fetch(name, { cache: isHashed(name) ? "default" : "no-cache" });
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return response;
}

async function tidy(): Promise<void> {
  await Promise.all(outdated(await caches.keys(), CACHE).map((name) => caches.delete(name)));
}

async function page(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(PAGE, ANY)) ?? fetch(request);
}

async function file(request: Request): Promise<Response> {
  const known = isHashed(new URL(request.url).pathname)
    ? await caches.match(request, ANY)
    : await (await caches.open(CACHE)).match(request, ANY);
  if (known) return known;
  const response = await fetch(request);
  if (response.status === 200) await (await caches.open(CACHE)).put(request, response.clone());
  return response;
}

/** The same under this name in every version. */
const isHashed = (name: string) => name.startsWith("/assets/");
/** However the answer was packed on its way. */
const ANY = { ignoreVary: true };
