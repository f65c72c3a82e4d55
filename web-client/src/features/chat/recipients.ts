//! For whom a message is. Pure.

/** Somebody who can be written to alone. */
export interface Recipient {
  identity: string;
  name: string;
}

export type Chosen = Recipient | undefined;

export const EVERYBODY: Chosen = undefined;

export type Addressed =
  | { is: "everybody" }
  | { is: "one"; person: Recipient }
  /** Chosen, and has left since: nothing is sent, least of all to everybody. */
  | { is: "gone"; person: Recipient };

/** Who is meant by a choice, among those who are here now. */
export function recipientOf(here: readonly Recipient[], chosen: Chosen): Addressed {
  if (!chosen) return { is: "everybody" };
  const person = here.find(({ identity }) => identity === chosen.identity);
  return person ? { is: "one", person } : { is: "gone", person: chosen };
}
