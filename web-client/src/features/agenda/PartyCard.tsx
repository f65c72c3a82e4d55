import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import type { SeatRole } from "../../api/schedules";
import { seatRoles } from "../../api/seat-roles";
import { useText, type Language } from "../../i18n";
import { Button, Choice, Field } from "../../ui";
import { newSeat, shifted, type DraftParty, type DraftSeat } from "./draft";

interface Props {
  party: DraftParty;
  number: number;
  language: Language;
  onChange: (next: (party: DraftParty) => DraftParty) => void;
  onHead: (key: string) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** One party: its name, and its seats in the order of precedence. */
export function PartyCard({ party, number, language, onChange, onHead, onMove, onRemove }: Props) {
  const words = useText("agenda").agenda.form;
  const name = party.name === "" ? words.party(number) : party.name;
  const setSeat = (key: string, next: Partial<DraftSeat>) =>
    onChange((now) => ({
      ...now,
      seats: now.seats.map((seat) => (seat.key === key ? { ...seat, ...next } : seat)),
    }));

  return (
    <fieldset className="card delegation">
      <legend className="hide">{name}</legend>
      <div className="partyhead">
        <Field
          label={words.partyName}
          maxLength={60}
          value={party.name}
          onChange={(next) => onChange((now) => ({ ...now, name: next }))}
        />
        <Field
          label={words.country}
          maxLength={2}
          autoComplete="off"
          value={party.country}
          onChange={(country) => onChange((now) => ({ ...now, country: country.toUpperCase() }))}
        />
        <Movers name={name} onMove={onMove} onRemove={onRemove} removeWord={words.removeParty(name)} />
      </div>
      <ol className="seats">
        {party.seats.map((seat, at) => {
          const who = seat.name === "" ? words.nobody : seat.name;
          return (
            <li key={seat.key} aria-label={words.seat(at + 1)}>
              <div className="seathead">
                <span className="place" aria-hidden>
                  {at + 1}
                </span>
                <label className="check sm">
                  <input
                    type="radio"
                    name={`head-${party.key}`}
                    aria-label={words.makeHead(who)}
                    checked={seat.isHead}
                    onChange={() => onHead(seat.key)}
                  />
                  {words.head}
                </label>
                <Movers
                  name={who}
                  onMove={(by) => onChange((now) => ({ ...now, seats: shifted(now.seats, at, by) }))}
                  onRemove={() =>
                    onChange((now) => ({ ...now, seats: now.seats.filter((each) => each.key !== seat.key) }))
                  }
                  removeWord={words.removeSeat(who)}
                />
              </div>
              <div className="seatfields">
                <Field
                  label={words.seatName}
                  maxLength={100}
                  autoComplete="off"
                  value={seat.name}
                  onChange={(next) => setSeat(seat.key, { name: next })}
                />
                <Field
                  label={words.seatTitle}
                  maxLength={120}
                  autoComplete="off"
                  value={seat.title}
                  onChange={(title) => setSeat(seat.key, { title })}
                />
                <Field
                  label={words.seatEmail}
                  type="email"
                  autoComplete="off"
                  value={seat.email}
                  onChange={(email) => setSeat(seat.key, { email })}
                />
                <Choice
                  label={words.seatRole}
                  options={seatRoles.map((role) => ({ id: role, word: words.roles[role] }))}
                  chosen={seat.role}
                  onChoose={(role) => setSeat(seat.key, { role: role as SeatRole })}
                />
                <Choice
                  label={words.seatLanguage}
                  options={[
                    { id: "fr", word: words.french },
                    { id: "en", word: words.english },
                  ]}
                  chosen={seat.language}
                  onChoose={(next) => setSeat(seat.key, { language: next as "fr" | "en" })}
                />
              </div>
            </li>
          );
        })}
      </ol>
      <Button
        rank="ghost"
        small
        onPress={() =>
          onChange((now) => ({
            ...now,
            seats: [...now.seats, newSeat(now.seats.at(-1)?.language ?? language)],
          }))
        }
      >
        <Plus className="i s" aria-hidden />
        {words.addSeat}
        <span className="hide">{name}</span>
      </Button>
    </fieldset>
  );
}

interface MoversProps {
  name: string;
  removeWord: string;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
}

/** Up, down, away. */
function Movers({ name, removeWord, onMove, onRemove }: MoversProps) {
  const words = useText("agenda").agenda.form;
  return (
    <span className="movers">
      <Button rank="ghost" small className="icon" aria-label={words.up(name)} onPress={() => onMove(-1)}>
        <ArrowUp className="i s" aria-hidden />
      </Button>
      <Button rank="ghost" small className="icon" aria-label={words.down(name)} onPress={() => onMove(1)}>
        <ArrowDown className="i s" aria-hidden />
      </Button>
      <Button rank="ghost" small className="icon" aria-label={removeWord} onPress={onRemove}>
        <Trash2 className="i s" aria-hidden />
      </Button>
    </span>
  );
}
