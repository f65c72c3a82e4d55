import { expect, test } from "vitest";
import { flags, HEIGHT, starPoints, WIDTH, type Mark } from "./flags";

const wanted =
  "BJ FR NG TG GH NE BF CI SN ML DE BE IT NL IE LU AT PL UA JP CH DK SE NO FI RU GA GN CM CG CD".split(" ");

test("the flags of those one meets are drawn", () => {
  expect(wanted.filter((code) => !flags.has(code))).toEqual([]);
});

test("codes are those of ISO 3166, and no two flags are the same", () => {
  for (const code of flags.keys()) expect(code).toMatch(/^[A-Z]{2}$/);
  const drawings = [...flags.values()].map((flag) => JSON.stringify(flag));
  expect(new Set(drawings).size).toBe(drawings.length);
});

test("every colour is one, and every mark lies on its cloth", () => {
  for (const [code, { stripes, marks }] of flags) {
    for (const [colour, width] of stripes) {
      expect(colour, code).toMatch(/^#[0-9a-f]{6}$/);
      expect(width, code).toBeGreaterThan(0);
    }
    for (const mark of marks) {
      expect(mark.is === "wheel" ? mark.stroke : mark.fill, code).toMatch(/^#[0-9a-f]{6}$/);
      for (const [x, y] of reachOf(mark)) {
        expect(x >= 0 && x <= WIDTH && y >= 0 && y <= HEIGHT, `${code}: ${mark.is} at ${x},${y}`).toBe(true);
      }
    }
  }
});

test("a star has five points, the first one up", () => {
  const points = starPoints(10, 10, 5).split(" ");
  expect(points).toHaveLength(10);
  expect(points[0]).toBe("10,5");
});

/** The outermost points of a mark. */
function reachOf(mark: Mark): [number, number][] {
  switch (mark.is) {
    case "rect":
      return [
        [mark.x, mark.y],
        [mark.x + mark.width, mark.y + mark.height],
      ];
    case "disc":
    case "star":
    case "wheel":
      return [
        [mark.x - mark.r, mark.y - mark.r],
        [mark.x + mark.r, mark.y + mark.r],
      ];
    case "shape":
      return mark.points.split(" ").map((point) => {
        const [x = Number.NaN, y = Number.NaN] = point.split(",").map(Number);
        return [x, y];
      });
    case "cross":
      return [[mark.width, mark.width]];
  }
}
