//! The line to the room: joined, cut, taken up again, over. Pure. The SDK mends small cuts by itself; when it gives up, we
//! ask the office for a fresh admission and come back, as often as it takes.

import type { Admission, JoinAnswer } from "../../api/meetings";
import { departureFor, worthAnotherTry, type Departure } from "./visit-machine";
import type { LostBecause } from "../room";

export type LinkState =
  | { is: "joining" }
  | { is: "live" }
  /** The SDK is mending the line; media may still flow. */
  | { is: "resuming" }
  /** The SDK gave up; we ask for a new admission. */
  | { is: "returning"; attempt: number }
  | { is: "over" };

export type LinkInput =
  | { on: "start"; admission: Admission }
  | { on: "connected" }
  | { on: "interrupted" }
  | { on: "resumed" }
  | { on: "disconnected"; because: LostBecause }
  | { on: "connect-failed" }
  | { on: "answered"; answer: JoinAnswer }
  | { on: "ask-failed"; code: string }
  | { on: "leave" };

export type LinkEffect =
  | { do: "connect"; admission: Admission }
  | { do: "ask"; after: number }
  | { do: "hang-up" }
  | { do: "depart"; why: Departure }
  | { do: "wait-outside"; ticket: string };

type Step = [LinkState, readonly LinkEffect[]];

/** The pause before the n-th return, in milliseconds: soon at first, then every 15 seconds for as long as the page is open. */
export function pauseBefore(attempt: number): number {
  return attempt === 0 ? 500 : Math.min(15_000, 1_000 * 2 ** (attempt - 1));
}

export function link(state: LinkState, input: LinkInput): Step {
  if (state.is === "over") return [state, []];

  switch (input.on) {
    case "start":
      return [state, [{ do: "connect", admission: input.admission }]];
    case "connected":
      return [{ is: "live" }, []];
    case "interrupted":
      return state.is === "live" ? [{ is: "resuming" }, []] : [state, []];
    case "resumed":
      return [{ is: "live" }, []];
    case "disconnected":
      // While returning, the SDK reports the end of each failed attempt as well.
      if (input.because !== "unknown") return depart(input.because);
      return state.is === "live" || state.is === "resuming" ? comeBack(0) : [state, []];
    case "connect-failed":
      return comeBack(state.is === "returning" ? state.attempt + 1 : 0);
    case "answered":
      if (state.is !== "returning") return [state, []];
      if (input.answer.state === "admitted") return [state, [{ do: "connect", admission: input.answer }]];
      return [{ is: "over" }, [{ do: "hang-up" }, { do: "wait-outside", ticket: input.answer.ticket }]];
    case "ask-failed":
      if (state.is !== "returning") return [state, []];
      return worthAnotherTry(input.code) ? comeBack(state.attempt + 1) : depart(departureFor(input.code));
    case "leave":
      return depart("left");
  }
}

function comeBack(attempt: number): Step {
  return [{ is: "returning", attempt }, [{ do: "ask", after: pauseBefore(attempt) }]];
}

function depart(why: Departure): Step {
  return [{ is: "over" }, [{ do: "hang-up" }, { do: "depart", why }]];
}
