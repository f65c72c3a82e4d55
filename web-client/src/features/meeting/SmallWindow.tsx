import { Maximize2, Mic, MicOff } from "lucide-react";
import { createPortal } from "react-dom";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import { Picture } from "./Picture";
import type { MeetingSession } from "./session";
import { largesOf } from "./speaker";
import { Tile } from "./Tile";
import { useSpotlight } from "./useSpotlight";
import type { MeetingView } from "./view";
import "./small-window.css";

interface Props {
  into: Window;
  session: MeetingSession;
  view: MeetingView;
}

/** The shown screen, or who speaks; one's microphone; and the way back. */
export function SmallWindow({ into, session, view }: Props) {
  const words = useText().meeting;
  const { share, people, floor, microphoneOpen } = view;
  const [shown] = largesOf(people, [], floor?.holder, useSpotlight(people));

  return createPortal(
    <div className="room small">
      {share ? (
        <figure className="tile shared">
          <Picture track={share.track} whole />
          <figcaption className="plate">
            <span>{words.presenting(share.name)}</span>
          </figcaption>
        </figure>
      ) : (
        shown && <Tile person={shown} large />
      )}
      <div className="row">
        {view.speaks && (
          <Button small aria-pressed={microphoneOpen} onPress={() => void session.toggleMicrophone()}>
            {microphoneOpen ? <Mic className="i s" aria-hidden /> : <MicOff className="i s" aria-hidden />}
            {microphoneOpen ? words.micOpen : words.micMuted}
          </Button>
        )}
        <Button
          small
          rank="ghost"
          onPress={() => {
            into.close();
            window.focus();
          }}
        >
          <Maximize2 className="i s" aria-hidden />
          {words.backToPage}
        </Button>
      </div>
    </div>,
    into.document.body,
  );
}
