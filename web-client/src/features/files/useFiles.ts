import { useCallback, useSyncExternalStore } from "react";
import { noFiles, type FilesState } from "./files-machine";
import type { Files } from "./files";

/** How files stand; none where none can be sent. */
export function useFiles(files: Files | undefined): FilesState {
  const subscribe = useCallback(
    (changed: () => void) => files?.shown.subscribe(changed) ?? (() => undefined),
    [files],
  );
  return useSyncExternalStore(subscribe, () => files?.shown.current() ?? noFiles);
}
