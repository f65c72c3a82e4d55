import { Hand, Image, MicOff, Phone, Pin, User } from "lucide-react";
import { ToggleButton } from "react-aria-components";
import { useText } from "../../i18n";
import { Bars, Flag } from "../../ui";
import type { Rect } from "./arrangement";
import { Picture } from "./Picture";
import { placeOf } from "./place";
import type { Person, PhoneSeat } from "./view";

interface Props {
  person: Person;
  /** Where the name lies on the table. */
  plain?: boolean;
  /** Beside whom the others are small. */
  large?: boolean;
  /** Where it lies, if that is reckoned. */
  place?: Rect | undefined;
  /** Whether this one is kept large, and how to change that. */
  pin?: { on: boolean; toggle: () => void };
}

/** One person: picture or seal, nameplate, and whatever matters at a glance. */
export function Tile({ person, plain = false, large = false, place, pin }: Props) {
  const text = useText();
  const name = person.isSelf ? text.meeting.you : person.name;
  const weak = person.quality === "poor" || person.quality === "lost";

  return (
    <figure
      className={`tile ${person.speaking ? "speaks" : ""} ${person.camera ? "" : "voiceonly"} ${large ? "large" : ""}`}
      data-identity={person.identity}
      style={place}
    >
      {person.camera ? (
        <Picture track={person.camera} mirrored={person.isSelf} />
      ) : (
        <div className="seal">
          <span>
            {person.phone ? <Phone className="i l" aria-hidden /> : <User className="i l" aria-hidden />}
          </span>
          {person.phone ? <PhoneWords person={person} seat={person.phone} /> : <Where person={person} />}
        </div>
      )}
      <div className="corner">
        {person.turn > 0 && (
          <span>
            <Hand className="i s" aria-hidden />
            {person.turn}
            <span className="hide">{text.meeting.handRaised(name)}</span>
          </span>
        )}
        {person.still && person.camera && (
          <span>
            <Image className="i s" aria-hidden />
            {text.meeting.still}
          </span>
        )}
        {weak && !person.isSelf && (
          <span>
            <Bars of={person.quality} />
            {text.meeting.quality[person.quality]}
          </span>
        )}
      </div>
      {pin && (
        <ToggleButton
          className="pin"
          isSelected={pin.on}
          onChange={pin.toggle}
          aria-label={text.meeting.keepLargeName(name)}
        >
          <Pin className="i s" aria-hidden />
          {text.meeting.keepLarge}
        </ToggleButton>
      )}
      <figcaption className="plate">
        {person.speaking ? (
          <span className="lamp" role="img" aria-label={text.meeting.speaks}>
            <i />
            <i />
            <i />
          </span>
        ) : (
          !person.microphoneOpen && <MicOff className="i" role="img" aria-label={text.meeting.muted} />
        )}
        {person.flag !== "" && !plain && <Flag country={person.flag} small />}
        {plain ? <span className="hide">{name}</span> : <span>{plateOf(person, name)}</span>}
        {/* Under a face there is no seal to say it; who sits for a party has its name. */}
        {person.camera && !person.isSelf && !person.place && !plain && <Where person={person} />}
      </figcaption>
    </figure>
  );
}

/** A function comes before a name, and a party after both. */
function plateOf({ place }: Person, name: string): string {
  if (!place) return name;
  return [place.title === "" ? name : place.title, place.party].join(", ");
}

/** By which way somebody takes part, and from where; or how far the call is. */
function PhoneWords({ person, seat }: { person: Person; seat: PhoneSeat }) {
  const text = useText();
  const words = text.meeting.phone;
  if (seat.status !== "active") return <>{words.statuses[seat.status]}</>;
  return (
    <>
      {words.byPhone}
      <Where person={person} />
    </>
  );
}

/** The post and the extension, of whoever has them. */
function Where({ person }: { person: Person }) {
  const where = placeOf(useText(), person);
  return where === "" ? null : <small className="where">{where}</small>;
}
