//! What changes at the table while one waits, for those who listen rather than look. Pure.

import type { WaitingTable } from "../../api/meetings";

export interface Arrival {
  name: string;
  party: string;
}

/** Who has come since; nobody, when nothing was known before. */
export function arrivals(before: WaitingTable | undefined, now: WaitingTable): Arrival[] {
  if (!before) return [];
  const there = new Set(present(before).map(key));
  return present(now).filter((one) => !there.has(key(one)));
}

function present({ parties }: WaitingTable): Arrival[] {
  return parties.flatMap((party) =>
    (party.people ?? [])
      .filter(({ state }) => state !== "expected")
      .map(({ name }) => ({ name, party: party.name })),
  );
}

const key = ({ name, party }: Arrival) => `${party}\n${name}`;
