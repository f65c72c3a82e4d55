//! Where tiles lie when some are large and the others in a strip: beside them, or below on phones. Pure geometry, in pixels.

import { gridShape } from "./seating";

export interface Rect {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** What is to be shown: how many large, how many small, and whether a line is said below. */
export interface Scene {
  large: number;
  small: number;
  note: boolean;
}

export interface Arrangement {
  large: readonly Rect[];
  small: readonly Rect[];
  note: Rect;
}

/** How many small tiles there is room for on a stage of this size. */
export function roomFor(width: number, height: number): number {
  if (isNarrow(width)) return 6;
  return Math.max(1, Math.floor((height - NOTE) / (SMALL_HEIGHT + GAP)));
}

/** Whether a stage is as narrow as phones are. */
export const isNarrow = (width: number): boolean => width < 640;

export function arrange(width: number, height: number, scene: Scene): Arrangement {
  const stage: Rect = { left: EDGE, top: EDGE, width: width - 2 * EDGE, height: height - 2 * EDGE };
  if (isNarrow(width)) return below(stage, scene);
  return scene.small === 0 ? alone(stage, scene) : beside(stage, scene);
}

function beside(stage: Rect, { large, small }: Scene): Arrangement {
  const left = stage.left + stage.width - SMALL_WIDTH;
  const at = (index: number): Rect => ({
    left,
    top: stage.top + index * (SMALL_HEIGHT + GAP),
    width: SMALL_WIDTH,
    height: SMALL_HEIGHT,
  });
  return {
    large: cells({ ...stage, width: stage.width - SMALL_WIDTH - STRIP_GAP }, large),
    small: Array.from({ length: small }, (_, index) => at(index)),
    note: { ...at(small), height: NOTE },
  };
}

function alone(stage: Rect, { large, note }: Scene): Arrangement {
  const height = stage.height - (note ? NOTE : 0);
  return {
    large: cells({ ...stage, height }, large),
    small: [],
    note: { ...stage, top: stage.top + height, height: NOTE },
  };
}

/** Phones: the large ones on top, half as high again as a row of two small ones; more than one get more. */
function below(stage: Rect, { large, small, note }: Scene): Arrangement {
  const rows = Math.ceil(small / 2);
  const weight = large > 1 ? 2.6 : 1.6;
  const free = stage.height - (note ? NOTE : 0) - rows * GAP;
  const row = free / (weight + rows);
  const top = stage.top + weight * row + GAP;
  const width = (stage.width - GAP) / 2;
  return {
    large: cells({ ...stage, height: weight * row }, large),
    small: Array.from({ length: small }, (_, index) => ({
      left: stage.left + (index % 2) * (width + GAP),
      top: top + Math.floor(index / 2) * (row + GAP),
      width,
      height: row,
    })),
    note: { ...stage, top: stage.top + stage.height - NOTE, height: NOTE },
  };
}

/** Divides a rectangle into so many, in which faces are seen largest; a last row that is not full is centred. */
function cells(within: Rect, count: number): Rect[] {
  const { columns, rows } = gridShape(count, within.width, within.height);
  const width = (within.width - (columns - 1) * GAP) / columns;
  const height = (within.height - (rows - 1) * GAP) / rows;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const indent = ((columns - inRow) * (width + GAP)) / 2;
    return {
      left: within.left + indent + (index % columns) * (width + GAP),
      top: within.top + row * (height + GAP),
      width,
      height,
    };
  });
}

/** Room for the ring of the outer tiles. */
const EDGE = 5;
const GAP = 8;
const STRIP_GAP = 14;
const SMALL_WIDTH = 232;
const SMALL_HEIGHT = (SMALL_WIDTH * 9) / 16;
/** What a line takes. */
const NOTE = 44;
