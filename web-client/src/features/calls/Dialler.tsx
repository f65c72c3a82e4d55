import { Grip, Phone } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import { useFound } from "../number";
import { PresenceWord, usePhone, useTelephone, whereOf } from "../phone";
import { DialPad } from "./DialPad";

interface Props {
  typed: string;
  onType: (typed: string) => void;
}

/** A number is dialled, a name is looked for. */
export function Dialler({ typed, onType }: Props) {
  const text = useText("calls", "phone");
  const words = text.calls.dial;
  const telephone = useTelephone();
  const { asking } = usePhone();
  const [pad, setPad] = useState(false);
  const number = /^[\d*#+\s().-]+$/.test(typed.trim()) ? typed.trim() : undefined;

  const call = (to: string) =>
    void telephone?.place(to).then((done) => {
      if (done) onType("");
    });

  return (
    <>
      <Form
        className="dialform"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          if (number !== undefined) call(number);
        }}
      >
        <div className="input">
          <button
            type="button"
            className="padkey"
            aria-expanded={pad}
            aria-label={pad ? words.close : words.open}
            title={pad ? words.close : words.open}
            onClick={() => setPad(!pad)}
          >
            <Grip className="i" aria-hidden />
          </button>
          <input
            type="search"
            placeholder={words.label}
            aria-label={words.label}
            autoComplete="off"
            spellCheck={false}
            maxLength={60}
            value={typed}
            onChange={(event) => onType(event.target.value)}
          />
        </div>
        {number !== undefined && (
          <Button rank="primary" type="submit" isDisabled={asking}>
            <Phone className="i s" aria-hidden />
            {words.call}
          </Button>
        )}
      </Form>
      {pad && <DialPad onKey={(key) => onType(typed + key)} onErase={() => onType(typed.slice(0, -1))} />}
      {typed.trim() !== "" && <Found typed={typed} onCall={call} />}
    </>
  );
}

/** Whoever the directory knows by what was typed. */
function Found({ typed, onCall }: { typed: string; onCall: (number: string) => void }) {
  const text = useText("calls", "phone");
  const found = useFound(typed, 8).filter(({ is_self }) => !is_self);
  const { state } = usePhone();

  if (found.length === 0) return null;
  return (
    <section aria-label={text.calls.dial.found}>
      <h2 className="caps q3 day">{text.calls.dial.found}</h2>
      <ul className="log">
        {found.map((entry) => {
          const presence = state.presence[entry.number] ?? entry.presence;
          return (
            <li key={entry.number}>
              <button className="line" onClick={() => onCall(entry.number)}>
                <Phone className="i" aria-hidden />
                <span className="hide">{`${text.calls.dial.call} `}</span>
                <span className="two grow">
                  <span>{entry.name}</span>
                  <span>{whereOf(text, entry)}</span>
                </span>
                {presence && <PresenceWord presence={presence} />}
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
