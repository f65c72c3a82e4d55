import { expect, test } from "vitest";
import { layoutOf, layoutsFor } from "./layout";

test("delegations meet at the table until somebody wants it otherwise", () => {
  expect(layoutOf(undefined, true, false)).toBe("table");
  expect(layoutOf(undefined, true, true)).toBe("table");
  expect(layoutOf("grid", true, false)).toBe("grid");
  expect(layoutOf("speaker", true, false)).toBe("speaker");
});

test("without a table there is none to choose, and a narrow screen shows the speaker wide", () => {
  expect(layoutsFor(false)).toEqual(["grid", "speaker"]);
  expect(layoutOf("table", false, false)).toBe("grid");
  expect(layoutOf(undefined, false, true)).toBe("speaker");
  expect(layoutOf("grid", false, true)).toBe("grid");
});
