import { useRef } from "react";
import { useText } from "../../i18n";
import { arrange, roomFor } from "./arrangement";
import { largesOf, stripOf } from "./speaker";
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
  pinned: readonly string[];
  onPin: (identity: string) => void;
  alone: boolean;
}

/** Who speaks is large, the others in a strip; a tile asks for pictures of its own size, so that a strip is cheap. */
export function SpeakerLayout({ people, holder, pinned, onPin, alone }: Props) {
  const text = useText();
  const element = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(element);
  const large = largesOf(people, pinned, holder, useSpotlight(people));
  const strip = stripOf(people, large, roomFor(width, height));
  const hidden = people.length - strip.length - large.length;
  const places = arrange(width, height, {
    large: large.length,
    small: strip.length,
    note: hidden > 0 || alone,
  });

  return (
    <section
      ref={element}
      className={strip.length === 0 ? "speaker single" : "speaker"}
      aria-label={text.meeting.stage}
    >
      {/* Everybody stays where they are in the page: who becomes large is not taken out, and their picture goes on. */}
      {people
        .filter((person) => large.includes(person) || strip.includes(person))
        .map((person) => (
          <Tile
            key={person.identity}
            person={person}
            large={large.includes(person)}
            place={places.large[large.indexOf(person)] ?? places.small[strip.indexOf(person)]}
            {...(!person.isSelf && {
              pin: { on: pinned.includes(person.identity), toggle: () => onPin(person.identity) },
            })}
          />
        ))}
      {(hidden > 0 || alone) && (
        <p className="others sm q2" style={places.note}>
          {hidden > 0 ? text.meeting.others(hidden) : text.meeting.alone}
        </p>
      )}
    </section>
  );
}
