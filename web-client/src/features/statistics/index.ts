//! What a call takes of the line, and what its streams do.

export { DataThisMonth, DataUsed } from "./DataUsed";
export { Meter } from "./meter";
