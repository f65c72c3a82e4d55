import { useSyncExternalStore } from "react";
import { useLanguage } from "../../i18n";
import { dataIn } from "./amounts";
import type { Meter } from "./meter";

/** How much data the call has taken, in one figure. */
export function DataUsed({ meter }: { meter: Meter }) {
  const { text, language } = useLanguage();
  const bytes = useSyncExternalStore(meter.shown.subscribe, meter.shown.current);
  return dataIn(bytes, language, text.meeting.data.units);
}
