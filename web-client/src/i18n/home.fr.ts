//! The first page, in French.

const count = (n: number, one: string, many: string) => `${n} ${n > 1 ? many : one}`;

export const home = {
  byPhone: (number: string, pin: string) => `Par téléphone : ${number}, code PIN ${pin}`,
  byPhoneDirect: (number: string) => `Par téléphone : ${number}`,
  greeting: (date: string) => date.charAt(0).toUpperCase() + date.slice(1),
  lede: (n: number) =>
    n === 0 ? "Aucune rencontre pour l’instant." : `Vous tenez ${count(n, "rencontre", "rencontres")}.`,
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
