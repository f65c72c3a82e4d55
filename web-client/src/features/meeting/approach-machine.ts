//! Whether the way to a meeting stands ready while one still chooses devices and a name. Pure; `approach.ts` builds it.

import type { MeetingDoor } from "../../api/meetings";

export type ApproachState =
  /** Nothing is built; it will be as soon as somebody looks at the page. */
  | { is: "resting" }
  /** It is being built, or it stands. */
  | { is: "up"; since: number }
  /** Taken, given up or left: whoever still wants in goes the ordinary way. */
  | { is: "over" };

/** Times are in milliseconds, on any clock that only goes forward. */
export type ApproachInput =
  | { on: "looked-at"; now: number }
  | { on: "hidden"; now: number }
  | { on: "expired" }
  | { on: "failed" }
  | { on: "taken" }
  | { on: "left" };

export type ApproachEffect =
  | { do: "build" }
  | { do: "tear-down" }
  /** From now on it expires after so long, whatever was said before. */
  | { do: "expire"; after: number };

type Step = [ApproachState, readonly ApproachEffect[]];

export const beforeApproach: ApproachState = { is: "resting" };

/** Whether one who comes to this door will be let in at once, as far as the page knows. */
export function opensAtOnce(door: MeetingDoor, wasInside: boolean): boolean {
  return wasInside || (!door.waits && (!door.locked || door.is_host));
}

export function approach(state: ApproachState, input: ApproachInput): Step {
  switch (input.on) {
    case "looked-at":
      if (state.is === "resting")
        return [{ is: "up", since: input.now }, [{ do: "build" }, { do: "expire", after: LONGEST }]];
      return [state, state.is === "up" ? [{ do: "expire", after: left(state.since, input.now) }] : []];
    case "hidden":
      if (state.is !== "up") return [state, []];
      return [state, [{ do: "expire", after: Math.min(left(state.since, input.now), UNSEEN) }]];
    case "expired":
      return state.is === "up" ? [{ is: "resting" }, [{ do: "tear-down" }]] : [state, []];
    case "taken":
      return [{ is: "over" }, []];
    case "failed":
    case "left":
      return [{ is: "over" }, state.is === "up" ? [{ do: "tear-down" }] : []];
  }
}

const left = (since: number, now: number) => Math.max(since + LONGEST - now, 0);

/** The server keeps it for 15 minutes. */
const LONGEST = 10 * 60_000;
/** How long it stands while nobody looks at the page. */
const UNSEEN = 3 * 60_000;
