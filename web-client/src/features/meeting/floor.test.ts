import { expect, test } from "vitest";
import { floorOf, gestureOf, inTurn } from "./floor";

test("a point of order goes before a right of reply, and that before whoever asked first", () => {
  const ask = (name: string, hand: string, gesture?: string) => ({ name, hand, gesture: gestureOf(gesture) });
  const people = [
    ask("late", "2026-11-29T10:02:00Z", "floor"),
    ask("silent", ""),
    ask("first", "2026-11-29T10:00:00Z"),
    ask("reply", "2026-11-29T10:03:00Z", "reply"),
    ask("order", "2026-11-29T10:04:00Z", "order"),
    ask("unknown", "2026-11-29T10:01:00Z", "semaphore"),
  ];

  const names = inTurn(people).map(({ name }) => name);

  expect(names).toEqual(["order", "reply", "first", "unknown", "late"]);
});

test("the floor is what the room's metadata says of it", () => {
  const metadata = JSON.stringify({
    floor: {
      holder: "guest-1",
      since: "2026-11-29T10:00:00Z",
      limit_seconds: 300,
      standing: ["user-1"],
      spoken: [
        { party: "Inde", seconds: 65 },
        { name: "Awa", seconds: 3 },
      ],
    },
  });

  expect(floorOf(metadata)).toEqual({
    holder: "guest-1",
    since: Date.parse("2026-11-29T10:00:00Z"),
    limitSeconds: 300,
    standing: ["user-1"],
    spoken: [
      { who: "Inde", seconds: 65 },
      { who: "Awa", seconds: 3 },
    ],
  });
});

test("where everybody may speak there is no floor, whatever else the metadata says", () => {
  for (const metadata of [undefined, "", "{}", '{"floor":null}', "not json", '"text"'])
    expect(floorOf(metadata)).toBeUndefined();
});
