//! What one chose the last time: name, devices, what was open.

import { recall, remember } from "../../storage";

export interface Choices {
  name: string;
  microphoneOn: boolean;
  cameraOn: boolean;
  microphoneId: string;
  cameraId: string;
  speakerId: string;
}

const first: Choices = {
  name: "",
  microphoneOn: true,
  cameraOn: true,
  microphoneId: "",
  cameraId: "",
  speakerId: "",
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
