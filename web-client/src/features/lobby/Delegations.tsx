import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import type { WaitingParty, WaitingPerson, WaitingTable } from "../../api/meetings";
import { useText } from "../../i18n";
import { Flag } from "../../ui";
import { arrivals } from "./arrivals";
import type { Gathering } from "./gathering";

interface Props {
  table: WaitingTable;
  gathering: Gathering | undefined;
}

/** One column a delegation: who is there, and who is expected. */
export function Delegations({ table, gathering }: Props) {
  const speaking = useSpeaking(gathering);
  return (
    <>
      <div className="delegations">
        {table.parties.map((party, at) => (
          <Column key={at} party={party} speaking={party.own ? speaking.who : nobody} own={speaking.own} />
        ))}
      </div>
      <Arrivals table={table} />
    </>
  );
}

interface ColumnProps {
  party: WaitingParty;
  speaking: ReadonlySet<string>;
  own: string | undefined;
}

function Column({ party, speaking, own }: ColumnProps) {
  const words = useText("lobby").lobby;
  return (
    <section className="delegates" aria-label={party.name}>
      <div className="delegateshead">
        {party.country !== null && <Flag country={party.country} />}
        <h2>{party.name}</h2>
        {party.own && <span className="caps">{words.own}</span>}
      </div>
      <p className="sm">{words.present(party.there, party.expected)}</p>
      {party.people && (
        <ul>
          {party.people.map((person, at) => (
            <Card
              key={person.identity ?? at}
              person={person}
              speaks={person.identity !== null && speaking.has(person.identity)}
              isSelf={person.identity !== null && person.identity === own}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface CardProps {
  person: WaitingPerson;
  speaks: boolean;
  isSelf: boolean;
}

/** A nameplate: white where somebody is there, an outline where somebody is expected. */
function Card({ person, speaks, isSelf }: CardProps) {
  const words = useText("lobby").lobby;
  const { name, title, is_head: isHead, state } = person;
  const second = [title === "" ? "" : name, isHead ? words.head : "", isSelf ? words.you : ""];
  return (
    <li className={`seatcard ${state} ${speaks ? "speaks" : ""}`} data-state={state}>
      <span className="two grow">
        <span>{title === "" ? name : title}</span>
        <span>{second.filter((part) => part !== "").join(", ")}</span>
      </span>
      {speaks ? (
        <span className="lamp" role="img" aria-label={words.speaks}>
          <i />
          <i />
          <i />
        </span>
      ) : (
        <span className="seatstate">{words.states[state]}</span>
      )}
    </li>
  );
}

/** Says who has come to those who do not see it. */
function Arrivals({ table }: { table: WaitingTable }) {
  const words = useText("lobby").lobby;
  const before = useRef<WaitingTable>(undefined);
  const [said, setSaid] = useState("");

  useEffect(() => {
    const come = arrivals(before.current, table);
    before.current = table;
    if (come.length > 0) setSaid(come.map(({ name, party }) => words.arrived(name, party)).join(" "));
  }, [table, words]);

  return (
    <p className="hide" role="log">
      {said}
    </p>
  );
}

/** Who of one's delegation speaks, and who one is there. */
function useSpeaking(gathering: Gathering | undefined) {
  const view = useSyncExternalStore(gathering?.shown.subscribe ?? never, () => gathering?.shown.current());
  return { who: view?.speaking ?? nobody, own: view?.own };
}

const nobody: ReadonlySet<string> = new Set();
const never = () => () => undefined;
