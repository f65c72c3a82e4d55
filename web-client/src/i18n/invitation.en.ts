//! A personal invitation, and the answer to it, in English.

import type { invitation as french } from "./invitation.fr";

export const invitation: typeof french = {
  invitation: {
    for: (name, party) => `${name}, ${party}`,
    organizer: (name) => `Called by ${name}`,
  },
  answer: {
    title: "Your answer",
    lede: "Confirm with a click: opening this page has changed nothing.",
    accepted: "I will be there",
    declined: "I will not be there",
    tentative: "Perhaps",
    given: {
      accepted: "You have accepted.",
      declined: "You have declined.",
      tentative: "You have answered: perhaps.",
    },
    noted: "Your answer is noted.",
  },
};
