//! The parts of the catalogue that come with whoever says them: nobody waits for words of pages they do not open.

import type { agenda } from "./agenda.fr";
import type { attendance } from "./attendance.fr";
import type { audit } from "./audit.fr";
import type { auth } from "./auth.fr";
import type { blocked } from "./blocked.fr";
import type { calls } from "./calls.fr";
import type { connection } from "./connection.fr";
import type { directory } from "./directory.fr";
import type { fields } from "./fields.fr";
import type { home } from "./home.fr";
import type { invitation } from "./invitation.fr";
import type { lobby } from "./lobby.fr";
import type { outbox } from "./outbox.fr";
import type { people } from "./people.fr";
import type { phone } from "./phone.fr";
import type { savings } from "./savings.fr";
import type { session } from "./session.fr";
import type { settings } from "./settings.fr";
import type { telephony } from "./telephony.fr";

export type Language = "fr" | "en";

/** What each part says. The French words give the shape. */
export interface Parts {
  agenda: typeof agenda;
  attendance: typeof attendance;
  audit: typeof audit;
  auth: typeof auth;
  blocked: typeof blocked;
  calls: typeof calls;
  connection: typeof connection;
  directory: typeof directory;
  fields: typeof fields;
  home: typeof home;
  invitation: typeof invitation;
  outbox: typeof outbox;
  lobby: typeof lobby;
  people: typeof people;
  phone: typeof phone;
  savings: typeof savings;
  session: typeof session;
  settings: typeof settings;
  telephony: typeof telephony;
}

export type PartName = keyof Parts;

/** Where the parts are. A part that a language lacks, or a word in it, does not compile. */
export const sources: Readonly<Record<Language, { readonly [P in PartName]: () => Promise<Parts[P]> }>> = {
  fr: {
    agenda: async () => (await import("./agenda.fr")).agenda,
    attendance: async () => (await import("./attendance.fr")).attendance,
    audit: async () => (await import("./audit.fr")).audit,
    auth: async () => (await import("./auth.fr")).auth,
    blocked: async () => (await import("./blocked.fr")).blocked,
    calls: async () => (await import("./calls.fr")).calls,
    connection: async () => (await import("./connection.fr")).connection,
    directory: async () => (await import("./directory.fr")).directory,
    fields: async () => (await import("./fields.fr")).fields,
    home: async () => (await import("./home.fr")).home,
    invitation: async () => (await import("./invitation.fr")).invitation,
    outbox: async () => (await import("./outbox.fr")).outbox,
    lobby: async () => (await import("./lobby.fr")).lobby,
    people: async () => (await import("./people.fr")).people,
    phone: async () => (await import("./phone.fr")).phone,
    savings: async () => (await import("./savings.fr")).savings,
    session: async () => (await import("./session.fr")).session,
    settings: async () => (await import("./settings.fr")).settings,
    telephony: async () => (await import("./telephony.fr")).telephony,
  },
  en: {
    agenda: async () => (await import("./agenda.en")).agenda,
    attendance: async () => (await import("./attendance.en")).attendance,
    audit: async () => (await import("./audit.en")).audit,
    auth: async () => (await import("./auth.en")).auth,
    blocked: async () => (await import("./blocked.en")).blocked,
    calls: async () => (await import("./calls.en")).calls,
    connection: async () => (await import("./connection.en")).connection,
    directory: async () => (await import("./directory.en")).directory,
    fields: async () => (await import("./fields.en")).fields,
    home: async () => (await import("./home.en")).home,
    invitation: async () => (await import("./invitation.en")).invitation,
    outbox: async () => (await import("./outbox.en")).outbox,
    lobby: async () => (await import("./lobby.en")).lobby,
    people: async () => (await import("./people.en")).people,
    phone: async () => (await import("./phone.en")).phone,
    savings: async () => (await import("./savings.en")).savings,
    session: async () => (await import("./session.en")).session,
    settings: async () => (await import("./settings.en")).settings,
    telephony: async () => (await import("./telephony.en")).telephony,
  },
};
