//! Who waits at the door, as a host sees it: by delegation, and with a sound when somebody comes.

import type { Knock } from "../../api/meetings";
import { recall, remember } from "../../storage";

/** Those of one party who wait; those without a party stand together. */
export interface WaitingGroup {
  party: string | undefined;
  /** By which all of them are admitted. */
  id: number | undefined;
  knocks: readonly Knock[];
}

/** In the order in which the first of each party has come, and who belongs to none last. */
export function byParty(knocks: readonly Knock[]): WaitingGroup[] {
  const groups: { party: string | undefined; id: number | undefined; knocks: Knock[] }[] = [];
  for (const knock of knocks) {
    const id = knock.party_id ?? undefined;
    const group = groups.find((known) => known.id === id);
    if (group) group.knocks.push(knock);
    else
      groups.push({ party: id === undefined ? undefined : (knock.party ?? undefined), id, knocks: [knock] });
  }
  return groups.sort((a, b) => Number(a.id === undefined) - Number(b.id === undefined));
}

/** Whether a sound tells when somebody begins to wait. */
export const soundsAtDoor = (): boolean => recall("door-sound") !== "off";

export const setSoundsAtDoor = (on: boolean): void => remember("door-sound", on ? "on" : "off");
