//! Keys of the keyboard in session, and their list.

export { recallShortcuts, rememberShortcuts } from "./keyboard";
export type { Act } from "./shortcuts";
export { useShortcuts } from "./useShortcuts";
