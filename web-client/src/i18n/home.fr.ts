//! The first page, in French.

const count = (n: number, one: string, many: string) => `${n} ${n > 1 ? many : one}`;

const from = (place: string) => (/^[aeiouyhéèâîô]/i.test(place) ? `d’${place}` : `de ${place}`);

export const home = {
  byPhone: (number: string, pin: string) => `Par téléphone : ${number}, code PIN ${pin}`,
  byPhoneDirect: (number: string) => `Par téléphone : ${number}`,
  greeting: (date: string) => (date.charAt(0).toUpperCase() + date.slice(1)).replace(" 1 ", " 1er "),
  today: (left: number) => {
    if (left === 0) return "Plus de rencontre aujourd’hui.";
    return left === 1 ? "Encore une rencontre aujourd’hui." : `Encore ${left} rencontres aujourd’hui.`;
  },
  nextIn: (minutes: number) =>
    minutes <= 0
      ? "La première a commencé."
      : `La prochaine commence dans ${count(minutes, "minute", "minutes")}.`,
  nextAt: (hour: string) => `La prochaine commence à ${hour}.`,
  day: "La journée",
  zones: (here: string, there?: string) =>
    `heure ${from(here)}${there === undefined ? "" : `, puis ${from(there)}`}`,
  plan: "Nouvelle rencontre",
  noneToday: "Aucune rencontre aujourd’hui.",
  over: "Terminée",
  cancelled: "Annulée",
  open: (title: string) => `Ouvrir ${title}`,
  call: "Appeler",
  seek: "Fonction, poste ou numéro",
  missedAt: (hour: string) => `Appel manqué à ${hour}`,
  back: "Rappeler",
  backTo: (name: string) => `Rappeler ${name}`,
  callTo: (name: string) => `Appeler ${name}`,
  nobody: "Personne à appeler pour l’instant.",
  notFound: "Personne de ce nom. L’annuaire a tous les postes.",
  saved: (amount: string, month: string) =>
    `La maison a évité ${amount} d’appels internationaux en ${month}.`,
  details: "Voir le détail",
  startTitle: "Réunir maintenant",
  startLede: "Une salle s’ouvre, un lien se partage. Aucun compte n’est demandé aux invités.",
  meetingTitle: "Objet",
  defaultTitle: "Rencontre",
  waitingRoom: "Les invités attendent que vous les fassiez entrer",
  start: "Ouvrir une rencontre",
  joinTitle: "Rejoindre",
  joinLabel: "Code ou lien reçu",
  joinHelp: "Par exemple abc-defg-hij.",
  joinBad: "Écrire un code de trois groupes de lettres, ou coller le lien reçu.",
  join: "Rejoindre",
  mine: "Vos rencontres",
  none: "Aucune rencontre. Ouvrez-en une ci-dessus.",
  inSession: (n: number) => (n > 0 ? `En séance, ${count(n, "personne", "personnes")}` : "En séance"),
  created: (when: string) => `Créée le ${when}`,
  copy: "Copier le lien",
  copied: "Lien copié",
  copyFailed: (link: string) => `Copier ce lien : ${link}`,
  enter: "Entrer",
  remove: "Supprimer",
  removeTitle: "Supprimer cette rencontre ?",
  removeHelp: (title: string) => `« ${title} » disparaît et son lien ne mène plus nulle part.`,
  attendanceOf: (title: string) => `Liste de présence, ${title}`,
};
