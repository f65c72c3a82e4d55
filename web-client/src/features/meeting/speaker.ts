//! Who is large: whoever speaks, but not whoever coughs. Pure; time comes in with each look.

/** What is remembered from one look to the next. */
export interface Spotlight {
  /** Who is large by having spoken. */
  on: string | undefined;
  /** Since when. */
  since: number;
  /** Who speaks now, and since when; a breath does not interrupt them. */
  voices: readonly Voice[];
}

interface Voice {
  identity: string;
  began: number;
  /** When they fell silent, if they have. */
  ended: number | undefined;
}

/** Nobody has spoken yet. */
export const dark: Spotlight = { on: undefined, since: 0, voices: [] };

/** How long somebody must speak before the light comes to them. */
export const STEADY = 1_200;
/** A pause as one makes between words. */
export const BREATH = 600;
/** How long the light stays at least, so that it does not swing between two who talk at once. */
export const STAY = 3_000;

/** Takes note of who is heard at `now`; whoever is not `present` any more loses the light. */
export function follow(
  before: Spotlight,
  speaking: readonly string[],
  present: readonly string[],
  now: number,
): Spotlight {
  const voices = voicesAt(before.voices, speaking, now).filter(({ identity }) => present.includes(identity));
  const on = before.on !== undefined && present.includes(before.on) ? before.on : undefined;

  // The first word of a meeting, or after the speaker has left, needs no waiting.
  if (on === undefined) {
    const first = speaking.find((identity) => present.includes(identity));
    return { on: first, since: first === undefined ? 0 : now, voices };
  }
  // Who has the light keeps it as long as they speak; thereafter until somebody else really does.
  const holds = voices.some(({ identity }) => identity === on);
  const next = voices.find(
    ({ identity, began, ended }) => identity !== on && ended === undefined && now >= began + STEADY,
  );
  if (holds || next === undefined || now < before.since + STAY) return { on, since: before.since, voices };
  return { on: next.identity, since: now, voices };
}

/** When to look again, if nobody begins or ends before. */
export function lookAgainAt({ on, since, voices }: Spotlight): number | undefined {
  const others = voices.filter(({ identity, ended }) => identity !== on && ended === undefined);
  if (on === undefined || others.length === 0) return undefined;
  const holder = voices.find(({ identity }) => identity === on);
  if (holder !== undefined && holder.ended === undefined) return undefined;
  const free = holder?.ended === undefined ? 0 : holder.ended + BREATH;
  return Math.max(since + STAY, free, Math.min(...others.map(({ began }) => began + STEADY)));
}

function voicesAt(before: readonly Voice[], speaking: readonly string[], now: number): Voice[] {
  const still = before
    .map((voice) => ({
      ...voice,
      ended: speaking.includes(voice.identity) ? undefined : (voice.ended ?? now),
    }))
    .filter(({ ended }) => ended === undefined || now < ended + BREATH);
  const fresh = speaking
    .filter((identity) => !still.some((voice) => voice.identity === identity))
    .map((identity) => ({ identity, began: now, ended: undefined }));
  return [...still, ...fresh];
}

/** What choosing the large one needs to know of a person. */
export interface Candidate {
  identity: string;
  isSelf: boolean;
}

/** As many can be kept large at a time: somebody, an interpreter in sign language, and two more. */
export const MOST_PINNED = 4;

/** Keeps somebody large from now on, or no longer; whoever has been for longest gives way. */
export function pin(pinned: readonly string[], identity: string): readonly string[] {
  if (pinned.includes(identity)) return pinned.filter((one) => one !== identity);
  return [...pinned, identity].slice(-MOST_PINNED);
}

/** Who is large: all that are pinned, or else who has the floor, then who speaks, then the first; oneself only when alone. */
export function largesOf<P extends Candidate>(
  people: readonly P[],
  pinned: readonly string[],
  ...wishes: readonly (string | undefined)[]
): readonly P[] {
  const others = people.filter(({ isSelf }) => !isSelf);
  const kept = others.filter(({ identity }) => pinned.includes(identity));
  if (kept.length > 0) return kept;
  const wished = wishes.map((wish) => others.find(({ identity }) => identity === wish));
  return [wished.find((one) => one !== undefined) ?? others[0] ?? people[0]].filter(
    (one) => one !== undefined,
  );
}

/** Who is in the strip: the others in their order, as many as there is room for, and among them oneself. */
export function stripOf<P extends Candidate>(
  people: readonly P[],
  large: readonly P[],
  room: number,
): readonly P[] {
  const rest = people.filter((person) => !large.includes(person));
  const shown = rest.slice(0, room);
  const self = rest.find(({ isSelf }) => isSelf);
  if (self === undefined || shown.includes(self) || room < 1) return shown;
  return [...shown.slice(0, room - 1), self];
}
