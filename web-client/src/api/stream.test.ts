import { expect, test } from "vitest";
import { eventOf } from "./stream";

test("an event is its name and its data, and what keeps the line alive is none", () => {
  expect(eventOf('event: knocks\ndata: {"knocks":[]}')).toEqual({ name: "knocks", data: '{"knocks":[]}' });
  expect(eventOf("data: {}\nevent:waiting")).toEqual({ name: "waiting", data: "{}" });
  expect(eventOf(":")).toBeUndefined();
});
