//! What somebody may be at a table, in the order in which one chooses.

import type { SeatRole } from "./schedules";

export const seatRoles: readonly SeatRole[] = [
  "chair",
  "protocol_officer",
  "head",
  "delegate",
  "interpreter",
  "rapporteur",
  "observer",
  "guest",
];
