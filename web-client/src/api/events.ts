//! Server-sent events, with the end of the stream told to whoever listens.

/** How a line of events may suffer. */
export interface Trouble {
  /** The browser lost the line and tries again by itself; the next event says that it succeeded. */
  interrupted?: () => void;
  /** The browser has given up, because the server answered with an error. Called once. */
  lost: () => void;
}

/** Listens to the named events of `path` until the returned function is called. */
export function listen(
  path: string,
  handlers: Readonly<Record<string, (data: string) => void>>,
  trouble: Trouble,
): () => void {
  const source = new EventSource(path);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event: MessageEvent<string>) => handle(event.data));
  }
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) trouble.lost();
    else trouble.interrupted?.();
  });
  return () => source.close();
}

/** Like `listen`, but opens the stream again after it was lost, more and more slowly. */
export function listenForEver(
  path: string,
  handlers: Readonly<Record<string, (data: string) => void>>,
  by: typeof listen = listen,
): () => void {
  let attempt = 0;
  let timer: number | undefined;
  let stop: () => void;

  const open = () => {
    const lost = () => {
      stop();
      const pause = Math.min(15_000, 1_000 * 2 ** attempt);
      attempt += 1;
      timer = window.setTimeout(open, pause);
    };
    stop = by(path, handlers, { lost });
  };
  open();

  return () => {
    window.clearTimeout(timer);
    stop();
  };
}
