//! The administrators' page of mails, in English.

import type { outbox as french } from "./outbox.fr";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const outbox: typeof french = {
  title: "Mail",
  lede: "Invitations, reminders and voice messages leave through your mail server.",
  off: "This server sends no mail. Name a server under [mail] in the configuration, then restart Palabre.",
  by: (server) => `Through ${server}`,
  from: (address) => `from ${address}`,
  nothingWaits: "No mail is waiting.",
  waiting: (n) => `${count(n, "mail waits", "mails wait")} to be tried again.`,
  said: (reason) => `The server’s last answer: ${reason}`,
  refresh: "Refresh",
  test: {
    title: "Try it",
    to: "Address",
    send: "Send a test",
    sent: (to) => `The server took the mail for ${to}. See whether it arrives.`,
    postponed: (reason) =>
      `The server did not take it: ${reason}. A refusal for the moment will be tried again.`,
  },
  failed: "Not delivered",
  failedHelp: "After four days of tries, or a final refusal. Kept for thirty days.",
  none: "No mail was left undelivered.",
  heads: {
    to: "To",
    purpose: "About",
    failed: "Given up",
    reason: "The server’s answer",
    acts: "What to do",
  },
  purposes: {
    invitation: "Invitation",
    cancellation: "Cancellation",
    reminder: "Reminder",
    voicemail: "Voice message",
    test: "Test",
  },
  retry: "Try again",
  retryFor: (to) => `Try the mail for ${to} again`,
  forget: "Remove",
  forgetFor: (to) => `Remove the mail for ${to}`,
  retried: (to) => `Trying again for ${to}.`,
  forgotten: (to) => `The mail for ${to} is removed.`,
};
