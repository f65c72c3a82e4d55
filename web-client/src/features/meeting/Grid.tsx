import { ChevronLeft, ChevronRight } from "lucide-react";
import { useRef, useState } from "react";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import { gridShape, pageOf, tilesPerPage } from "./seating";
import { Tile } from "./Tile";
import { useSize } from "./useSize";
import type { Person } from "./view";

interface Props {
  people: readonly Person[];
  alone: boolean;
}

/** Everybody in one order, a page at a time. */
export function Grid({ people, alone }: Props) {
  const text = useText();
  const [asked, setAsked] = useState(1);
  const element = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(element);
  const page = pageOf(people, asked, tilesPerPage(width));
  const shape = gridShape(page.people.length, width, height);

  return (
    <section className="gridbox" aria-label={text.meeting.stage}>
      <div
        ref={element}
        className="grid"
        style={{
          gridTemplate: `repeat(${shape.rows}, minmax(0, 1fr)) / repeat(${shape.columns}, minmax(0, 1fr))`,
        }}
      >
        {page.people.map((person) => (
          <Tile key={person.identity} person={person} />
        ))}
      </div>
      {alone && <p className="sm q2 alone">{text.meeting.alone}</p>}
      {page.of > 1 && (
        <nav className="pages" aria-label={text.meeting.page(page.number, page.of)}>
          <Button
            small
            rank="ghost"
            aria-label={text.meeting.previousPage}
            isDisabled={page.number === 1}
            onPress={() => setAsked(page.number - 1)}
          >
            <ChevronLeft className="i" aria-hidden />
          </Button>
          <span className="sm q2" role="status">
            {text.meeting.page(page.number, page.of)}
          </span>
          <Button
            small
            rank="ghost"
            aria-label={text.meeting.nextPage}
            isDisabled={page.number === page.of}
            onPress={() => setAsked(page.number + 1)}
          >
            <ChevronRight className="i" aria-hidden />
          </Button>
        </nav>
      )}
    </section>
  );
}
