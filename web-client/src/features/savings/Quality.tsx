import type { Sums } from "../../api/savings";
import { useText } from "../../i18n";

/** Good, fair and poor minutes as shares of those that were measured. */
export function Quality({ sums }: { sums: Sums }) {
  const words = useText("savings").savings;
  const measured = sums.good + sums.fair + sums.poor;
  if (measured === 0) return <span className="q3">{words.unmeasured}</span>;
  const share = (part: number) => Math.round((part * 100) / measured);
  const fair = share(sums.fair);
  const poor = share(sums.poor);
  const good = 100 - fair - poor;
  return (
    // Drawn, since a policy against inline styles leaves no other way to be so long.
    <svg className="q" viewBox="0 0 132 8" role="img" aria-label={words.qualities(good, fair, poor)}>
      <rect className="good" width={(132 * good) / 100} height="8" rx="1" />
      {fair > 0 && (
        <rect
          className="fair"
          x={(132 * good) / 100 + 2}
          width={Math.max(1, (132 * fair) / 100 - 2)}
          height="8"
          rx="1"
        />
      )}
      {poor > 0 && (
        <rect
          className="poor"
          x={(132 * (good + fair)) / 100 + 2}
          width={Math.max(1, (132 * poor) / 100 - 2)}
          height="8"
          rx="1"
        />
      )}
    </svg>
  );
}
