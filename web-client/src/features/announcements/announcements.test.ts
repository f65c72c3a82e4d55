import { expect, test } from "vitest";
import { announced, firstWishes, type Scene, type Wishes } from "./announcements";

const person = (identity: string, hand = "") => ({
  identity,
  name: identity.toUpperCase(),
  isSelf: identity === "self",
  hand,
});
const scene = (change: Partial<Scene> = {}): Scene => ({
  people: [person("self"), person("a")],
  holder: undefined,
  messages: [],
  reading: false,
  ...change,
});
const all: Wishes = { arrivals: true, hands: true, messages: true };
const none: Wishes = { arrivals: false, hands: false, messages: false };
const message = (id: string, change: object = {}) => ({ id, name: "A", own: false, ...change });

test("that somebody has the floor is always said, but not to whoever has it", () => {
  expect(announced(scene(), scene({ holder: "a" }), none)).toEqual([{ says: "floor", name: "A" }]);
  expect(announced(scene({ holder: "a" }), scene({ holder: "a" }), none)).toEqual([]);
  expect(announced(scene(), scene({ holder: "self" }), none)).toEqual([]);
});

test("a raised hand is said once, and one's own is not", () => {
  const raised = scene({ people: [person("self", "t"), person("a", "t")] });
  expect(announced(scene(), raised, firstWishes)).toEqual([{ says: "hand", name: "A" }]);
  expect(announced(raised, raised, firstWishes)).toEqual([]);
  expect(announced(scene(), raised, none)).toEqual([]);
});

test("messages of others are said with whom they come from, and counted when there are several", () => {
  const said = (...messages: Scene["messages"]) => announced(scene(), scene({ messages }), firstWishes);
  expect(said(message("1"))).toEqual([{ says: "message", name: "A" }]);
  expect(said(message("1", { onlyFor: "" }))).toEqual([{ says: "private", name: "A" }]);
  expect(said(message("1"), message("2"))).toEqual([{ says: "many-messages", count: 2 }]);
  expect(said(message("1", { own: true }))).toEqual([]);
  expect(announced(scene(), scene({ messages: [message("1")], reading: true }), all)).toEqual([]);
});

test("who comes and goes is said only if one wishes, and many are counted", () => {
  const more = scene({ people: [person("self"), person("a"), person("b")] });
  expect(announced(scene(), more, firstWishes)).toEqual([]);
  expect(announced(scene(), more, all)).toEqual([{ says: "arrived", name: "B" }]);
  expect(announced(more, scene(), all)).toEqual([{ says: "left", name: "B" }]);
  const crowd = scene({ people: ["self", "a", "b", "c", "d", "e"].map((identity) => person(identity)) });
  expect(announced(scene(), crowd, all)).toEqual([{ says: "many-arrived", count: 4 }]);
});
