//! Who was there, in French.

export const attendance = {
  title: "Présence",
  none: "Personne n’est encore entré.",
  again: "Actualiser",
  print: "Imprimer",
  zone: (city: string) => `Heure locale\u202f: ${city}.`,
  since: (from: string) => `depuis ${from}`,
  span: (from: string, to: string) => `de ${from} à ${to}`,
  name: "Nom",
  party: "Délégation",
  post: "Poste",
  by: "Moyen",
  came: "Entrée",
  left: "Sortie",
  time: "Durée",
  guest: "Invité",
  inside: "présent",
  kinds: { browser: "Navigateur", phone: "Téléphone" },
  phoneOf: (number: string) => `Téléphone ${number}`,
  times: (n: number) => `${n} fois`,
  interrupted: "le serveur s’est arrêté, l’heure de sortie n’est pas exacte",
};
