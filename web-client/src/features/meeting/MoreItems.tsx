import { useText } from "../../i18n";
import { copyText, type PopoverParts } from "../../ui";
import type { PanelName } from "./panel-name";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";

interface Props {
  parts: PopoverParts;
  session: MeetingSession;
  view: MeetingView;
  onPanel: (panel: PanelName) => void;
  onShortcuts: () => void;
  /** Opens the small window, where there can be one. */
  onSmall: (() => void) | undefined;
  onEnd: () => void;
}

/** The lines of what is seldom needed in session. */
export function MoreItems({
  parts: { Menu, MenuItem },
  session,
  view,
  onPanel,
  onShortcuts,
  onSmall,
  onEnd,
}: Props) {
  const text = useText();
  const words = text.meeting;

  const act = (key: string) => {
    switch (key) {
      case "floor":
      case "people":
      case "messages":
      case "invite":
      case "settings":
      case "info":
        onPanel(key);
        break;
      case "share":
        void session.toggleShare();
        break;
      case "copy":
        void copyText(location.href).then((done) =>
          session.say(done ? { says: "link-copied" } : { says: "error", code: "unexpected" }),
        );
        break;
      case "small":
        onSmall?.();
        break;
      case "shortcuts":
        onShortcuts();
        break;
      case "lock":
        void session.toggleLock();
        break;
      case "end":
        onEnd();
        break;
    }
  };

  return (
    <Menu className="menu" aria-label={words.more} onAction={(key) => act(String(key))}>
      <MenuItem id="floor" className="option phoneonly">
        {text.floor.title}
      </MenuItem>
      <MenuItem id="people" className="option phoneonly">
        {words.participants}
      </MenuItem>
      <MenuItem id="messages" className="option phoneonly">
        {words.messages}
      </MenuItem>
      {view.speaks && (
        <MenuItem id="share" className="option phoneonly">
          {view.sharing ? words.stopPresenting : words.present}
        </MenuItem>
      )}
      <MenuItem id="invite" className="option">
        {words.invite.title}
      </MenuItem>
      <MenuItem id="copy" className="option">
        {words.copyLink}
      </MenuItem>
      {onSmall && (
        <MenuItem id="small" className="option">
          {words.smallWindow}
        </MenuItem>
      )}
      <MenuItem id="settings" className="option">
        {words.settings}
      </MenuItem>
      <MenuItem id="info" className="option">
        {words.information}
      </MenuItem>
      <MenuItem id="shortcuts" className="option">
        {words.shortcuts}
      </MenuItem>
      {view.directs && (
        <MenuItem id="lock" className="option">
          {view.locked ? words.unlock : words.lock}
        </MenuItem>
      )}
      {view.directs && (
        <MenuItem id="end" className="option danger">
          {words.end}
        </MenuItem>
      )}
    </Menu>
  );
}
