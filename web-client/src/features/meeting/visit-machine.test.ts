import { describe, expect, it } from "vitest";
import type { Admission, MeetingDoor } from "../../api/meetings";
import { atTheDoor, KNOCK_AGAIN, visit, type VisitInput, type VisitState } from "./visit-machine";

describe("a visit", () => {
  it("leads from the door over pre-join into the session", () => {
    const [state, effects] = through(
      { on: "door-opened", door },
      { on: "asked" },
      { on: "answered", answer: admission },
    );

    expect(state).toEqual({ at: "inside", door });
    expect(effects).toEqual([{ do: "enter", admission }]);
  });

  it("asks once, however often the button is pressed", () => {
    const [, effects] = through({ on: "door-opened", door }, { on: "asked" }, { on: "asked" });

    expect(effects).toEqual([]);
  });

  it("waits when the meeting has a waiting room, and enters when admitted", () => {
    const [waiting, effects] = through(
      { on: "door-opened", door },
      { on: "asked" },
      { on: "answered", answer: ticket },
    );
    expect(waiting.at).toBe("waiting");
    expect(effects).toEqual([{ do: "wait", ticket: "t1" }]);

    const [inside, then] = visit(waiting, { on: "answered", answer: admission });
    expect(inside.at).toBe("inside");
    expect(then).toEqual([{ do: "stop-waiting" }, { do: "enter", admission }]);
  });

  it("gathers with its delegation once it hears of one, and anew with another ticket", () => {
    const waiting: VisitState = { at: "waiting", door, ticket: "t1", lost: false };
    const table = { begins: null, ends: null, clocks: [], in_session: false, parties: [] };

    const [heard, effects] = visit(waiting, { on: "table-changed", table });
    expect(heard).toMatchObject({ at: "waiting", table });
    expect(effects).toEqual([{ do: "gather", ticket: "t1" }]);
    expect(visit(heard, { on: "table-changed", table })[1]).toEqual([]);

    const [again] = visit(heard, { on: "answered", answer: { state: "waiting", ticket: "t2" } });
    expect(visit(again, { on: "table-changed", table })[1]).toEqual([{ do: "gather", ticket: "t2" }]);
  });

  it("keeps its ticket over a short break of the line", () => {
    const waiting: VisitState = { at: "waiting", door, ticket: "t1", lost: false };

    const [cut, effects] = visit(waiting, { on: "wait-interrupted" });
    expect(cut).toMatchObject({ lost: true, ticket: "t1" });
    expect(effects).toEqual([]);
    expect(visit(cut, { on: "wait-resumed" })).toEqual([waiting, []]);
  });

  it("knocks again when the line to the waiting room is cut, until the server answers", () => {
    const [lost, effects] = through(
      { on: "door-opened", door },
      { on: "asked" },
      { on: "answered", answer: ticket },
      { on: "wait-lost" },
    );
    expect(lost).toMatchObject({ at: "waiting", lost: true });
    expect(effects).toContainEqual({ do: "ask", after: KNOCK_AGAIN });

    expect(visit(lost, { on: "ask-failed", code: "offline" })[1]).toEqual([
      { do: "ask", after: KNOCK_AGAIN },
    ]);
    expect(visit(lost, { on: "ask-failed", code: "not_found" })[0]).toMatchObject({
      at: "after",
      why: "ended",
    });
    expect(visit(lost, { on: "answered", answer: { state: "waiting", ticket: "t2" } })[0]).toMatchObject({
      ticket: "t2",
      lost: false,
    });
  });

  it("says in pre-join why one may not enter", () => {
    const [state] = through(
      { on: "door-opened", door },
      { on: "asked" },
      { on: "ask-failed", code: "meeting_locked" },
    );

    expect(state).toEqual({ at: "prejoin", door, asking: false, error: "meeting_locked" });
  });

  it("forgets the admission to a closed session, and keeps it for who left or was removed", () => {
    const inside: VisitState = { at: "inside", door };

    expect(visit(inside, { on: "departed", why: "ended" })[1]).toContainEqual({ do: "forget" });
    expect(visit(inside, { on: "departed", why: "left" })[1]).not.toContainEqual({ do: "forget" });
    expect(visit(inside, { on: "departed", why: "removed" })[1]).not.toContainEqual({ do: "forget" });
  });

  it("ignores what comes too late", () => {
    const inside: VisitState = { at: "inside", door };

    expect(visit(inside, { on: "refused" })).toEqual([inside, []]);
    expect(visit(inside, { on: "wait-lost" })).toEqual([inside, []]);
    expect(visit(inside, { on: "answered", answer: ticket })).toEqual([inside, []]);
  });
});

const door: MeetingDoor = {
  code: "abc-defg-hij",
  title: "Point",
  waiting_room: true,
  locked: false,
  in_session: true,
  is_host: false,
  needs_name: true,
  waits: true,
  dial_in: null,
  marking: {
    level: "public",
    label: { fr: "Public", en: "Public" },
    audience: { fr: "", en: "" },
    link: true,
    accounts: true,
    guests: true,
    phones: true,
    recording: true,
    title: true,
  },
};
const ticket = { state: "waiting", ticket: "t1" } as const;
const admission: Admission = {
  state: "admitted",
  url: "ws://localhost",
  token: "t",
  identity: "i",
  name: "n",
  is_host: false,
  moved: false,
};

function through(...inputs: VisitInput[]) {
  return inputs.reduce<ReturnType<typeof visit>>(([state], input) => visit(state, input), [...atTheDoor]);
}
