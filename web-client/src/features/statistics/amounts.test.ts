import { expect, test } from "vitest";
import { dataIn } from "./amounts";

test("data is told in as few figures as say enough", () => {
  const french = (bytes: number) => dataIn(bytes, "fr", { mega: "Mo", giga: "Go" });
  expect([0, 1_240_000, 48_000_000, 999_000_000, 1_200_000_000].map(french)).toEqual([
    "0,0\u00a0Mo",
    "1,2\u00a0Mo",
    "48\u00a0Mo",
    "999\u00a0Mo",
    "1,2\u00a0Go",
  ]);
});
