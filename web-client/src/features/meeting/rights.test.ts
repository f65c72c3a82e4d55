import { expect, test } from "vitest";
import { rightsOf, seatRoleOf } from "./rights";

test("rights are read from the words of the server", () => {
  expect(rightsOf({ "palabre.rights": "directs heard priority" })).toEqual({
    directs: true,
    speaks: true,
    priority: true,
  });
  expect(rightsOf({ "palabre.rights": "listens" })).toEqual({
    directs: false,
    speaks: false,
    priority: false,
  });
  expect(rightsOf({})).toEqual({ directs: false, speaks: true, priority: true });
});

test("a role that is none of ours is none", () => {
  expect(seatRoleOf({ "palabre.seat_role": "chair" })).toBe("chair");
  expect(seatRoleOf({ "palabre.seat_role": "king" })).toBeUndefined();
});
