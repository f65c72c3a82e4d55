import type { Hours } from "../../api/accounts";
import { useLanguage } from "../../i18n";
import { hourAt, useNow } from "../phone";

/** What time it is here, and in the capital. */
export function TwoClocks({ clocks }: { clocks: readonly Hours[] }) {
  const { language } = useLanguage();
  const now = useNow(5_000);
  return (
    <div className="clocks">
      {clocks.map(({ place, time_zone: zone }, at) => (
        <div key={zone} className={at > 0 ? "far" : undefined}>
          <time>{hourAt(zone, language, now)}</time>
          <span>{place}</span>
        </div>
      ))}
    </div>
  );
}
