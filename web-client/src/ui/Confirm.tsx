import { lazy, Suspense } from "react";
import type { Question } from "./ConfirmDialog";

const ConfirmDialog = lazy(async () => ({ default: (await import("./ConfirmDialog")).ConfirmDialog }));

/** Asks once before something ends for others or for good; the dialog comes with the first question. */
export function Confirm(question: Question) {
  return (
    <Suspense fallback={null}>
      <ConfirmDialog {...question} />
    </Suspense>
  );
}
