//! The directory, in French.

const count = (n: number, one: string, many: string) => `${n} ${n > 1 ? many : one}`;

export const directory = {
  title: "Annuaire",
  lede: (n: number) => count(n, "site", "sites"),
  search: "Nom, fonction, site ou numéro",
  post: "Site",
  allPosts: "Tous les sites",
  none: "Personne ne correspond.",
  empty: "L’annuaire est vide. Un administrateur y ajoute les postes téléphoniques.",
  more: "Voir plus",
  call: "Appeler",
  callName: (name: string) => `Appeler ${name}`,
  you: "vous",
  group: "Groupe",
  hour: (hour: string) => `Il est ${hour}`,
  write: "Écrire",
  writeTo: (name: string) => `Écrire à ${name}`,
};
