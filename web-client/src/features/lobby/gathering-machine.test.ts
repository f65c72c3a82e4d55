import { describe, expect, it } from "vitest";
import {
  gathering,
  LONGEST_PAUSE,
  onTheWay,
  type GatheringInput,
  type GatheringState,
} from "./gathering-machine";

describe("the line to one's delegation", () => {
  it("is tried again, more and more slowly, until it stands", () => {
    let [state] = onTheWay;
    const pauses: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const [next, effects] = gathering(state, { on: "failed" });
      state = next;
      pauses.push(...effects.flatMap((effect) => (effect.do === "ask" ? [effect.after] : [])));
    }

    expect(pauses.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    expect(pauses.at(-1)).toBe(LONGEST_PAUSE);
    expect(after(state, { on: "joined" })).toEqual({ is: "together" });
  });

  it("goes on by itself after an interruption", () => {
    const apart = after({ is: "together" }, { on: "interrupted" });

    expect(apart).toEqual({ is: "apart" });
    expect(after(apart, { on: "resumed" })).toEqual({ is: "together" });
    expect(after(apart, { on: "lost", because: "unknown" })).toEqual({ is: "joining", attempt: 1 });
  });

  it("is not fought over by two devices of one guest", () => {
    const elsewhere = after({ is: "together" }, { on: "lost", because: "elsewhere" });

    expect(elsewhere).toEqual({ is: "elsewhere" });
    expect(gathering(elsewhere, { on: "lost", because: "unknown" })).toEqual([elsewhere, []]);
  });

  it("is over for good once one has left or was let in", () => {
    for (const input of [{ on: "left" }, { on: "refused" }] as const) {
      const [over, effects] = gathering({ is: "together" }, input);
      expect(effects).toEqual([{ do: "hang-up" }]);
      expect(gathering(over, { on: "failed" })).toEqual([{ is: "over" }, []]);
    }
  });
});

const after = (state: GatheringState, input: GatheringInput) => gathering(state, input)[0];
