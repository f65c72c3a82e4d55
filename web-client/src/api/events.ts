//! Server-sent events, with the end of the stream told to whoever listens.

/** Listens to the named events of `path` until the returned function is called. `onLost` is called once, when the browser has given up. */
export function listen(
  path: string,
  handlers: Readonly<Record<string, (data: string) => void>>,
  onLost: () => void,
): () => void {
  const source = new EventSource(path);
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(name, (event: MessageEvent<string>) => handle(event.data));
  }
  source.addEventListener("error", () => {
    // While CONNECTING the browser tries again by itself; CLOSED is final (the server answered with an error).
    if (source.readyState === EventSource.CLOSED) onLost();
  });
  return () => source.close();
}

/** Like `listen`, but opens the stream again after it was lost, more and more slowly. */
export function listenForEver(
  path: string,
  handlers: Readonly<Record<string, (data: string) => void>>,
): () => void {
  let attempt = 0;
  let timer: number | undefined;
  let stop: () => void;

  const open = () => {
    stop = listen(path, handlers, () => {
      stop();
      const pause = Math.min(15_000, 1_000 * 2 ** attempt);
      attempt += 1;
      timer = window.setTimeout(open, pause);
    });
  };
  open();

  return () => {
    window.clearTimeout(timer);
    stop();
  };
}
