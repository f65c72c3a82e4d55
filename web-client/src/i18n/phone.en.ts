//! A call in a few words, wherever one is, in English.

import type { phone as french } from "./phone.fr";

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export const phone: typeof french = {
  withheld: "Number withheld",
  waiting: (missed, messages) =>
    [
      missed > 0 ? count(missed, "missed call", "missed calls") : "",
      messages > 0 ? count(messages, "voice message", "voice messages") : "",
    ]
      .filter((part) => part !== "")
      .join(", "),
  card: {
    label: "Incoming call",
    callsYou: (extension) => `is calling you, ${extension}`,
    callsYouOutside: "is calling you",
    through: (dialled) => `by dialling ${dialled}`,
    hourThere: (hour) => `${hour} there`,
    decline: "Decline",
    answer: "Answer",
    tab: (name) => `${name} is calling`,
    inCall: "In a call",
    open: "Show the call",
    hangUp: "Hang up",
  },
  states: {
    calling: "Calling",
    ringing: "Ringing",
    rings: "Incoming call",
    talking: "In a call",
    held: "On hold",
    mailbox: "Voicemail: speak after the beep, hash to end",
    heldByOther: "The other side has put you on hold",
  },
  causes: {
    "hung-up": "Call ended",
    "other-hung-up": "Call ended",
    "answered-elsewhere": "Answered on another device",
    declined: "Call declined",
    cancelled: "Call given up",
    "no-answer": "No answer",
    busy: "Busy",
    unreachable: "Cannot be reached",
    refused: "The call did not go through",
    transferred: "Call transferred",
    lost: "The link was lost",
    failed: "The call did not go through",
  },
  reasons: {
    unknown_number: "There is no such number.",
    prefix_missing: "Dial the outside prefix first for an outside number.",
    not_permitted: "Your extension may not call this number.",
    too_many_calls: "Too many calls at once. Try again in a moment.",
    no_line: "No line is free for this number.",
    phone_code: "This code can only be dialled on a telephone.",
  },
  presence: {
    available: "Available",
    in_call: "In a call",
    do_not_disturb: "Do not disturb",
    offline: "Offline",
    set: "Your availability",
    toQuiet: "Switch to Do not disturb",
    toAvailable: "Be available again",
  },
  giveUp: "Give up",
};
