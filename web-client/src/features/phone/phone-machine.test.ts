import { describe, expect, it } from "vitest";
import type { Call, WholeState } from "../../api/calls";
import { phone, type PhoneInput } from "./phone-machine";
import { alerts, elsewhere, held, onTheHook, ringing, type PhoneState } from "./phone-state";

const incoming: Call = {
  id: "1-7",
  direction: "in",
  state: "ringing",
  number: "1002",
  name: "Chef du protocole",
  post_name: "Ministère",
  time_zone: "Africa/Porto-Novo",
  dialled: "2204",
  room: "call-a",
  meeting: null,
  held: false,
  held_by_other: false,
  in_browser: true,
  mailbox: false,
  since: "2026-11-24T13:00:00Z",
  answered: null,
  cause: null,
  transfer_failed: null,
};
const outgoing: Call = { ...incoming, id: "1-8", direction: "out", state: "calling", room: "call-b" };
const whole: WholeState = { extension: null, do_not_disturb: false, calls: [], missed: 0, messages: 0 };

const after = (...inputs: PhoneInput[]) =>
  inputs.reduce<ReturnType<typeof phone>>(([state], input) => phone(state, input), [onTheHook, []]);

describe("calls that come in", () => {
  it("ring in every page until one is answered here", () => {
    const [rings] = after({ on: "whole", whole }, { on: "call", call: incoming });
    expect(ringing(rings)).toEqual([incoming]);

    const [answered] = phone(rings, { on: "here", id: incoming.id });
    expect(ringing(answered)).toEqual([]);
    expect(held(answered)).toEqual([incoming]);
  });

  it("stop ringing here when they are answered in another page", () => {
    const [state, effects] = after(
      { on: "call", call: incoming },
      { on: "call", call: { ...incoming, state: "talking" } },
    );

    expect(ringing(state)).toEqual([]);
    expect(elsewhere(state).map(({ id }) => id)).toEqual([incoming.id]);
    expect(effects).toEqual([]);
  });

  it("are forgotten when the caller gives up", () => {
    const [state] = after(
      { on: "call", call: incoming },
      { on: "call", call: { ...incoming, state: "ended", cause: "cancelled" } },
    );

    expect(state.calls).toEqual([]);
    expect(state.over).toBeUndefined();
  });
});

describe("the call of this page", () => {
  const placed = () =>
    after({ on: "whole", whole }, { on: "call", call: outgoing }, { on: "here", id: outgoing.id })[0];

  it("makes the tone only while the other side is alerted", () => {
    const state = placed();
    expect(alerts(state)).toBe(false);
    const [rings] = phone(state, { on: "call", call: { ...outgoing, state: "ringing" } });
    expect(alerts(rings)).toBe(true);
    const [talks] = phone(rings, { on: "call", call: { ...outgoing, state: "talking" } });
    expect(alerts(talks)).toBe(false);
  });

  it("says how it ended, and leaves its room", () => {
    const over: Call = { ...outgoing, state: "ended", cause: "no-answer" };
    const [state, effects] = phone(placed(), { on: "call", call: over });

    expect(state.over).toEqual(over);
    expect(effects).toEqual([{ do: "leave", room: "call-b" }]);
    expect(phone(state, { on: "put-away" })[0].over).toBeUndefined();
  });

  it("keeps its room while a third is still in it", () => {
    const third: Call = { ...outgoing, id: "1-9" };
    let [state] = phone(placed(), { on: "call", call: third });
    [state] = phone(state, { on: "here", id: third.id });

    const [still, effects] = phone(state, {
      on: "call",
      call: { ...outgoing, state: "ended", cause: "other-hung-up" },
    });

    expect(effects).toEqual([]);
    expect(held(still).map(({ id }) => id)).toEqual(["1-9"]);
    expect(still.over).toBeUndefined();
  });

  it("follows when the call goes on in another room", () => {
    const moved = { ...outgoing, state: "talking" as const, room: "call-c" };
    expect(phone(placed(), { on: "call", call: moved })[1]).toEqual([{ do: "follow", call: moved }]);

    const into = { ...moved, room: "abc-defg-hij", meeting: "abc-defg-hij" };
    const [state, effects] = phone(placed(), { on: "call", call: into });
    expect(effects).toEqual([{ do: "enter-meeting", code: "abc-defg-hij" }]);
    expect(state.here).toEqual([]);
  });

  it("is over when the office does not know it any more", () => {
    const [state, effects] = phone(placed(), { on: "whole", whole });

    expect(state.calls).toEqual([]);
    expect(state.over?.cause).toBe("lost");
    expect(effects).toEqual([{ do: "leave", room: "call-b" }]);
  });
});

describe("a call out of a meeting", () => {
  const out: Call = { ...outgoing, room: "abc-defg-hij", meeting: "abc-defg-hij" };

  it("is remembered when nobody took it, until the next one", () => {
    const over: Call = { ...out, state: "ended", cause: "busy" };
    const [state] = after({ on: "call", call: out }, { on: "call", call: over });
    expect(state.unanswered).toEqual(over);
    expect(state.over).toBeUndefined();

    expect(phone(state, { on: "call", call: { ...out, id: "1-10" } })[0].unanswered).toBeUndefined();
  });

  it("is nobody's call elsewhere", () => {
    expect(elsewhere(after({ on: "call", call: out })[0])).toEqual([]);
  });
});

describe("the line to the office", () => {
  it("is asked everything again after it was lost", () => {
    const lost: PhoneState = after({ on: "whole", whole }, { on: "lost" })[0];
    expect(lost.line).toBe("lost");

    const [back] = phone(lost, { on: "whole", whole: { ...whole, missed: 2, messages: 3 } });

    expect([back.line, back.missed, back.messages, back.stale, back.written]).toEqual(["open", 2, 3, 1, 1]);
  });

  it("brings words about others one by one, or the advice to ask", () => {
    const [state] = after(
      { on: "presence", numbers: { "201": "in_call" } },
      { on: "presence", numbers: { "202": "offline" } },
    );
    expect(state.presence).toEqual({ "201": "in_call", "202": "offline" });
    expect(phone(state, { on: "all-presence" })[0]).toMatchObject({ presence: {}, stale: 1 });
  });
});
