//! The floor as the room shows it, and the order of those who want it. Pure.

/** What a hand is raised for. A point of order goes before a right of reply, and that before the others. */
export type Gesture = "order" | "reply" | "floor";

export const gestures: readonly Gesture[] = ["order", "reply", "floor"];

/** How long somebody has spoken: a party, or a person who sits for none. */
export interface Spoken {
  who: string;
  seconds: number;
}

/** The floor of a meeting that is chaired. */
export interface Floor {
  /** The identity of who has it. */
  holder: string | undefined;
  /** Since when, in milliseconds since 1970. */
  since: number;
  /** How long one speech should be. */
  limitSeconds: number | undefined;
  /** Who is heard whoever has it, by identity. */
  standing: readonly string[];
  /** The longest first, without the speech under way. */
  spoken: readonly Spoken[];
}

/** The floor in a room's metadata; nothing where everybody may speak, or where we cannot read it. */
export function floorOf(metadata: string | undefined): Floor | undefined {
  if (metadata === undefined || metadata === "") return undefined;
  try {
    const { floor } = JSON.parse(metadata) as { floor?: Shown | null };
    if (!floor) return undefined;
    return {
      holder: floor.holder ?? undefined,
      since: Date.parse(floor.since ?? "") || 0,
      limitSeconds: floor.limit_seconds ?? undefined,
      standing: floor.standing ?? [],
      spoken: (floor.spoken ?? []).map(({ party, name, seconds }) => ({
        who: party ?? name ?? "",
        seconds,
      })),
    };
  } catch {
    return undefined;
  }
}

/** As the server writes it. */
interface Shown {
  holder?: string | null;
  since?: string | null;
  limit_seconds?: number | null;
  standing?: string[];
  spoken?: { party?: string; name?: string; seconds: number }[];
}

/** What a raised hand means; one without a word asks for the floor, as a telephone's does. */
export function gestureOf(attribute: string | undefined): Gesture {
  return gestures.find((gesture) => gesture === attribute) ?? "floor";
}

/** Those who want to speak, by what they want it for, then by who asked first. */
export function inTurn<P extends { hand: string; gesture: Gesture }>(people: readonly P[]): P[] {
  const rank = ({ gesture }: P) => gestures.indexOf(gesture);
  return people
    .filter(({ hand }) => hand !== "")
    .sort((a, b) => rank(a) - rank(b) || (a.hand < b.hand ? -1 : a.hand > b.hand ? 1 : 0));
}
