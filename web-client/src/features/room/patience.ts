//! How long to wait for a signalling connection before it is tried again.
//!
//! While a link is cut, a browser repeats its knock ever later, so that a link that comes back would be noticed late;
//! and on a link of 600 ms a connection takes its time. What the page itself took tells which of both it is.

/** Times of the page in milliseconds, as browsers tell them (PerformanceNavigationTiming). */
export type PageTimes = Pick<
  PerformanceNavigationTiming,
  "connectStart" | "connectEnd" | "requestStart" | "responseStart"
>;

/** The patience in milliseconds, from what loading the page took. */
export function patienceFor(page: PageTimes | undefined): number {
  if (page === undefined) return MOST;
  const answer = page.responseStart - page.requestStart;
  // A connection that was there already took nothing.
  const connection = Math.max(page.connectEnd - page.connectStart, 2 * answer);
  return Math.min(Math.max(SPARE * (connection + answer), LEAST), MOST);
}

/** The times of this page, where there are any. */
export function pageTimes(): PageTimes | undefined {
  const [page] = performance.getEntriesByType("navigation");
  return page !== undefined && page instanceof PerformanceNavigationTiming ? page : undefined;
}

const SPARE = 4;
const LEAST = 2_500;
const MOST = 10_000;
