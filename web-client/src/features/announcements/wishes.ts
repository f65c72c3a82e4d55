//! What one wishes to be told, kept on this device.

import { useSyncExternalStore } from "react";
import { recall, remember } from "../../storage";
import { firstWishes, type Wishes } from "./announcements";

let wishes = recalled();
const listeners = new Set<() => void>();

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** The wishes, and how to change one. */
export function useWishes(): [Wishes, (change: Partial<Wishes>) => void] {
  return [useSyncExternalStore(subscribe, () => wishes), change];
}

function change(part: Partial<Wishes>): void {
  wishes = { ...wishes, ...part };
  remember("announcements", kinds.filter((kind) => wishes[kind]).join(" "));
  for (const listener of listeners) listener();
}

function recalled(): Wishes {
  const kept = recall("announcements")?.split(" ");
  if (!kept) return firstWishes;
  return {
    arrivals: kept.includes("arrivals"),
    hands: kept.includes("hands"),
    messages: kept.includes("messages"),
  };
}

/** What can be wished, in the order in which it is offered. */
export const kinds = ["arrivals", "hands", "messages"] as const;
