//! Which clocks somebody lives by. Pure.

import type { Hours } from "../../api/accounts";
import { hourAt } from "../phone/time";

/** Those of the post and the capital, and before them that of the device if it shows another time: people travel. */
export function clocksOf(known: readonly Hours[], own: string, now: Date): Hours[] {
  const reads = (zone: string) => hourAt(zone, "en-GB", now);
  const isKnown = known.some(({ time_zone: zone }) => reads(zone) === reads(own));
  const place = own.slice(own.lastIndexOf("/") + 1).replaceAll("_", " ");
  return (isKnown ? [...known] : [{ place, time_zone: own }, ...known]).slice(0, MOST);
}

const MOST = 2;
