//! Who sits where at the table of two delegations: the same on every screen, whoever came first. Pure.

/** A seat that a meeting has for somebody, as the token says it. */
export interface Place {
  /** The party's name. */
  party: string;
  /** ISO 3166, or empty. */
  country: string;
  /** The party's place in the order of precedence, counted from 1. */
  rank: number;
  /** The seat's place in its party, counted from 1. */
  seat: number;
  /** The function in which somebody sits there, or empty. */
  title: string;
  isHead: boolean;
}

/** The place in a participant's attributes; nothing for who has none. */
export function placeOf(attributes: Readonly<Record<string, string>>): Place | undefined {
  const [rank = 0, seat = 0] = (attributes["palabre.place"] ?? "").split(".").map(Number);
  const party = attributes["palabre.party"] ?? "";
  if (party === "" || !(rank > 0) || !(seat > 0)) return undefined;
  return {
    party,
    country: attributes["palabre.country"] ?? "",
    rank,
    seat,
    title: attributes["palabre.title"] ?? "",
    isHead: attributes["palabre.head"] === "yes",
  };
}

/** What seating needs to know of a person. */
export interface Placed {
  identity: string;
  isSelf: boolean;
  place: Place | undefined;
}

/** The order of protocol: parties by precedence, heads first, then seats; whoever has no place comes after. */
export function byProtocol(a: Placed, b: Placed): number {
  if (!a.place || !b.place) return Number(!a.place) - Number(!b.place);
  return (
    a.place.rank - b.place.rank ||
    Number(b.place.isHead) - Number(a.place.isHead) ||
    a.place.seat - b.place.seat
  );
}

/** One delegation, its head first. */
export interface Side<P> {
  party: string;
  country: string;
  people: readonly P[];
}

export interface Table<P> {
  far: Side<P>;
  /** The own delegation, for who has one. */
  near: Side<P>;
  /** Those who sit for neither: the third party, observers, guests. */
  others: readonly P[];
}

/** The table, where two delegations are there; with fewer or more there is none. */
export function tableOf<P extends Placed>(people: readonly P[]): Table<P> | undefined {
  const placed = [...people].sort(byProtocol);
  const ranks = [...new Set(placed.flatMap(({ place }) => place?.rank ?? []))];
  const [first, second] = ranks;
  if (first === undefined || second === undefined || ranks.length > 2) return undefined;

  const side = (rank: number): Side<P> => {
    const its = placed.filter(({ place }) => place?.rank === rank);
    return { party: its[0]?.place?.party ?? "", country: its[0]?.place?.country ?? "", people: its };
  };
  const own = people.find(({ isSelf }) => isSelf)?.place?.rank ?? first;
  return {
    far: side(own === first ? second : first),
    near: side(own === first ? first : second),
    others: placed.filter(({ place }) => !place),
  };
}

/** A page of one side: its first in the middle of four others, who sit by rank to the right and left of them in turn. */
export function rowOf<P>(people: readonly P[], page: number): readonly P[] {
  const [head, ...rest] = people;
  if (head === undefined) return [];
  const beside = rest.slice((page - 1) * BESIDE, page * BESIDE);
  const left = beside.filter((_, index) => index % 2 === 0).reverse();
  const right = beside.filter((_, index) => index % 2 === 1);
  return [...left, head, ...right];
}

/** How many pages the longer side needs. */
export const pagesOf = (table: Table<unknown>) =>
  Math.max(1, ...[table.far, table.near].map(({ people }) => Math.ceil((people.length - 1) / BESIDE)));

const BESIDE = 4;
