import { expect, test } from "vitest";
import type { Attendee } from "../../api/attendance";
import { byParty } from "./parties";

const sat = (name: string, party: string | null) => ({ name, party }) as Attendee;

test("delegations follow each other in their order, and those who sat for none come last", () => {
  const people = [sat("a", "Bénin"), sat("guest", null), sat("b", "Inde"), sat("c", "Bénin")];

  const told = byParty(people).map(({ party, people: its }) => [party, its.map(({ name }) => name)]);

  expect(told).toEqual([
    ["Bénin", ["a", "c"]],
    ["Inde", ["b"]],
    ["", ["guest"]],
  ]);
});
