import { useEffect } from "react";

/** Does something again and again while somebody looks at the page. */
export function useEvery(milliseconds: number, what: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") what();
    }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds, what]);
}
