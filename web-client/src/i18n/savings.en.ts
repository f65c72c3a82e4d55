//! The savings page, in English.

import type { savings as french } from "./savings.fr";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const savings: typeof french = {
  title: "Savings",
  lede: "What calls would have cost by the old tariffs, less what they did.",
  month: "Month",
  post: "Post",
  allPosts: "All posts",
  savedIn: (month) => `Saved in ${month}`,
  less: (from, to) => `less than by the old tariffs. The goal is ${from} to ${to}\u00a0%.`,
  goalShown: (share, from, to) => `${share}\u00a0%, goal ${from} to ${to}\u00a0%`,
  nothingRated: "No call of this month had an old tariff.",
  minutes: "Minutes talked",
  minutesHead: "Minutes",
  actual: "Actual cost",
  old: "By the old tariff",
  oldHead: "Old tariff",
  saved: "Saved",
  share: "Share",
  quality: "Quality of minutes",
  unmeasured: "not measured",
  qualities: (good, fair, poor) => `${good}\u00a0% good, ${fair}\u00a0% fair, ${poor}\u00a0% poor`,
  byMonth: "Cost by month",
  byPost: "By post",
  byRoute: "Top routes",
  route: "Route",
  elsewhere: "other destinations",
  posts: (n) => (n === 1 ? "One post" : `All ${n} posts`),
  asTable: "Show the table",
  asPlot: "Show the plot",
  plot: (first, last, currency) =>
    `Monthly cost by the old tariff and actual cost, from ${first} to ${last}, in ${currency}`,
  units: {
    one: (currency) => `in ${currency}`,
    thousand: (currency) => `in thousands of ${currency}`,
    million: (currency) => `in millions of ${currency}`,
  },
  none: "No call has ended yet. Savings appear after the first one.",
  noneInMonth: "No call this month.",
  rule: "A call counts in the month in which it was answered. A meeting counts as a call from the host’s post to each other post.",
  records: "Download each record and how it is reckoned",
  check: {
    agrees: (n) => `Total checked: it agrees to the second with ${n} call records.`,
    differs: (rated, records) => `The total does not agree: ${rated} calls rated, ${records} records.`,
    erased: "The call records of this month were erased when due. The total stays.",
    pending: (n) => `Reckoning: ${n} records to go. The total is not complete.`,
    unrated: (n) => `${n} records without a tariff: their minutes count, their costs do not.`,
  },
  tariffs: {
    open: "Import tariffs",
    title: "Import tariffs",
    help: "A CSV table. All lines are taken, or none. Past calls are rated anew.",
    kind: "Content",
    kinds: { tariffs: "Tariffs of posts and lines", rates: "Monthly exchange rates" },
    columns: {
      tariffs:
        "Columns: kind (old or trunk), owner, prefix, currency, per_minute, connection, minimum, first, next, rounding, from, until",
      rates: "Columns: currency, month, rate",
    },
    file: "File",
    tryIt: "Check the file",
    take: "Import",
    close: "Close",
    good: (n) => `${count(n, "line is", "lines are")} good. Nothing was changed.`,
    taken: (n) => `${count(n, "line", "lines")} imported.`,
    faults: "Nothing was imported.",
    fault: (line, reason) => `Line ${line}: ${reason}`,
  },
};
