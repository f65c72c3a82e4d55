import { describe, expect, it } from "vitest";
import type { MeetingDoor } from "../../api/meetings";
import {
  approach,
  beforeApproach,
  opensAtOnce,
  type ApproachInput,
  type ApproachState,
} from "./approach-machine";

const MINUTE = 60_000;

describe("on the way to the door", () => {
  it("the way is built once somebody looks at the page, and stands for ten minutes", () => {
    const [state, effects] = approach(beforeApproach, { on: "looked-at", now: 5 });

    expect(effects).toEqual([{ do: "build" }, { do: "expire", after: 10 * MINUTE }]);
    expect(approach(state, { on: "expired" })).toEqual([{ is: "resting" }, [{ do: "tear-down" }]]);
  });

  it("a page that nobody looks at keeps it for three minutes only", () => {
    const state = after({ on: "looked-at", now: 0 });

    expect(approach(state, { on: "hidden", now: MINUTE })[1]).toEqual([{ do: "expire", after: 3 * MINUTE }]);
    expect(approach(state, { on: "hidden", now: 9 * MINUTE })[1]).toEqual([{ do: "expire", after: MINUTE }]);
    expect(approach(state, { on: "looked-at", now: 4 * MINUTE })[1]).toEqual([
      { do: "expire", after: 6 * MINUTE },
    ]);
  });

  it("it is built again for who comes back to the page", () => {
    const state = after({ on: "looked-at", now: 0 }, { on: "hidden", now: 1 }, { on: "expired" });

    expect(state).toEqual({ is: "resting" });
    expect(approach(state, { on: "looked-at", now: 2 })[1]).toContainEqual({ do: "build" });
  });

  it("what fails is not tried again", () => {
    const [state, effects] = approach(after({ on: "looked-at", now: 0 }), { on: "failed" });

    expect(effects).toEqual([{ do: "tear-down" }]);
    expect(approach(state, { on: "looked-at", now: 1 })).toEqual([{ is: "over" }, []]);
  });

  it("what was taken is not torn down by leaving the page", () => {
    const state = after({ on: "looked-at", now: 0 }, { on: "taken" });

    expect(approach(state, { on: "left" })[1]).toEqual([]);
    expect(approach(state, { on: "expired" })[1]).toEqual([]);
  });

  it("it is built for whom the door opens at once", () => {
    expect(opensAtOnce(door({}), false)).toBe(true);
    expect(opensAtOnce(door({ waits: true }), false)).toBe(false);
    expect(opensAtOnce(door({ locked: true }), false)).toBe(false);
    expect(opensAtOnce(door({ locked: true, is_host: true }), false)).toBe(true);
    expect(opensAtOnce(door({ waits: true, locked: true }), true)).toBe(true);
  });
});

function after(...inputs: ApproachInput[]): ApproachState {
  return inputs.reduce<ApproachState>((state, input) => approach(state, input)[0], beforeApproach);
}

function door(change: Partial<MeetingDoor>): MeetingDoor {
  return {
    code: "abc-defg-hij",
    title: "Bilatérale",
    waiting_room: false,
    locked: false,
    in_session: false,
    is_host: false,
    needs_name: true,
    waits: false,
    dial_in: null,
    marking: { level: "public", label: { fr: "", en: "" } } as MeetingDoor["marking"],
    ...change,
  };
}
