//! The audit log.

import { call } from "./client";
import { query } from "./query";

export interface AuditEntry {
  seq: number;
  at: string;
  actor: string;
  actor_name: string | null;
  action: string;
  object: string;
  object_name: string | null;
  address: string;
  result: string;
  hash: string;
}

export interface AuditQuery {
  person?: string;
  action?: string;
  since?: string;
  until?: string;
  before?: number;
}

export interface AuditPage {
  entries: AuditEntry[];
  next: number | null;
  actions: string[];
}

export interface Verified {
  whole: boolean;
  entries: number;
  head: string | null;
  fault: string | null;
}

export const searchAudit = (asked: AuditQuery) =>
  call<AuditPage>("GET", `/api/admin/audit${query({ ...asked })}`);
export const auditFile = (asked: AuditQuery) => `/api/admin/audit.csv${query({ ...asked })}`;
export const verifyAudit = () => call<Verified>("GET", "/api/admin/audit/verify");
