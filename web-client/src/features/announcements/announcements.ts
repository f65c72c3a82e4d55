//! What a screen reader says of what happens in session: what eyes see, and not every joiner unless one wishes. Pure.
//! Who knocks, and the line that is cut and back, are said by their own places on the screen.

/** What one wishes to be told. That somebody is given the floor is always said. */
export interface Wishes {
  arrivals: boolean;
  hands: boolean;
  messages: boolean;
}

export const firstWishes: Wishes = { arrivals: false, hands: true, messages: true };

/** What of a session can be announced. */
export interface Scene {
  people: readonly { identity: string; name: string; isSelf: boolean; hand: string }[];
  /** The identity of who has the floor. */
  holder: string | undefined;
  messages: readonly { id: string; name: string; own: boolean; onlyFor?: string }[];
  /** Whether the messages are open before one: they are a log that is read by itself. */
  reading: boolean;
}

export type Announcement =
  | { says: "arrived" | "left" | "hand" | "floor" | "message" | "private"; name: string }
  | { says: "many-arrived" | "many-left" | "many-messages"; count: number };

/** What is to be said of a change, in the order of its weight. */
export function announced(before: Scene, now: Scene, wishes: Wishes): Announcement[] {
  return [
    ...floor(before, now),
    ...(wishes.hands ? hands(before, now) : []),
    ...(wishes.messages && !now.reading ? messages(before, now) : []),
    ...(wishes.arrivals ? [...moved(before, now, "arrived"), ...moved(now, before, "left")] : []),
  ];
}

function floor(before: Scene, now: Scene): Announcement[] {
  const holder = now.people.find(({ identity }) => identity === now.holder);
  // Who gets it is told so anyway.
  return holder && !holder.isSelf && now.holder !== before.holder
    ? [{ says: "floor", name: holder.name }]
    : [];
}

function hands(before: Scene, now: Scene): Announcement[] {
  return now.people
    .filter(({ isSelf, hand, identity }) => {
      const was = before.people.find((person) => person.identity === identity);
      return !isSelf && hand !== "" && (was?.hand ?? "") === "";
    })
    .map(({ name }) => ({ says: "hand", name }));
}

function messages(before: Scene, now: Scene): Announcement[] {
  const known = new Set(before.messages.map(({ id }) => id));
  const news = now.messages.filter(({ id, own }) => !own && !known.has(id));
  const [first, ...others] = news;
  if (!first) return [];
  if (others.length > 0) return [{ says: "many-messages", count: news.length }];
  return [{ says: first.onlyFor === undefined ? "message" : "private", name: first.name }];
}

/** Who is in one scene and was not in another. */
function moved(from: Scene, to: Scene, says: "arrived" | "left"): Announcement[] {
  const there = new Set(from.people.map(({ identity }) => identity));
  const news = to.people.filter(({ identity, isSelf }) => !isSelf && !there.has(identity));
  if (news.length > MOST_BY_NAME) return [{ says: `many-${says}`, count: news.length }];
  return news.map(({ name }) => ({ says, name }));
}

const MOST_BY_NAME = 3;
