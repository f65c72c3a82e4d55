import { expect, test } from "vitest";
import { securityOf } from "./security";

test("guests, phones and those whose sound anybody on the way may hear are told apart", () => {
  const person = (name: string, role: "host" | "user" | "guest", phone?: { plain: boolean }) => ({
    name,
    role,
    phone,
  });
  const people = [
    person("host", "host"),
    person("user", "user"),
    person("guest", "guest"),
    person("desk phone", "user", { plain: false }),
    person("caller", "guest", { plain: true }),
  ];

  const { guests, phones, plain } = securityOf(people);

  const names = (some: readonly { name: string }[]) => some.map(({ name }) => name);
  expect([names(guests), names(phones), names(plain)]).toEqual([
    ["guest"],
    ["desk phone", "caller"],
    ["caller"],
  ]);
});
