//! Whether this page is in a meeting, or on the way into one: nothing may come between then.

import { useEffect, useSyncExternalStore } from "react";

let meetings = 0;
const listeners = new Set<() => void>();

/** Says that one is in a meeting, as long as it is shown. */
export function useMeets(meets: boolean): void {
  useEffect(() => {
    if (!meets) return;
    change(1);
    return () => change(-1);
  }, [meets]);
}

/** Whether one is in a meeting. */
export const useIsMeeting = (): boolean => useSyncExternalStore(subscribe, () => meetings > 0);

function change(by: number): void {
  meetings += by;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
