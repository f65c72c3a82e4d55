//! Those who were there, a delegation after the other. Pure.

import type { Attendee } from "../../api/attendance";

export interface PartyList {
  /** Its name; empty for those who sat for none. */
  party: string;
  people: Attendee[];
}

/** The list by party, in the order in which parties come; those who sat for none last. */
export function byParty(people: readonly Attendee[]): PartyList[] {
  const parties = new Map<string, Attendee[]>();
  for (const one of people) {
    const party = one.party ?? "";
    const its = parties.get(party);
    if (its) its.push(one);
    else parties.set(party, [one]);
  }
  const all = [...parties].map(([party, its]) => ({ party, people: its }));
  return [...all.filter(({ party }) => party !== ""), ...all.filter(({ party }) => party === "")];
}
