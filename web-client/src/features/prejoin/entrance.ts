import type { Effects } from "../effects";
import type { Choices } from "./choices";

/** What somebody brings into the room: their choices, the microphone and camera that are open already, and what is done to them. */
export interface Entrance {
  choices: Choices;
  microphone: MediaStreamTrack | undefined;
  camera: MediaStreamTrack | undefined;
  effects: Effects;
}
