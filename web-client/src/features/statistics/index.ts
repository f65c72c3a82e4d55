//! What a call takes of the line, and what its streams do.

export { DataUsed } from "./DataUsed";
export { Meter } from "./meter";
