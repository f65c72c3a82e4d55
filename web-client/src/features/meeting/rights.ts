//! What somebody may do in a meeting, and what the seat does there, as the server says it. Pure.

import { seatRoles } from "../../api/seat-roles";
import type { SeatRole } from "../../api/meetings";

export interface Rights {
  /** Runs the meeting: the floor, the agenda, who comes in and who leaves. */
  directs: boolean;
  /** Is heard and seen, writes, and asks for the floor. */
  speaks: boolean;
  /** Whether a right of reply or a point of order goes before others. */
  priority: boolean;
}

/** The rights in a participant's attributes. Where there is no word of them, somebody else's program or a telephone is there. */
export function rightsOf(attributes: Readonly<Record<string, string>>): Rights {
  const words = attributes["palabre.rights"];
  if (words === undefined) return { directs: false, speaks: true, priority: true };
  const has = (word: string) => words.split(" ").includes(word);
  return { directs: has("directs"), speaks: !has("listens"), priority: has("priority") };
}

/** What somebody does at the table; nothing for who has no seat and was told nothing. */
export const seatRoleOf = (attributes: Readonly<Record<string, string>>): SeatRole | undefined =>
  seatRoles.find((role) => role === attributes["palabre.seat_role"]);
