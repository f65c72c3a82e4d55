import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { useText } from "../../i18n";
import { Button, Flag } from "../../ui";
import { spanOf } from "../phone/time";
import { useNow } from "../phone/useNow";
import { pointOf, type Agenda } from "./agenda";
import type { Floor } from "./floor";
import { pagesOf, rowOf, type Side, type Table } from "./table";
import { Tile } from "./Tile";
import type { Person } from "./view";
import "./table.css";

interface Props {
  table: Table<Person>;
  floor: Floor | undefined;
  agenda: Agenda | undefined;
}

/** Two delegations face each other over the cloth, their heads in the middle. */
export function TableLayout({ table, floor, agenda }: Props) {
  const text = useText();
  const words = text.meeting.table;
  const [asked, setAsked] = useState(1);
  const pages = pagesOf(table);
  const page = Math.min(asked, pages);
  const point = pointOf(agenda);

  return (
    <section className="table" aria-label={text.meeting.stage}>
      <Row side={table.far} page={page} />
      <div className="cloth">
        <Cards side={table.far} page={page} holder={floor?.holder} />
        <div className="middle">
          {agenda && point ? (
            <>
              <p className="sm on2">{text.floor.point(agenda.current, agenda.points.length)}</p>
              <h2>{point.title}</h2>
            </>
          ) : (
            <h2>
              {table.far.party} – {table.near.party}
            </h2>
          )}
          {floor && <Speech table={table} floor={floor} />}
          {table.others.length > 0 && <p className="sm on2">{words.others(table.others.length)}</p>}
          {pages > 1 && (
            <nav className="turn" aria-label={text.meeting.page(page, pages)}>
              <Button
                small
                rank="ghost"
                aria-label={text.meeting.previousPage}
                isDisabled={page === 1}
                onPress={() => setAsked(page - 1)}
              >
                <ChevronLeft className="i" aria-hidden />
              </Button>
              <span className="sm on2">{text.meeting.page(page, pages)}</span>
              <Button
                small
                rank="ghost"
                aria-label={text.meeting.nextPage}
                isDisabled={page === pages}
                onPress={() => setAsked(page + 1)}
              >
                <ChevronRight className="i" aria-hidden />
              </Button>
            </nav>
          )}
        </div>
        <Cards side={table.near} page={page} holder={floor?.holder} />
      </div>
      <Row side={table.near} page={page} />
    </section>
  );
}

interface RowProps {
  side: Side<Person>;
  page: number;
}

function Row({ side, page }: RowProps) {
  const words = useText().meeting.table;
  const row = rowOf(side.people, page);
  return (
    <section className="side" aria-label={words.delegation(side.party)} style={columnsOf(row)}>
      {row.map((person) => (
        <Tile key={person.identity} person={person} plain />
      ))}
    </section>
  );
}

function Cards({ side, page, holder }: RowProps & { holder: string | undefined }) {
  const text = useText();
  const row = rowOf(side.people, page);
  return (
    <div className="cards" style={columnsOf(row)}>
      {row.map(({ identity, name, isSelf, place, speaking }) => (
        <div key={identity} className={`namecard ${speaking || identity === holder ? "speaks" : ""}`}>
          {place?.isHead && (
            <span className="caps party">
              {side.country !== "" && <Flag country={side.country} small />}
              {side.party}
            </span>
          )}
          <b>{place?.title === "" ? name : place?.title}</b>
          <span>
            {[place?.title === "" ? "" : name, isSelf ? text.meeting.table.you : ""]
              .filter((part) => part !== "")
              .join(", ")}
          </span>
        </div>
      ))}
    </div>
  );
}

/** Who has the floor, for how long, and of how long. */
function Speech({ table, floor }: { table: Table<Person>; floor: Floor }) {
  const text = useText();
  const words = text.meeting.table;
  const now = useNow(1_000);
  const everybody = [...table.far.people, ...table.near.people, ...table.others];
  const holder = everybody.find(({ identity }) => identity === floor.holder);
  if (!holder) return <p className="sm on2">{text.floor.nobody}</p>;

  const spoken = now.getTime() - floor.since;
  const limit = floor.limitSeconds;
  return (
    <p className="speech sm" role="timer">
      <span className="lamp" aria-hidden>
        <i />
        <i />
        <i />
      </span>
      <span>
        {words.hasFloor}{" "}
        <b>{[holder.place?.party, holder.place?.title || holder.name].filter(Boolean).join(", ")}</b>
      </span>
      {limit !== undefined && (
        <span className="meter" aria-hidden>
          <i style={{ width: `${Math.min(100, spoken / (limit * 10))}%` }} />
        </span>
      )}
      <span>
        <b>{spanOf(spoken)}</b>
        {limit !== undefined && ` ${words.of} ${spanOf(limit * 1_000)}`}
      </span>
    </p>
  );
}

/** Heads sit wider; a short row stands in the middle, since faces are no wider for being few. */
function columnsOf(row: readonly Person[]) {
  const widths = row.map(({ place }) => (place?.isHead ? HEAD : 1));
  return {
    gridTemplateColumns: widths.map((width) => `${width}fr`).join(" "),
    maxWidth: `${widths.reduce((sum, width) => sum + width, 0) * SEAT_REM}rem`,
  };
}

/** As many seats as a head takes. */
const HEAD = 1.72;
/** The widest that a seat is. */
const SEAT_REM = 16;
