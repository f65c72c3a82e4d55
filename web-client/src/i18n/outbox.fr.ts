//! The administrators' page of mails, in French.

const count = (n: number, one: string, many: string) => `${n} ${n > 1 ? many : one}`;

export const outbox = {
  title: "Courriels",
  lede: "Les invitations, rappels et messages vocaux partent par votre serveur de courriel.",
  off: "Ce serveur n’envoie pas de courriels. Nommez un serveur sous [mail] dans la configuration, puis relancez Palabre.",
  by: (server: string) => `Par ${server}`,
  from: (address: string) => `de la part de ${address}`,
  nothingWaits: "Aucun courriel n’attend.",
  waiting: (n: number) => `${count(n, "courriel attend", "courriels attendent")} un nouvel essai.`,
  said: (reason: string) => `Dernière réponse du serveur\u202f: ${reason}`,
  refresh: "Actualiser",
  test: {
    title: "Essayer",
    to: "Adresse",
    send: "Envoyer un essai",
    sent: (to: string) => `Le serveur a pris le courriel pour ${to}. Regardez s’il arrive.`,
    postponed: (reason: string) =>
      `Le serveur ne l’a pas pris\u202f: ${reason}. Un refus passager sera réessayé.`,
  },
  failed: "Non remis",
  failedHelp: "Après quatre jours d’essais, ou un refus définitif. Gardés trente jours.",
  none: "Aucun courriel n’est resté sans destinataire.",
  heads: { to: "Pour", purpose: "Objet", failed: "Abandonné", reason: "Réponse du serveur", acts: "Suite" },
  purposes: {
    invitation: "Invitation",
    cancellation: "Annulation",
    reminder: "Rappel",
    voicemail: "Message vocal",
    test: "Essai",
  },
  retry: "Réessayer",
  retryFor: (to: string) => `Réessayer le courriel pour ${to}`,
  forget: "Retirer",
  forgetFor: (to: string) => `Retirer le courriel pour ${to}`,
  retried: (to: string) => `Nouvel essai pour ${to}.`,
  forgotten: (to: string) => `Le courriel pour ${to} est retiré.`,
};
