//! How amounts, months and minutes are written. Amounts come in smallest coins and stay whole until they are shown.

/** `Intl` separates thousands with a space that is too thin in our typeface. */
const wide = (text: string) => text.replace(/\u202f/g, "\u00a0");

export const amountOf = (minor: number, decimals: number, language: string): string =>
  wide(
    new Intl.NumberFormat(language, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }).format(minor / 10 ** decimals),
  );

export const countOf = (count: number, language: string): string =>
  wide(new Intl.NumberFormat(language).format(count));

/** Whole minutes, rounded only here. */
export const minutesOf = (millis: number, language: string): string =>
  countOf(Math.round(millis / 60_000), language);

/** The F CFA has a name of its own. */
export function currencyWord(code: string, language: string): string {
  if (code === "XOF" || code === "XAF") return language === "fr" ? "F\u00a0CFA" : "CFA\u00a0francs";
  return code;
}

const firstDay = (month: string) => new Date(`${month}-01T12:00:00Z`);

/** `novembre 2026`. */
export const monthWord = (month: string, language: string): string =>
  firstDay(month).toLocaleDateString(language, { month: "long", year: "numeric", timeZone: "UTC" });

/** `novembre`. */
export const monthName = (month: string, language: string): string =>
  firstDay(month).toLocaleDateString(language, { month: "long", timeZone: "UTC" });

/** `nov.` */
export const monthShort = (month: string, language: string): string =>
  firstDay(month).toLocaleDateString(language, { month: "short", timeZone: "UTC" });

/** The months from one to another, the newest first. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  const date = firstDay(last);
  while (months.length < MOST_MONTHS) {
    const month = date.toISOString().slice(0, 7);
    if (month < first) break;
    months.push(month);
    date.setUTCMonth(date.getUTCMonth() - 1);
  }
  return months;
}

const MOST_MONTHS = 120;
