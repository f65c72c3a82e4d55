//! Which sources the pages that everybody waits for are made of, in French and in English.

const words = (...parts: string[]) => ({
  fr: parts.map((part) => `src/i18n/${part}.fr.ts`),
  en: ["src/i18n/en.ts", ...parts.map((part) => `src/i18n/${part}.en.ts`)],
});

const ENTRY = "index.html";

/** What a page loads whatever the language is, and its words. */
export interface Page {
  modules: readonly string[];
  words: { fr: readonly string[]; en: readonly string[] };
}

/** Where one signs in. */
export const signIn: Page = {
  modules: [ENTRY, "src/features/auth/SignInPage.tsx"],
  words: words("auth", "fields"),
};

/** Behind a meeting's link, until the session begins to load. */
export const prejoin: Page = { modules: [ENTRY], words: words() };

/** The same until one is in session, with what comes by itself while one is. Blur and noise come on demand. */
export const meeting: Page = {
  modules: [
    ENTRY,
    "src/features/meeting/RoomScreen.tsx",
    "src/features/meeting/session.ts",
    "src/features/meeting/SecurityBadge.tsx",
    "src/features/meeting/PeoplePanel.tsx",
    "src/features/chat/ChatPanel.tsx",
    "src/features/announcements/Announcer.tsx",
  ],
  words: words("session"),
};

/** What somebody with an account sees first. */
const home: Page = {
  modules: [ENTRY, "src/Frame.tsx", "src/features/home/HomePage.tsx", "src/features/phone/telephone.ts"],
  words: words("auth", "phone", "home", "agenda", "fields"),
};

/** What a session may need that nobody waits for. */
const panels: Page = {
  modules: ["FloorPanel", "InvitePanel", "InfoPanel", "SettingsPanel", "MoreItems", "KnockToast"].map(
    (name) => `src/features/meeting/${name}.tsx`,
  ),
  words: words(),
};

/** What the rest is opened with, and menus: kept on the device so that it opens without the server. */
const around: Page = {
  modules: [
    "src/ui/popover-parts.tsx",
    "src/features/lobby/LobbyPage.tsx",
    "src/features/meeting/doorbell.ts",
  ],
  words: words("lobby"),
};

/** The pages that a device keeps. */
export const shell: readonly Page[] = [signIn, prejoin, meeting, panels, home, around];
