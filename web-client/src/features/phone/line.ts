//! One stream of events for all pages of a browser: browsers open six connections to a server, and six pages would use
//! them all up. The page that holds the lock listens and passes on; when it closes, another one takes its place.

import { listen } from "../../api/events";

export type Heard = (event: string, data: string) => void;

interface Passed {
  event: string;
  data: string;
}

export interface Line {
  close: () => void;
}

/**
 * Listens for the events of one account. `whole` tells a page that was opened later everything, as `first` would.
 */
export function openLine(
  path: string,
  account: string,
  events: readonly string[],
  heard: Heard,
  first: { event: string; whole: () => string | undefined },
): Line {
  const locks = navigator.locks as LockManager | undefined;
  if (!locks || !("BroadcastChannel" in window)) return { close: listenAgain(path, events, heard) };

  const name = `palabre.events.${account}`;
  const channel = new BroadcastChannel(name);
  const ended = new AbortController();
  let stop: (() => void) | undefined;

  channel.addEventListener("message", ({ data }: MessageEvent<Passed | "hello">) => {
    if (data !== "hello") {
      // Who listens has heard it already.
      if (!stop) heard(data.event, data.data);
      return;
    }
    const whole = stop && first.whole();
    if (whole !== undefined) channel.postMessage({ event: first.event, data: whole } satisfies Passed);
  });
  channel.postMessage("hello");

  const lead = () =>
    new Promise<void>((resolve) => {
      stop = listenAgain(path, events, (event, data) => {
        channel.postMessage({ event, data } satisfies Passed);
        heard(event, data);
      });
      ended.signal.addEventListener("abort", () => resolve());
    });
  locks.request(name, { signal: ended.signal }, lead).catch(() => undefined);

  return {
    close: () => {
      ended.abort();
      stop?.();
      channel.close();
    },
  };
}

/** Listens for ever; `lost` is said whenever the line is down, the first event says that it is back. */
function listenAgain(path: string, events: readonly string[], heard: Heard): () => void {
  let attempt = 0;
  let timer: number | undefined;
  let stop: () => void = () => undefined;

  const open = () => {
    const handlers = Object.fromEntries(
      events.map((event) => [
        event,
        (data: string) => {
          attempt = 0;
          heard(event, data);
        },
      ]),
    );
    stop = listen(path, handlers, {
      interrupted: () => heard("lost", ""),
      lost: () => {
        stop();
        heard("lost", "");
        timer = window.setTimeout(open, Math.min(15_000, 1_000 * 2 ** attempt));
        attempt += 1;
      },
    });
  };
  open();
  return () => {
    window.clearTimeout(timer);
    stop();
  };
}
