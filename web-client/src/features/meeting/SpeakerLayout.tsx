import { useRef } from "react";
import { useText } from "../../i18n";
import { largeOf, stripOf } from "./speaker";
import { Tile } from "./Tile";
import { useSize } from "./useSize";
import { useSpotlight } from "./useSpotlight";
import type { Person } from "./view";
import "./speaker.css";

interface Props {
  people: readonly Person[];
  /** Who has the floor, where it is given. */
  holder: string | undefined;
  /** Whom one wants large, whoever speaks. */
  pinned: string | undefined;
  onPin: (identity: string | undefined) => void;
  alone: boolean;
}

/** Who speaks is large, the others in a strip; a tile asks for pictures of its own size, so that a strip is cheap. */
export function SpeakerLayout({ people, holder, pinned, onPin, alone }: Props) {
  const text = useText();
  const element = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(element);
  const large = largeOf(people, pinned, holder, useSpotlight(people));

  // Seven on phones, in two columns under the wide one; beside it, as many as stand above one another.
  const narrow = width < NARROW;
  const room = narrow ? 6 : Math.max(1, Math.floor((height - FOOT) / ((STRIP * 9) / 16 + GAP)));
  const strip = stripOf(people, large, room);
  const hidden = people.length - strip.length - (large ? 1 : 0);
  const rows = narrow ? Math.ceil(strip.length / 2) : strip.length;

  return (
    <section
      ref={element}
      className={narrow ? "speaker narrow" : "speaker"}
      aria-label={text.meeting.stage}
      style={{
        gridTemplateRows: narrow
          ? `minmax(0, 1.6fr) repeat(${rows}, minmax(0, 1fr)) auto`
          : `repeat(${rows}, auto) minmax(0, 1fr)`,
      }}
    >
      {/* Everybody stays where they are in the page: who becomes large is not taken out, and their picture goes on. */}
      {people
        .filter((person) => person === large || strip.includes(person))
        .map((person) => (
          <Tile
            key={person.identity}
            person={person}
            large={person === large}
            {...(!person.isSelf && {
              pin: {
                on: person.identity === pinned,
                toggle: () => onPin(person.identity === pinned ? undefined : person.identity),
              },
            })}
          />
        ))}
      {hidden > 0 && <p className="others sm q2">{text.meeting.others(hidden)}</p>}
      {alone && <p className="others sm q2">{text.meeting.alone}</p>}
    </section>
  );
}

/** As wide a stage as phones have, at most. */
const NARROW = 640;
/** The strip's width, as in speaker.css. */
const STRIP = 232;
const GAP = 8;
/** What those who are not shown are said in. */
const FOOT = 44;
