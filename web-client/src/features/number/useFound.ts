import { useEffect, useState } from "react";
import { searchDirectory, type Entry } from "../../api/directory";

/** The first entries of the directory for what is being typed; the list follows when one pauses. */
export function useFound(typed: string, limit: number): readonly Entry[] {
  const [found, setFound] = useState<{ by: string; entries: readonly Entry[] }>({ by: "", entries: [] });
  const asked = typed.trim();

  useEffect(() => {
    if (asked === "") return;
    let wanted = true;
    const timer = window.setTimeout(() => {
      searchDirectory({ q: asked, limit }).then(
        ({ entries }) => {
          if (wanted) setFound({ by: asked, entries });
        },
        () => undefined,
      );
    }, 150);
    return () => {
      wanted = false;
      window.clearTimeout(timer);
    };
  }, [asked, limit]);

  return asked === "" ? NOBODY : found.entries;
}

const NOBODY: readonly Entry[] = [];
