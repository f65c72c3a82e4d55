import type { Choices } from "./choices";

/** What somebody brings into the room: their choices, and the microphone and camera that are open already. */
export interface Entrance {
  choices: Choices;
  microphone: MediaStreamTrack | undefined;
  camera: MediaStreamTrack | undefined;
}
