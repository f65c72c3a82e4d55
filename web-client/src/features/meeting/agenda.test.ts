import { expect, test } from "vitest";
import { agendaOf, pointOf } from "./agenda";

const points = [
  { title: "Ouverture", minutes: 15 },
  { title: "Visas", minutes: 30 },
];

test("the agenda is what the room's metadata says of it", () => {
  const agenda = agendaOf(
    JSON.stringify({ floor: null, agenda: { points, current: 2, since: "2026-11-29T10:00:00Z" } }),
  );
  expect(agenda).toEqual({ points, current: 2, since: Date.parse("2026-11-29T10:00:00Z") });
  expect(pointOf(agenda)?.title).toBe("Visas");
});

test("before the first point none is under discussion", () => {
  const agenda = agendaOf(JSON.stringify({ agenda: { points, current: null, since: null } }));
  expect(agenda?.current).toBe(0);
  expect(pointOf(agenda)).toBeUndefined();
});

test("where there is no agenda there is none, whatever else the metadata says", () => {
  for (const metadata of [
    undefined,
    "",
    "{}",
    '{"agenda":null}',
    '{"agenda":{"points":[]}}',
    "not json",
    '"text"',
  ])
    expect(agendaOf(metadata)).toBeUndefined();
});
