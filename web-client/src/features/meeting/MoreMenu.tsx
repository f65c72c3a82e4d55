import { Ellipsis } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useText } from "../../i18n";
import { Confirm, PopoverButton } from "../../ui";
import type { PanelName } from "./panel-name";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";

const MoreItems = lazy(async () => ({ default: (await import("./MoreItems")).MoreItems }));

interface Props {
  session: MeetingSession;
  view: MeetingView;
  onPanel: (panel: PanelName) => void;
  onShortcuts: () => void;
  /** Opens the small window, where there can be one. */
  onSmall: (() => void) | undefined;
}

/** What is seldom needed in session, and on phones what has no key. */
export function MoreMenu({ session, view, onPanel, onShortcuts, onSmall }: Props) {
  const text = useText();
  const words = text.meeting;
  const [ending, setEnding] = useState(false);

  return (
    <>
      <PopoverButton
        className="key block"
        id="key-more"
        placement="top"
        popoverClass="popover room"
        content={(parts) => (
          <Suspense fallback={null}>
            <MoreItems
              parts={parts}
              session={session}
              view={view}
              onPanel={onPanel}
              onShortcuts={onShortcuts}
              onSmall={onSmall}
              onEnd={() => setEnding(true)}
            />
          </Suspense>
        )}
      >
        <Ellipsis className="i" aria-hidden />
        <span>{words.more}</span>
        {view.chat.unread > 0 && <span className="n phoneonly">{view.chat.unread}</span>}
      </PopoverButton>
      {ending && (
        <Confirm
          title={words.endTitle}
          help={words.endHelp}
          action={words.end}
          onConfirm={() => void session.orders.end()}
          onClose={() => setEnding(false)}
        />
      )}
    </>
  );
}
