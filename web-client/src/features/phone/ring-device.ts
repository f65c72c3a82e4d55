//! Where it rings: the loudspeaker, when one talks on a headset.

import { recall, remember } from "../../storage";

/** The id of the chosen output; empty for whatever the system prefers. */
export const recallRingDevice = (): string => recall("ring-device") ?? "";

export const rememberRingDevice = (id: string): void => remember("ring-device", id);
