//! Before one enters: which devices are open, opening or failed. Pure; `preview.ts` opens and closes them.

import type { Choices } from "./choices";

export type Kind = "microphone" | "camera";
export type Why = "denied" | "missing" | "busy" | "insecure";

/** Where one device stands. */
export type Source = { is: "off" } | { is: "opening" } | { is: "on" } | { is: "failed"; why: Why };

export interface PrejoinState {
  microphone: Source;
  camera: Source;
  choices: Choices;
}

export type PrejoinInput =
  | { on: "started" }
  | { on: "opened"; kind: Kind }
  | { on: "failed"; kind: Kind; why: Why }
  | { on: "track-ended"; kind: Kind }
  | { on: "toggled"; kind: Kind }
  | { on: "chosen"; kind: Kind | "speaker"; deviceId: string }
  | { on: "named"; name: string };

export type PrejoinEffect =
  { do: "open"; kinds: readonly Kind[] } | { do: "close"; kind: Kind } | { do: "remember" };

type Step = [PrejoinState, readonly PrejoinEffect[]];

/** Nothing is open yet. */
export function beforeEntering(choices: Choices): PrejoinState {
  return { microphone: { is: "off" }, camera: { is: "off" }, choices };
}

export function prejoin(state: PrejoinState, input: PrejoinInput): Step {
  switch (input.on) {
    case "started": {
      // One request for both, so that the browser asks once.
      const kinds = (["microphone", "camera"] as const).filter((kind) => wanted(state, kind));
      return kinds.length === 0 ? [state, []] : [opening(state, kinds), [{ do: "open", kinds }]];
    }
    case "opened":
      // Closed again while it was opening: the late device must not stay on.
      if (!wanted(state, input.kind))
        return [set(state, input.kind, { is: "off" }), [{ do: "close", kind: input.kind }]];
      return [set(state, input.kind, { is: "on" }), []];
    case "failed":
      return [set(state, input.kind, { is: "failed", why: input.why }), []];
    case "track-ended":
      return [set(state, input.kind, { is: "failed", why: "missing" }), [{ do: "close", kind: input.kind }]];
    case "toggled":
      return toggle(state, input.kind);
    case "chosen":
      return choose(state, input.kind, input.deviceId);
    case "named":
      return [{ ...state, choices: { ...state.choices, name: input.name } }, [{ do: "remember" }]];
  }
}

function toggle(state: PrejoinState, kind: Kind): Step {
  const failed = state[kind].is === "failed";
  const on = failed || !wanted(state, kind);
  const key = kind === "microphone" ? "microphoneOn" : "cameraOn";
  const next = { ...state, choices: { ...state.choices, [key]: on } };
  if (!on) return [set(next, kind, { is: "off" }), [{ do: "close", kind }, { do: "remember" }]];
  return [opening(next, [kind]), [{ do: "open", kinds: [kind] }, { do: "remember" }]];
}

function choose(state: PrejoinState, kind: Kind | "speaker", deviceId: string): Step {
  const next = { ...state, choices: { ...state.choices, [`${kind}Id`]: deviceId } };
  if (kind === "speaker" || !wanted(next, kind)) return [next, [{ do: "remember" }]];
  return [opening(next, [kind]), [{ do: "close", kind }, { do: "open", kinds: [kind] }, { do: "remember" }]];
}

function wanted({ choices }: PrejoinState, kind: Kind): boolean {
  return kind === "microphone" ? choices.microphoneOn : choices.cameraOn;
}

function opening(state: PrejoinState, kinds: readonly Kind[]): PrejoinState {
  return kinds.reduce((next, kind) => set(next, kind, { is: "opening" }), state);
}

function set(state: PrejoinState, kind: Kind, source: Source): PrejoinState {
  return { ...state, [kind]: source };
}
