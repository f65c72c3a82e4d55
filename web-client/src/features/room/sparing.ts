//! What somebody asks of a room who spares the link. Pure; `spared-room.ts` asks it.

import type { Sparing } from "../prejoin";

/** What is asked of one track of somebody else. */
export interface Wish {
  received: boolean;
  smallest: boolean;
}

/** Screens are shown to be read, and voices are why one is there: only pictures of people are given up. */
export function wishFor(source: string, { audioOnly, saveData }: Sparing): Wish {
  const person = source === CAMERA;
  return { received: !(person && audioOnly), smallest: person && saveData };
}

/** Which sentence says what is given up now; nothing where nothing is. */
export function givenUp({ audioOnly, saveData }: Sparing): keyof Sparing | undefined {
  if (audioOnly) return "audioOnly";
  return saveData ? "saveData" : undefined;
}

// As the SDK calls it (`Track.Source.Camera`), which need not load for this.
const CAMERA = "camera";
