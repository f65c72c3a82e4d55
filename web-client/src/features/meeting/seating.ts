//! Who sits where: one order for all, pages of tiles, and the shape of the grid. Pure.

import { byProtocol, type Placed } from "./table";

/** What seating needs to know of a person. */
export interface Seated extends Placed {
  joinedAt: number;
}

/** The same order on every screen: by protocol, then by arrival and identity. The speaker is ringed, never moved. */
export function inOrder<P extends Seated>(people: readonly P[]): P[] {
  return [...people].sort(
    (a, b) => byProtocol(a, b) || a.joinedAt - b.joinedAt || (a.identity < b.identity ? -1 : 1),
  );
}

/** The same people under the flags of their parties, where there are several parties. */
export function withFlags<P extends Placed>(people: readonly P[]): (P & { flag: string })[] {
  const several = new Set(people.flatMap(({ place }) => place?.rank ?? [])).size > 1;
  return people.map((person) => ({ ...person, flag: several ? (person.place?.country ?? "") : "" }));
}

/** How many tiles a page holds: six where the stage is narrow, nine on laptops, twenty-five where a wall of them can be seen. */
export function tilesPerPage(width: number): number {
  if (width < 640) return 6;
  return width < 1_600 ? 9 : 25;
}

export interface Page<P> {
  people: readonly P[];
  /** Counted from 1. */
  number: number;
  of: number;
}

/** The asked page, or the last one when people left and it is gone. */
export function pageOf<P>(people: readonly P[], asked: number, perPage: number): Page<P> {
  const of = Math.max(1, Math.ceil(people.length / perPage));
  const number = Math.min(Math.max(1, asked), of);
  return { people: people.slice((number - 1) * perPage, number * perPage), number, of };
}

export interface GridShape {
  columns: number;
  rows: number;
}

/** The columns and rows in which faces are seen largest. */
export function gridShape(tiles: number, width: number, height: number): GridShape {
  let best: GridShape = { columns: 1, rows: Math.max(1, tiles) };
  let largest = 0;
  for (let columns = 1; columns <= tiles; columns += 1) {
    const rows = Math.ceil(tiles / columns);
    const seen = seenOf(width / columns, height / rows);
    if (seen > largest) {
      largest = seen;
      best = { columns, rows };
    }
  }
  return best;
}

/** How much of a tile shows a face: a camera gives 16:9, and cropping to more than 4:3 cuts people. */
function seenOf(width: number, height: number): number {
  return Math.min(width, (height * 16) / 9) * Math.min(height, (width * 3) / 4);
}
