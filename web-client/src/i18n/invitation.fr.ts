//! A personal invitation, and the answer to it, in French.

export const invitation = {
  invitation: {
    for: (name: string, party: string) => `${name}, ${party}`,
    organizer: (name: string) => `Organisée par ${name}`,
  },
  answer: {
    title: "Votre réponse",
    lede: "Confirmez d’un clic : ouvrir cette page n’a rien changé.",
    accepted: "J’y serai",
    declined: "Je n’y serai pas",
    tentative: "Peut-être",
    given: {
      accepted: "Vous avez accepté.",
      declined: "Vous avez décliné.",
      tentative: "Vous avez répondu : peut-être.",
    },
    noted: "Votre réponse est notée.",
  },
};
