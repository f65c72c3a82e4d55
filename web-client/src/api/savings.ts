//! What is saved, and the tariffs by which it is reckoned.

import { ApiError, call } from "./client";
import { query } from "./query";

/** Sums of rated records: times in milliseconds, amounts in the currency's smallest coins. */
export interface Sums {
  records: number;
  talked: number;
  /** Records without a tariff, whose amounts are not in the sums. */
  unrated: number;
  actual: number;
  old: number;
  saved: number;
  /** In per cent; nothing while nothing would have been paid. */
  share: number | null;
  good: number;
  fair: number;
  poor: number;
}

export interface MonthSums extends Sums {
  month: string;
}

export interface PostSums extends Sums {
  post: number;
  name: string;
}

export interface RouteSums extends Sums {
  post: number;
  name: string;
  /** The post called; nothing for outside. */
  to_post: string | null;
  /** The country outside. */
  to_country: string;
}

export interface SavingsPage {
  month: string;
  post: number | null;
  currency: string;
  decimals: number;
  time_zone: string;
  goal: { from: number; to: number };
  total: Sums;
  months: MonthSums[];
  posts: PostSums[];
  routes: RouteSums[];
  all_posts: { id: number; name: string }[];
  first_month: string | null;
  pending: number;
  check: {
    agrees: boolean;
    rated_records: number;
    rated_talked: number;
    call_records: number;
    call_talked: number;
  };
}

/** What became of a table. */
export interface Imported {
  lines: number;
  taken: boolean;
  faults: { line: number; reason: string }[];
}

export type TableKind = "tariffs" | "rates";

interface Asked {
  month?: string | undefined;
  post?: number | undefined;
}

export const loadSavings = (asked: Asked) => call<SavingsPage>("GET", `/api/savings${query({ ...asked })}`);

/** Months and posts as a table. */
export const savingsFile = (asked: Asked) => `/api/savings.csv${query({ ...asked })}`;

/** Each record with how its amounts come about. */
export const recordsFile = (asked: Asked) => `/api/savings/records.csv${query({ ...asked })}`;

/** Sends a table; what is wrong with its lines is an answer, not an error. */
export async function importTable(kind: TableKind, table: string, tryOnly: boolean): Promise<Imported> {
  let response: Response;
  try {
    response = await fetch(`/api/admin/${kind}${tryOnly ? "?dry_run=true" : ""}`, {
      method: "POST",
      headers: { accept: "application/json", "content-type": "text/csv; charset=utf-8" },
      body: table,
    });
  } catch {
    throw new ApiError("offline", 0);
  }
  if (response.ok || response.status === 422) return (await response.json()) as Imported;
  const told = (await response.json().catch(() => ({}))) as { error?: { code?: string } };
  throw new ApiError(told.error?.code ?? "unexpected", response.status);
}
