//! Whether mails leave this server, and those that did not arrive.

import { call } from "./client";

/** What a mail is for. */
export type Purpose = "invitation" | "cancellation" | "reminder" | "voicemail" | "test";

export interface FailedMail {
  id: number;
  to: string;
  purpose: Purpose;
  /** When it was to be sent. */
  since: string;
  /** When it was given up. */
  failed: string;
  /** What the mail server said. */
  reason: string;
}

export interface Outbox {
  configured: boolean;
  server: string | null;
  from: string | null;
  waiting: number;
  /** What the mail server said of one that waits. */
  reason: string | null;
  failed: FailedMail[];
}

export interface Tested {
  sent: boolean;
  reason: string | null;
}

export const outbox = () => call<Outbox>("GET", "/api/admin/mail");
export const testMail = (to: string) => call<Tested>("POST", "/api/admin/mail/test", { to });
export const retryMail = (id: number) => call<undefined>("POST", `/api/admin/mail/${id}/retry`);
export const forgetMail = (id: number) => call<undefined>("DELETE", `/api/admin/mail/${id}`);
