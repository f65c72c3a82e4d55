import { describe, expect, it } from "vitest";
import type { Knock } from "../../api/meetings";
import { byParty } from "./knocks";

describe("those who wait", () => {
  it("stand by delegation, in the order in which these have come, and strangers last", () => {
    const waiting = [knock("s"), knock("i", 2), knock("b", 1), knock("j", 2)];

    const groups = byParty(waiting).map(({ id, knocks }) => [id, knocks.map(({ ticket }) => ticket)]);

    expect(groups).toEqual([
      [2, ["i", "j"]],
      [1, ["b"]],
      [undefined, ["s"]],
    ]);
  });

  it("are two delegations though these have the same name", () => {
    expect(byParty([knock("a", 1, "Observateurs"), knock("b", 2, "Observateurs")])).toHaveLength(2);
  });

  it("belong to no delegation when the plan does not know it any more", () => {
    expect(byParty([{ ...knock("a"), party: "Inde" }])[0]?.party).toBeUndefined();
  });
});

function knock(ticket: string, party?: number, name = "Inde"): Knock {
  return {
    ticket,
    name: ticket,
    since: "",
    phone: null,
    party: party === undefined ? null : name,
    party_id: party ?? null,
    country: null,
    title: null,
  };
}
