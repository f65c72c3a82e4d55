import { useText } from "../../i18n";
import type { Sparing } from "./choices";

interface Props {
  sparing: Sparing;
  onSpare: (what: keyof Sparing, yes: boolean) => void;
}

/** What one may give up so that a weak or dear link suffices. */
export function SparingChoice({ sparing, onSpare }: Props) {
  const words = useText().sparing;
  return (
    <fieldset className="checks">
      <legend className="label">{words.title}</legend>
      {(["audioOnly", "saveData"] as const).map((what) => (
        <label key={what} className="check">
          <input
            type="checkbox"
            checked={sparing[what]}
            onChange={(event) => onSpare(what, event.target.checked)}
          />
          <span className="two">
            <span>{words[what].title}</span>
            <span>{words[what].help}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
