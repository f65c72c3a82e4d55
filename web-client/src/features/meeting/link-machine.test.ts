import { describe, expect, it } from "vitest";
import type { Admission } from "../../api/meetings";
import { link, pauseBefore, type LinkInput, type LinkState } from "./link-machine";

describe("the line to the room", () => {
  it("is live once connected, and shows when the SDK mends it", () => {
    expect(after({ on: "start", admission }, { on: "connected" })).toEqual({ is: "live" });
    expect(after({ on: "connected" }, { on: "interrupted" })).toEqual({ is: "resuming" });
    expect(after({ on: "connected" }, { on: "interrupted" }, { on: "resumed" })).toEqual({ is: "live" });
  });

  it("comes back by a fresh admission when the SDK gives up", () => {
    const live = after({ on: "connected" });

    const [returning, effects] = link(live, { on: "disconnected", because: "unknown" });
    expect(returning).toEqual({ is: "returning", attempt: 0 });
    expect(effects).toEqual([{ do: "ask", after: pauseBefore(0) }]);

    expect(link(returning, { on: "answered", answer: admission })[1]).toEqual([{ do: "connect", admission }]);
  });

  it("keeps trying while the server is away, more slowly each time but never giving up", () => {
    let state: LinkState = after({ on: "connected" }, { on: "disconnected", because: "unknown" });
    for (let attempt = 1; attempt < 20; attempt += 1) {
      const [next, effects] = link(state, { on: "ask-failed", code: "offline" });
      expect(effects).toEqual([{ do: "ask", after: pauseBefore(attempt) }]);
      state = next;
    }
    expect(pauseBefore(19)).toBe(15_000);
  });

  it("counts a failed connection as one more attempt, though the SDK reports it twice", () => {
    const returning = after({ on: "connected" }, { on: "disconnected", because: "unknown" });

    const twice = through(returning, { on: "disconnected", because: "unknown" }, { on: "connect-failed" });

    expect(twice).toEqual({ is: "returning", attempt: 1 });
  });

  it("does not come back where one was sent away", () => {
    for (const because of ["removed", "ended", "elsewhere"] as const) {
      const [state, effects] = link({ is: "live" }, { on: "disconnected", because });
      expect(state).toEqual({ is: "over" });
      expect(effects).toContainEqual({ do: "depart", why: because });
    }
    expect(link({ is: "returning", attempt: 2 }, { on: "ask-failed", code: "not_found" })[1]).toContainEqual({
      do: "depart",
      why: "ended",
    });
  });

  it("leads to the waiting room when the earlier admission no longer counts", () => {
    const [state, effects] = link(
      { is: "returning", attempt: 0 },
      {
        on: "answered",
        answer: { state: "waiting", ticket: "t1" },
      },
    );

    expect(state).toEqual({ is: "over" });
    expect(effects).toContainEqual({ do: "wait-outside", ticket: "t1" });
  });

  it("is deaf once it is over", () => {
    expect(link({ is: "over" }, { on: "disconnected", because: "left" })).toEqual([{ is: "over" }, []]);
    expect(link({ is: "over" }, { on: "answered", answer: admission })).toEqual([{ is: "over" }, []]);
  });
});

const admission: Admission = {
  state: "admitted",
  url: "ws://localhost",
  token: "t",
  identity: "i",
  name: "n",
  is_host: false,
  moved: false,
};

const after = (...inputs: LinkInput[]) => through({ is: "joining" }, ...inputs);

function through(state: LinkState, ...inputs: LinkInput[]): LinkState {
  return inputs.reduce((now, input) => link(now, input)[0], state);
}
