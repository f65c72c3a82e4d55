import { describe, expect, test } from "vitest";
import { arrange, roomFor, type Arrangement, type Rect } from "./arrangement";

describe("beside", () => {
  test("one is as large as the strip lets it be", () => {
    const { large, small } = arrange(1_280, 720, { large: 1, small: 2, note: false });

    expect(large).toEqual([{ left: 5, top: 5, width: 1_024, height: 710 }]);
    expect(small.map(({ left, top }) => [left, top])).toEqual([
      [1_043, 5],
      [1_043, 143.5],
    ]);
  });

  test("several share the place, and the last of an odd number is in the middle", () => {
    const [first, second, third] = arrange(1_280, 720, { large: 3, small: 2, note: false }).large;

    expect(second?.top).toBe(first?.top);
    expect(third?.top).toBeGreaterThan(first?.top ?? 0);
    const middle = ({ left, width }: Rect) => left + width / 2;
    expect(middle(third as Rect)).toBeCloseTo(5 + 1_024 / 2);
  });

  test("nobody beside leaves the whole stage", () => {
    const { large, note } = arrange(1_280, 720, { large: 1, small: 0, note: true });

    expect(large).toEqual([{ left: 5, top: 5, width: 1_270, height: 666 }]);
    expect(note.top).toBe(671);
  });
});

test("nothing lies on anything else, whatever the stage and whoever is large", () => {
  for (const [width, height] of [
    [1_440, 800],
    [1_024, 600],
    [768, 900],
    [360, 560],
    [640, 320],
  ] as const) {
    for (const large of [1, 2, 3, 4]) {
      for (const small of [0, 1, 3, 6]) {
        const scene = { large, small: Math.min(small, roomFor(width, height)), note: true };
        const clashes = overlaps(arrange(width, height, scene));
        expect(clashes, `${width} × ${height}, ${JSON.stringify(scene)}`).toEqual([]);
      }
    }
  }
});

test("on a phone the large one lies across, and two small ones beside each other below", () => {
  const { large, small } = arrange(390, 640, { large: 1, small: 4, note: false });

  expect(large[0]?.width).toBe(380);
  expect(small[0]?.top).toBe(small[1]?.top);
  expect(small[0]?.top).toBeGreaterThan((large[0]?.top ?? 0) + (large[0]?.height ?? 0));
  expect(large[0]?.height).toBeGreaterThan(1.5 * (small[0]?.height ?? 0));
});

function overlaps({ large, small, note }: Arrangement): string[] {
  const all = [...large, ...small, note];
  return all.flatMap((a, index) =>
    all
      .slice(index + 1)
      .filter(
        (b) =>
          a.left < b.left + b.width - 0.1 &&
          b.left < a.left + a.width - 0.1 &&
          a.top < b.top + b.height - 0.1 &&
          b.top < a.top + a.height - 0.1,
      )
      .map((b) => JSON.stringify([a, b])),
  );
}
