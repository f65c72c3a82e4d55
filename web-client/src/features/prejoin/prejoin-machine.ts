//! Before one enters: which devices are open, opening or failed. Pure; `preview.ts` opens and closes them.

import type { Why } from "./blocked";
import type { Wanted } from "../effects";
import type { Choices, Sparing } from "./choices";

export type Kind = "microphone" | "camera";

/** Where one device stands. */
export type Source = { is: "off" } | { is: "opening" } | { is: "on" } | { is: "failed"; why: Why };

/** What stands behind one: nothing is shown before it is what was asked for. */
export type Background = "plain" | "blurring" | "blurred" | "failed";

export interface PrejoinState {
  microphone: Source;
  camera: Source;
  background: Background;
  choices: Choices;
}

export type PrejoinInput =
  | { on: "started" }
  | { on: "opened"; kind: Kind }
  | { on: "failed"; kind: Kind; why: Why }
  | { on: "track-ended"; kind: Kind }
  | { on: "toggled"; kind: Kind }
  | { on: "chosen"; kind: Kind | "speaker"; deviceId: string }
  | { on: "spared"; what: keyof Sparing; yes: boolean }
  | { on: "affected"; what: keyof Wanted; yes: boolean }
  | { on: "blurred" }
  | { on: "blur-failed" }
  | { on: "named"; name: string };

export type PrejoinEffect =
  | { do: "open"; kinds: readonly Kind[] }
  | { do: "close"; kind: Kind }
  | { do: "blur" }
  | { do: "clear" }
  | { do: "remember" };

type Step = [PrejoinState, readonly PrejoinEffect[]];

/** Nothing is open yet. */
export function beforeEntering(choices: Choices): PrejoinState {
  return { microphone: { is: "off" }, camera: { is: "off" }, background: "plain", choices };
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
      return blurIfWanted(set(state, input.kind, { is: "on" }), input.kind);
    case "failed":
      return [set(state, input.kind, { is: "failed", why: input.why }), []];
    case "track-ended":
      return [set(state, input.kind, { is: "failed", why: "missing" }), [{ do: "close", kind: input.kind }]];
    case "toggled":
      return toggle(state, input.kind);
    case "chosen":
      return choose(state, input.kind, input.deviceId);
    case "spared":
      return spare(state, input.what, input.yes);
    case "affected":
      return affect(state, input.what, input.yes);
    case "blurred":
      return [state.background === "blurring" ? { ...state, background: "blurred" } : state, []];
    case "blur-failed":
      return [state.background === "blurring" ? { ...state, background: "failed" } : state, []];
    case "named":
      return [{ ...state, choices: { ...state.choices, name: input.name } }, [{ do: "remember" }]];
  }
}

function toggle(state: PrejoinState, kind: Kind): Step {
  // The page says why the camera stays closed.
  if (kind === "camera" && state.choices.audioOnly) return [state, []];
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

/** Sound alone closes the camera; without it the camera is again what it was. */
function spare(state: PrejoinState, what: keyof Sparing, yes: boolean): Step {
  const next = { ...state, choices: { ...state.choices, [what]: yes } };
  const [was, is] = [wanted(state, "camera"), wanted(next, "camera")];
  if (was === is) return [next, [{ do: "remember" }]];
  if (is) return [opening(next, ["camera"]), [{ do: "open", kinds: ["camera"] }, { do: "remember" }]];
  return [set(next, "camera", { is: "off" }), [{ do: "close", kind: "camera" }, { do: "remember" }]];
}

/** Whatever camera has opened is blurred before it is shown. */
function blurIfWanted(state: PrejoinState, opened: Kind): Step {
  if (opened !== "camera" || !state.choices.blur) return [state, []];
  return [{ ...state, background: "blurring" }, [{ do: "blur" }]];
}

function affect(state: PrejoinState, what: keyof Wanted, yes: boolean): Step {
  const next: PrejoinState = { ...state, choices: { ...state.choices, [what]: yes } };
  if (what === "quiet") return [next, [{ do: "remember" }]];
  if (!yes) return [{ ...next, background: "plain" }, [{ do: "clear" }, { do: "remember" }]];
  if (state.camera.is !== "on") return [next, [{ do: "remember" }]];
  return [{ ...next, background: "blurring" }, [{ do: "blur" }, { do: "remember" }]];
}

function wanted({ choices }: PrejoinState, kind: Kind): boolean {
  return kind === "microphone" ? choices.microphoneOn : choices.cameraOn && !choices.audioOnly;
}

function opening(state: PrejoinState, kinds: readonly Kind[]): PrejoinState {
  return kinds.reduce((next, kind) => set(next, kind, { is: "opening" }), state);
}

function set(state: PrejoinState, kind: Kind, source: Source): PrejoinState {
  return { ...state, [kind]: source };
}
