import { useRef } from "react";
import { useText } from "../../i18n";
import { Picture } from "./Picture";
import { Tile } from "./Tile";
import { useSize } from "./useSize";
import type { Person, Share } from "./view";

interface Props {
  share: Share;
  people: readonly Person[];
}

/** A shown screen, whole, with who speaks first in the strip beside it. */
export function Presentation({ share, people }: Props) {
  const text = useText();
  const strip = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(strip);
  // A tile is 16:9; on phones the strip lies below the screen and holds two.
  const across = width > height ? 2 : 1;
  const room = Math.max(1, across === 2 ? 2 : Math.floor((height - 40) / ((width * 9) / 16 + 8)));
  const order = [
    ...people.filter((person) => person.speaking),
    ...people.filter((person) => !person.speaking),
  ];
  const shown = order.slice(0, room);
  const others = order.length - shown.length;

  return (
    <div className="presentation">
      <figure className="tile shared" data-share={share.identity}>
        <Picture track={share.track} whole />
        <figcaption className="plate">
          <span>{text.meeting.presenting(share.name)}</span>
        </figcaption>
      </figure>
      <div className="strip" ref={strip}>
        {shown.map((person) => (
          <Tile key={person.identity} person={person} />
        ))}
        {others > 0 && <p className="others sm q2">{text.meeting.others(others)}</p>}
      </div>
    </div>
  );
}
