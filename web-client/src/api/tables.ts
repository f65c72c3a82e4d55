//! People and posts as tables for spreadsheets.

import { call, sendTable } from "./client";
import { query } from "./query";

export interface TableLine {
  line: number;
  name: string;
  what: "fault" | "add" | "change" | "same";
  field?: string | null;
  reason?: string;
}

/** What came of a table, or would come of it. */
export interface TableReport {
  added: number;
  changed: number;
  same: number;
  faulty: number;
  lines: TableLine[];
  done: boolean;
  passwords?: { email: string; password: string }[];
}

/** Which table. */
export type TableOf = "people" | "posts";

const places: Record<TableOf, { out: string; into: string }> = {
  people: { out: "/api/users.csv", into: "/api/users/import" },
  posts: { out: "/api/admin/posts.csv", into: "/api/admin/posts/import" },
};

/** Where the table can be fetched, as spreadsheets of this country read it. */
export const tableAddress = (of: TableOf) => `${places[of].out}?separator=semicolon`;

export const importTable = (of: TableOf, table: Blob, how: { dry_run: boolean; passwords: boolean }) =>
  sendTable<TableReport>(`${places[of].into}${query(how)}`, table);

/** Makes the accounts of the ministry's directory what it says now, or says what that would change. */
export const importDirectory = (dryRun: boolean) =>
  call<TableReport>("POST", `/api/users/directory${query({ dry_run: dryRun })}`);

/** Saves texts as a file of the reader's. */
export function saveTable(name: string, lines: readonly (readonly string[])[]): void {
  const text = lines.map((fields) => fields.join(";")).join("\r\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`\uFEFF${text}\r\n`], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
