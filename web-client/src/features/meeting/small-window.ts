//! A small window above all others, in which one stays in session while working elsewhere (Document Picture-in-Picture; only
//! some browsers have it).

import { useEffect, useState } from "react";

interface Opener {
  requestWindow(size: { width: number; height: number }): Promise<Window>;
}

const opener = () => (window as { documentPictureInPicture?: Opener }).documentPictureInPicture;

/** The window while it is open, and how to open it; nothing to open it with where the browser has none. */
export function useSmallWindow(): { small: Window | undefined; openSmall: (() => void) | undefined } {
  const [small, setSmall] = useState<Window>();

  useEffect(() => () => small?.close(), [small]);

  const open = async () => {
    const opened = await opener()?.requestWindow(SIZE);
    if (!opened) return;
    dress(opened.document);
    opened.addEventListener("pagehide", () => setSmall(undefined));
    setSmall(opened);
  };
  // Refused when nobody pressed anything; then nothing is to be said.
  return { small, openSmall: opener() && (() => void open().catch(() => undefined)) };
}

/** Gives it the language, the theme and the styles of the page. */
function dress(there: Document): void {
  const { lang, dataset } = document.documentElement;
  there.documentElement.lang = lang;
  Object.assign(there.documentElement.dataset, dataset);
  there.title = document.title;
  for (const sheet of document.querySelectorAll('link[rel="stylesheet"], style'))
    there.head.append(sheet.cloneNode(true));
}

const SIZE = { width: 380, height: 280 };
