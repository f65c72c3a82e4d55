import { lazy, Suspense } from "react";
import { withWords } from "../../i18n";
import { useTelephone } from "./PhoneProvider";

const Cards = lazy(async () => ({ default: (await withWords(import("./Cards"), "phone")).Cards }));

/** The calls of whoever has a telephone; a guest does not even load them. */
export function CallCards() {
  return (
    useTelephone() && (
      <Suspense fallback={null}>
        <Cards />
      </Suspense>
    )
  );
}
