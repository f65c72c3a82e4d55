import { expect, test } from "vitest";
import { EVERYBODY, recipientOf } from "./recipients";

const people = [{ identity: "x", name: "Mme X" }];

test("a message is for everybody until somebody is chosen", () => {
  expect(recipientOf(people, EVERYBODY)).toEqual({ is: "everybody" });
  expect(recipientOf(people, people[0])).toEqual({ is: "one", person: people[0] });
});

test("what was meant for one person never goes to everybody because that person has left", () => {
  expect(recipientOf([], people[0])).toEqual({ is: "gone", person: people[0] });
});
