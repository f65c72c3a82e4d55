//! A call in a few words, wherever one is, in French.

const count = (n: number, one: string, many: string) => `${n} ${n > 1 ? many : one}`;

export const phone = {
  withheld: "Numéro masqué",
  waiting: (missed: number, messages: number) =>
    [
      missed > 0 ? count(missed, "appel manqué", "appels manqués") : "",
      messages > 0 ? count(messages, "message vocal", "messages vocaux") : "",
    ]
      .filter((part) => part !== "")
      .join(", "),
  card: {
    label: "Appel entrant",
    callsYou: (extension: string) => `vous appelle, ${extension}`,
    callsYouOutside: "vous appelle",
    through: (dialled: string) => `en composant le ${dialled}`,
    hourThere: (hour: string) => `${hour} sur place`,
    decline: "Refuser",
    answer: "Répondre",
    tab: (name: string) => `${name} appelle`,
    /** Below a call that goes on, seen from other pages. */
    inCall: "En communication",
    open: "Voir l’appel",
    hangUp: "Raccrocher",
  },
  states: {
    calling: "Appel en cours",
    ringing: "Ça sonne",
    rings: "Appel entrant",
    talking: "En communication",
    held: "En attente",
    mailbox: "Message vocal : parlez après le signal, dièse pour finir",
    heldByOther: "Votre correspondant vous a mis en attente",
  },
  causes: {
    "hung-up": "Appel terminé",
    "other-hung-up": "Appel terminé",
    "answered-elsewhere": "Pris sur un autre appareil",
    declined: "Appel refusé",
    cancelled: "Appel abandonné",
    "no-answer": "Pas de réponse",
    busy: "Occupé",
    unreachable: "Injoignable",
    refused: "L’appel n’a pas abouti",
    transferred: "Appel transféré",
    lost: "La liaison s’est perdue",
    failed: "L’appel n’a pas abouti",
  },
  reasons: {
    unknown_number: "Ce numéro n’existe pas.",
    prefix_missing: "Pour un numéro extérieur, composer d’abord le préfixe de sortie.",
    not_permitted: "Votre poste ne peut pas appeler ce numéro.",
    too_many_calls: "Trop d’appels en même temps. Réessayez dans un instant.",
    no_line: "Aucune ligne n’est libre pour ce numéro.",
    phone_code: "Ce code ne se compose que sur un téléphone.",
  },
  presence: {
    available: "Disponible",
    in_call: "En communication",
    do_not_disturb: "Ne pas déranger",
    offline: "Hors ligne",
    set: "Votre disponibilité",
    toQuiet: "Passer à Ne pas déranger",
    toAvailable: "Redevenir disponible",
  },
  giveUp: "Abandonner",
};
