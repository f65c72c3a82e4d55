//! The line to where one's delegation gathers: on its way, there, interrupted, or over. Pure; `gathering.ts` performs it.

/** Why the room let go of us. */
export type Lost = "left" | "elsewhere" | "unknown";

export type GatheringState =
  | { is: "joining"; attempt: number }
  | { is: "together" }
  /** The SDK builds the line anew by itself. */
  | { is: "apart" }
  /** The same guest is there on another device. */
  | { is: "elsewhere" }
  | { is: "over" };

export type GatheringInput =
  | { on: "joined" }
  | { on: "failed" }
  /** There is no gathering for us any more: we were decided about, or have no seat. */
  | { on: "refused" }
  | { on: "interrupted" }
  | { on: "resumed" }
  | { on: "lost"; because: Lost }
  | { on: "left" };

export type GatheringEffect = { do: "ask"; after: number } | { do: "hang-up" };

type Step = [GatheringState, readonly GatheringEffect[]];

/** Who is let in at once need not be shown to a place among those who wait, in milliseconds. */
const LET_IN_AT_ONCE = 2_000;

export const onTheWay: Step = [{ is: "joining", attempt: 0 }, [{ do: "ask", after: LET_IN_AT_ONCE }]];

/** Between two tries at most this long, in milliseconds. */
export const LONGEST_PAUSE = 15_000;

export function gathering(state: GatheringState, input: GatheringInput): Step {
  if (state.is === "over") return [state, []];
  switch (input.on) {
    case "left":
    case "refused":
      return [{ is: "over" }, [{ do: "hang-up" }]];
    case "joined":
      return state.is === "joining" ? [{ is: "together" }, []] : [state, []];
    case "failed":
      return state.is === "joining" ? again(state.attempt + 1) : [state, []];
    case "interrupted":
      return state.is === "together" ? [{ is: "apart" }, []] : [state, []];
    case "resumed":
      return state.is === "apart" ? [{ is: "together" }, []] : [state, []];
    case "lost":
      return lost(state, input.because);
  }
}

function lost(state: GatheringState, because: Lost): Step {
  // While one is on the way, the try itself says how it ended.
  if (state.is === "joining" || state.is === "elsewhere") return [state, []];
  if (because === "left") return [{ is: "over" }, []];
  return because === "elsewhere" ? [{ is: "elsewhere" }, []] : again(1);
}

function again(attempt: number): Step {
  const after = Math.min(LONGEST_PAUSE, 500 * 2 ** attempt);
  return [{ is: "joining", attempt }, [{ do: "ask", after }]];
}
