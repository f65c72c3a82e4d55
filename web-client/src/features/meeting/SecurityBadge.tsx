import { Shield, ShieldAlert } from "lucide-react";
import { useText } from "../../i18n";
import { PopoverButton } from "../../ui";
import { securityOf } from "./security";
import type { Person } from "./view";

/** Who is here whom one ought to know of: in a few words, and by name for whoever opens it. */
export function SecurityBadge({ people }: { people: readonly Person[] }) {
  const words = useText().floor.security;
  const { guests, phones, plain } = securityOf(people);
  const Icon = plain.length > 0 ? ShieldAlert : Shield;
  const short = [
    guests.length > 0 ? words.guests(guests.length) : "",
    phones.length > 0 ? words.phones(phones.length) : "",
    plain.length > 0 ? words.plain(plain.length) : "",
  ].filter((part) => part !== "");

  return (
    <PopoverButton
      className="security"
      opens="dialog"
      placement="bottom end"
      popoverClass="popover securitycard"
      content={({ Dialog }) => (
        <Dialog aria-label={words.title}>
          <h2 className="lg">{words.title}</h2>
          <Named title={words.guestsTitle} people={guests} none={words.noGuests} />
          <Named title={words.phonesTitle} people={phones} none={words.noPhones} />
          {phones.length > 0 && (
            <Named title={words.plainTitle} people={plain} none={words.noPlain} help={words.plainHelp} />
          )}
          <p className="sm q3">{words.browsers}</p>
        </Dialog>
      )}
    >
      <Icon className="i s" aria-hidden />
      {short.length === 0 ? words.house : short.join(", ")}
    </PopoverButton>
  );
}

interface NamedProps {
  title: string;
  people: readonly Person[];
  none: string;
  help?: string;
}

function Named({ title, people, none, help }: NamedProps) {
  return (
    <section>
      <h3 className="caps q3">{title}</h3>
      {people.length === 0 ? (
        <p className="sm q2">{none}</p>
      ) : (
        <ul className="sm">
          {people.map(({ identity, name, place }) => (
            <li key={identity}>{[name, place?.party ?? ""].filter((part) => part !== "").join(", ")}</li>
          ))}
        </ul>
      )}
      {people.length > 0 && help !== undefined && <p className="sm q2">{help}</p>}
    </section>
  );
}
