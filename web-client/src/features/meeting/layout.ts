//! How the stage is arranged, and what somebody chose on this device. The choice itself is pure.

import { recall, remember } from "../../storage";

/** How the stage is arranged. */
export type Layout = "grid" | "table" | "speaker";

const layouts: readonly Layout[] = ["grid", "table", "speaker"];

/** What there is to choose from: a table stands only where two delegations are there. */
export const layoutsFor = (hasTable: boolean): readonly Layout[] =>
  layouts.filter((layout) => layout !== "table" || hasTable);

/** The chosen arrangement; else delegations meet at the table, and a narrow screen shows the speaker wide. */
export function layoutOf(chosen: Layout | undefined, hasTable: boolean, isNarrow: boolean): Layout {
  if (chosen !== undefined && layoutsFor(hasTable).includes(chosen)) return chosen;
  if (hasTable) return "table";
  return isNarrow ? "speaker" : "grid";
}

/** What was chosen on this device, if anything. */
export function recallLayout(): Layout | undefined {
  const kept = recall("layout");
  return layouts.find((layout) => layout === kept);
}

export const rememberLayout = (layout: Layout): void => remember("layout", layout);
