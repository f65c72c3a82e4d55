import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import { withWords } from "../../i18n";
import { stayAwake } from "../awake";
import { recallShortcuts, rememberShortcuts, useShortcuts, type Act } from "../shortcuts";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";

const Announcer = lazy(async () => ({
  default: (await withWords(import("../announcements"), "session")).Announcer,
}));
const ShortcutsDialog = lazy(async () => ({
  default: (await withWords(import("../shortcuts/ShortcutsDialog"), "session")).ShortcutsDialog,
}));

interface Props {
  session: MeetingSession;
  view: MeetingView;
  /** Whether the list of keys is open. */
  listing: boolean;
  onList: (listing: boolean) => void;
}

/** What helps in session without a place of its own on the screen: keys of the keyboard, a screen that stays awake, a
 * page that is not closed by mistake. */
export function Aids({ session, view, listing, onList }: Props) {
  const [enabled, setEnabled] = useState(recallShortcuts);

  useEffect(() => stayAwake(), []);
  const scene = useMemo(() => {
    const { link, people, floor, chat } = view;
    if (link.is !== "live") return undefined;
    return { people, holder: floor?.holder, messages: chat.messages, reading: chat.open };
  }, [view]);
  const together = view.link.is !== "over" && view.people.length > 1;
  useEffect(() => {
    if (!together) return;
    // Browsers ask in words of their own.
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [together]);
  useShortcuts(enabled, !view.microphoneOpen, (act) => {
    if (act === "list") onList(true);
    else if (act === "talk" || act === "hush") void session.talk(act === "talk");
    else pressKey(act);
  });

  return (
    <Suspense fallback={null}>
      <Announcer scene={scene} />
      {listing && (
        <ShortcutsDialog
          enabled={enabled}
          onSwitch={(on) => {
            rememberShortcuts(on);
            setEnabled(on);
          }}
          onClose={() => onList(false)}
        />
      )}
    </Suspense>
  );
}

/** As if the key of the bar were pressed: whoever has no such key cannot do it by keyboard either. */
function pressKey(name: Exclude<Act, "list" | "talk" | "hush">): void {
  document.getElementById(`key-${name}`)?.click();
}
