//! Server-sent events for whoever has no account: an `EventSource` cannot show who it is, a request can.

import { passFor } from "./client";
import type { listen } from "./events";

/** Listens as `listen` does, with the pass that one has there. */
export const listenWithPass: typeof listen = (path, handlers, { lost }) => {
  const end = new AbortController();
  void read(path, handlers, end.signal).then(
    () => !end.signal.aborted && lost(),
    () => !end.signal.aborted && lost(),
  );
  return () => end.abort();
};

async function read(
  path: string,
  handlers: Readonly<Record<string, (data: string) => void>>,
  signal: AbortSignal,
): Promise<void> {
  const headers = { accept: "text/event-stream", ...passFor(path) };
  const response = await fetch(path, { headers, signal });
  if (!response.ok || !response.body) return;
  const chunks = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let unread = "";
  for (;;) {
    const { done, value } = await chunks.read();
    if (done) return;
    const blocks = (unread + value).split("\n\n");
    unread = blocks.pop() ?? "";
    for (const event of blocks.map(eventOf)) if (event) handlers[event.name]?.(event.data);
  }
}

/** One event (WHATWG HTML §9.2), as far as ours go: a name and a line of data. */
export function eventOf(block: string): { name: string; data: string } | undefined {
  const field = (name: string) =>
    block
      .split("\n")
      .find((line) => line.startsWith(`${name}:`))
      ?.slice(name.length + 1)
      .trim();
  const name = field("event");
  return name === undefined ? undefined : { name, data: field("data") ?? "" };
}
