//! The savings page, in French.

const count = (n: number, one: string, many: string) => `${n} ${n > 1 ? many : one}`;

export const savings = {
  title: "Économies",
  lede: "Ce que les appels auraient coûté aux anciens tarifs, moins ce qu’ils ont coûté.",
  month: "Mois",
  post: "Poste",
  allPosts: "Tous les postes",
  savedIn: (month: string) => `Évité en ${month}`,
  less: (from: number, to: number) =>
    `de moins qu’aux anciens tarifs. L’objectif est de ${from} à ${to}\u00a0%.`,
  goalShown: (share: number, from: number, to: number) =>
    `${share}\u00a0%, objectif de ${from} à ${to}\u00a0%`,
  nothingRated: "Aucun appel de ce mois n’avait d’ancien tarif.",
  minutes: "Minutes parlées",
  minutesHead: "Minutes",
  actual: "Coût réel",
  old: "À l’ancien tarif",
  oldHead: "Ancien tarif",
  saved: "Évité",
  share: "Part",
  quality: "Qualité des minutes",
  unmeasured: "non mesurée",
  qualities: (good: number, fair: number, poor: number) =>
    `${good}\u00a0% bonne, ${fair}\u00a0% moyenne, ${poor}\u00a0% faible`,
  byMonth: "Coût par mois",
  byPost: "Par poste",
  byRoute: "Principales liaisons",
  route: "Liaison",
  elsewhere: "autres destinations",
  posts: (n: number) => (n === 1 ? "Un poste" : `Les ${n} postes`),
  asTable: "Voir le tableau",
  asPlot: "Voir le graphique",
  plot: (first: string, last: string, currency: string) =>
    `Coût mensuel à l’ancien tarif et coût réel, de ${first} à ${last}, en ${currency}`,
  units: {
    one: (currency: string) => `en ${currency}`,
    thousand: (currency: string) => `en milliers de ${currency}`,
    million: (currency: string) => `en millions de ${currency}`,
  },
  none: "Aucun appel n’est encore terminé. Les économies paraîtront après le premier.",
  noneInMonth: "Aucun appel ce mois-ci.",
  rule: "Un appel compte dans le mois où il a été pris. Une rencontre compte comme un appel du poste hôte vers chaque autre poste.",
  records: "Télécharger chaque relevé et son calcul",
  check: {
    agrees: (n: string) => `Total vérifié\u202f: il concorde à la seconde avec ${n} relevés d’appel.`,
    differs: (rated: string, records: string) =>
      `Le total ne concorde pas\u202f: ${rated} appels évalués pour ${records} relevés.`,
    erased: "Les relevés d’appel de ce mois ont été effacés à leur échéance. Le total reste.",
    pending: (n: string) => `Calcul en cours\u202f: encore ${n} relevés. Le total n’est pas complet.`,
    unrated: (n: string) => `${n} relevés sans tarif\u202f: leurs minutes comptent, leurs coûts non.`,
  },
  tariffs: {
    open: "Importer des tarifs",
    title: "Importer des tarifs",
    help: "Un tableau CSV. Toutes les lignes sont prises, ou aucune. Les appels passés sont évalués à nouveau.",
    kind: "Contenu",
    kinds: { tariffs: "Tarifs des postes et des lignes", rates: "Cours mensuels des monnaies" },
    columns: {
      tariffs:
        "Colonnes\u202f: kind (old ou trunk), owner, prefix, currency, per_minute, connection, minimum, first, next, rounding, from, until",
      rates: "Colonnes\u202f: currency, month, rate",
    },
    file: "Fichier",
    tryIt: "Vérifier le fichier",
    take: "Importer",
    close: "Fermer",
    good: (n: number) => `${count(n, "ligne correcte", "lignes correctes")}. Rien n’a été changé.`,
    taken: (n: number) => `${count(n, "ligne importée", "lignes importées")}.`,
    faults: "Rien n’a été importé.",
    fault: (line: number, reason: string) => `Ligne ${line}\u202f: ${reason}`,
  },
};
