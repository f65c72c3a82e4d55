//! What a key does in session (WCAG 2.1.4: plain letters only where nothing else takes them, and they can be switched off). Pure.

/** What a key is pressed for. `talk` and `hush` are the two ends of a held space bar. */
export type Act = (typeof letters)[number]["act"] | "list" | "talk" | "hush";

/** What has the focus: nothing that minds keys, something that Space presses, or something that letters mean something to. */
export type Focus = "free" | "pressable" | "taken";

export type KeyInput =
  | {
      on: "down";
      key: string;
      focus: Focus;
      /** With Ctrl, Alt or Meta, or in the middle of composing a letter. */
      modified: boolean;
      repeat: boolean;
      /** Whether the microphone is closed. */
      muted: boolean;
    }
  | { on: "up"; key: string }
  /** The window has lost the keyboard: whatever is held will not be seen to be let go. */
  | { on: "blur" }
  | { on: "switched"; enabled: boolean };

export interface KeyState {
  enabled: boolean;
  /** Whether Space is held to be heard. */
  talking: boolean;
}

/** What is to be done, and whether the key was ours, so that the page does not scroll by it. */
export interface Answer {
  act?: Act;
  taken: boolean;
}

/** The letters and what they do, in the order of the bar. */
export const letters = [
  { key: "m", act: "microphone" },
  { key: "v", act: "camera" },
  { key: "h", act: "hand" },
  { key: "s", act: "share" },
  { key: "p", act: "people" },
  { key: "c", act: "messages" },
] as const;

export function shortcut(state: KeyState, input: KeyInput): [KeyState, Answer] {
  switch (input.on) {
    case "down":
      return down(state, input);
    case "up":
      return state.talking && input.key === " " ? hush(state) : [state, LEFT];
    case "blur":
      return state.talking ? hush(state) : [state, LEFT];
    case "switched": {
      const [next, answer] = state.talking && !input.enabled ? hush(state) : [state, LEFT];
      return [{ ...next, enabled: input.enabled }, answer];
    }
  }
}

function down(state: KeyState, input: KeyInput & { on: "down" }): [KeyState, Answer] {
  if (state.talking && input.key === " ") return [state, { taken: true }];
  if (!state.enabled || input.modified || input.repeat || input.focus === "taken") return [state, LEFT];

  if (input.key === " ") {
    if (input.focus !== "free" || !input.muted) return [state, LEFT];
    return [
      { ...state, talking: true },
      { act: "talk", taken: true },
    ];
  }
  if (input.key === "?") return [state, { act: "list", taken: true }];
  const known = letters.find(({ key }) => key === input.key.toLowerCase());
  return [state, known ? { act: known.act, taken: true } : LEFT];
}

const hush = (state: KeyState): [KeyState, Answer] => [
  { ...state, talking: false },
  { act: "hush", taken: true },
];

/** The key is somebody else's. */
const LEFT: Answer = { taken: false };
