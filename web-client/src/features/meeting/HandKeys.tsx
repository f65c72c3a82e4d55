import { ChevronUp, Hand } from "lucide-react";
import { useText } from "../../i18n";
import { PopoverButton } from "../../ui";
import { Key } from "./Key";
import { gestures } from "./floor";
import type { MeetingSession } from "./session";
import type { MeetingView } from "./view";

/** Asks for the floor, or gives it back. Where the floor is given by a chair, there are two more ways to ask. */
export function HandKeys({ session, view }: { session: MeetingSession; view: MeetingView }) {
  const text = useText();
  const words = text.meeting;
  const own = view.people.find(({ isSelf }) => isSelf);

  if (view.floor && own && view.floor.holder === own.identity)
    return (
      <Key
        name="hand"
        pressed={false}
        tone="wide"
        icon={<Hand className="i" />}
        word={text.floor.yield}
        short={text.floor.yieldShort}
        onPress={() => void session.yieldFloor()}
      />
    );

  const ask = (
    <Key
      name="hand"
      pressed={view.handUp}
      tone="wide"
      icon={<Hand className="i" />}
      word={view.handUp ? words.lowerHand : words.askFloor}
      short={view.handUp ? words.lowerShort : words.floorShort}
      onPress={() => void session.toggleHand(view.handUp ? own?.gesture : "floor")}
    />
  );
  if (!view.floor || !own?.priority) return ask;
  return (
    <div className="duo">
      {ask}
      <PopoverButton
        className="more"
        aria-label={text.floor.otherWays}
        placement="top"
        popoverClass="popover room"
        content={({ Menu, MenuItem }) => (
          <Menu
            className="menu"
            aria-label={text.floor.otherWays}
            onAction={(key) => {
              const gesture = gestures.find((one) => one === key);
              if (gesture) void session.toggleHand(gesture);
            }}
          >
            {gestures
              .filter((gesture) => gesture !== "floor")
              .map((gesture) => (
                <MenuItem key={gesture} id={gesture} className="option">
                  {text.floor.ask[gesture]}
                </MenuItem>
              ))}
          </Menu>
        )}
      >
        <ChevronUp className="i s" aria-hidden />
      </PopoverButton>
    </div>
  );
}
