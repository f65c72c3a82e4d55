//! What one chose the last time: name, devices, what was open.

import { recall, remember } from "../../storage";

export interface Choices {
  name: string;
  microphoneOn: boolean;
  cameraOn: boolean;
  microphoneId: string;
  cameraId: string;
  speakerId: string;
  /** No picture of anybody is sent or received; screens are still seen. */
  audioOnly: boolean;
  /** Pictures of people are sent and received as small as there are. */
  saveData: boolean;
  /** One's own background is blurred before it is sent. */
  blur: boolean;
  /** Noises are taken out of one's own voice before it is sent. */
  quiet: boolean;
}

/** What one gives up so that a weak or dear link suffices. */
export type Sparing = Pick<Choices, "audioOnly" | "saveData">;

const first: Choices = {
  name: "",
  microphoneOn: true,
  cameraOn: true,
  microphoneId: "",
  cameraId: "",
  speakerId: "",
  audioOnly: false,
  saveData: false,
  blur: false,
  quiet: false,
};

/** The remembered choices; whatever is missing or strange is as on the first visit. */
export function recallChoices(): Choices {
  let kept: unknown;
  try {
    kept = JSON.parse(recall("choices") ?? "{}");
  } catch {
    return first;
  }
  if (typeof kept !== "object" || kept === null) return first;

  const choices: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(kept)) {
    if (key in first && typeof value === typeof first[key as keyof Choices]) choices[key] = value;
  }
  return choices as unknown as Choices;
}

/** Keeps the choices for the next visit. */
export function rememberChoices(choices: Choices): void {
  remember("choices", JSON.stringify(choices));
}
