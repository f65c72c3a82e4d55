import { useSyncExternalStore } from "react";
import { useLanguage } from "../../i18n";
import { recall } from "../../storage";
import { dataIn } from "./amounts";
import { MONTH, type Meter } from "./meter";
import { bytesIn } from "./month";

/** How much data the call has taken, in one figure. */
export function DataUsed({ meter }: { meter: Meter }) {
  const { text, language } = useLanguage();
  const bytes = useSyncExternalStore(meter.shown.subscribe, meter.shown.current);
  return dataIn(bytes, language, text.meeting.data.units);
}

/** How much calls have taken on this device since the month began. */
export function DataThisMonth({ meter }: { meter: Meter }) {
  const { text, language } = useLanguage();
  // It is counted as the call is.
  useSyncExternalStore(meter.shown.subscribe, meter.shown.current);
  return dataIn(bytesIn(recall(MONTH), new Date()), language, text.meeting.data.units);
}
