//! What is done to one's own picture and voice before they are sent.

export { Effects } from "./effects";
export { EffectsChoice, type Wanted } from "./EffectsChoice";
