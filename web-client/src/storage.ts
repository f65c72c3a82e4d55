//! What the browser remembers of us between visits. A browser that remembers nothing is not an error.

/** Reads a remembered value. */
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`palabre.${key}`);
  } catch {
    return null;
  }
}

/** Remembers a value on this device. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`palabre.${key}`, value);
  } catch {
    // Private windows may refuse; the value then lives as long as the page.
  }
}

/** Reads a value of this tab only. */
export function recallForTab(key: string): string | null {
  try {
    return sessionStorage.getItem(`palabre.${key}`);
  } catch {
    return null;
  }
}

/** Keeps a value as long as this tab lives; `null` forgets it. */
export function rememberForTab(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(`palabre.${key}`);
    else sessionStorage.setItem(`palabre.${key}`, value);
  } catch {
    // As above.
  }
}
