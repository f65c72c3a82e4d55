import { useId } from "react";
import type { MonthSums } from "../../api/savings";
import { useLanguage } from "../../i18n";
import { monthShort, monthWord } from "../../amounts";
import { scaleFor, unitFor, worth } from "./scale";

interface Props {
  months: readonly MonthSums[];
  decimals: number;
  currency: string;
}

const WIDTH = 1090;
const LEFT = 52;
const TOP = 14;
const FLOOR = 234;
const BAR = 46;

/** What was paid, filled, and what was saved, outlined on top of it, by month; the month chosen at full strength. */
export function Plot({ months, decimals, currency }: Props) {
  const { text, language } = useLanguage("savings");
  const words = text.savings;
  const title = useId();
  const highest = Math.max(0, ...months.map((month) => Math.max(month.old, month.actual))) / 10 ** decimals;
  const unit = unitFor(highest);
  const divisor = 10 ** decimals * worth[unit];
  const { top, marks } = scaleFor(highest / worth[unit]);
  const high = (value: number) => FLOOR - ((FLOOR - TOP) * value) / top;
  const short = (value: number) =>
    new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);
  const slot = (WIDTH - LEFT) / Math.max(1, months.length);
  const [first, last] = [months[0], months.at(-1)];

  return (
    <svg className="plot" viewBox={`0 0 ${WIDTH} 268`} role="img" aria-labelledby={title}>
      <title id={title}>
        {first && last
          ? words.plot(monthWord(first.month, language), monthWord(last.month, language), currency)
          : ""}
      </title>
      {marks.map((mark) => (
        <g key={mark}>
          <path className={mark === 0 ? "g z" : "g"} d={`M${LEFT} ${high(mark)}H${WIDTH}`} />
          <text x={LEFT - 12} y={high(mark) + 4.5} textAnchor="end">
            {short(mark)}
          </text>
        </g>
      ))}
      {months.map((month, at) => {
        const middle = LEFT + slot * (at + 0.5);
        const left = middle - BAR / 2;
        const paid = month.actual / divisor;
        const old = month.old / divisor;
        const isNow = at === months.length - 1;
        const gap = paid > 0 ? 2 : 0;
        return (
          <g key={month.month} className={isNow ? "now" : undefined}>
            {old > paid && (
              <rect
                className="old"
                x={left + 0.5}
                y={high(old)}
                width={BAR - 1}
                height={Math.max(0, high(paid) - gap - high(old))}
              />
            )}
            {paid > 0 && <path className="new" d={`M${left} ${FLOOR}V${high(paid)}h${BAR}V${FLOOR}Z`} />}
            <text className="m" x={middle} y="258" textAnchor="middle">
              {monthShort(month.month, language)}
            </text>
            {isNow && old > 0 && (
              <>
                <text className="t" x={middle} y={high(Math.max(old, paid)) - 8} textAnchor="middle">
                  {short(old)}
                </text>
                {high(paid) - high(old) > 24 && month.share !== null && (
                  <text className="o" x={middle} y={(high(old) + high(paid)) / 2 + 4} textAnchor="middle">
                    {`−${month.share}\u00a0%`}
                  </text>
                )}
                {FLOOR - high(paid) > 28 && (
                  <text className="v" x={middle} y={high(paid) + 22} textAnchor="middle">
                    {short(paid)}
                  </text>
                )}
              </>
            )}
          </g>
        );
      })}
    </svg>
  );
}

/** In what the axis counts: "en millions de F CFA". */
export function usePlotUnit(months: readonly MonthSums[], decimals: number, currency: string): string {
  const { text } = useLanguage("savings");
  const highest = Math.max(0, ...months.map((month) => Math.max(month.old, month.actual))) / 10 ** decimals;
  return text.savings.units[unitFor(highest)](currency);
}
