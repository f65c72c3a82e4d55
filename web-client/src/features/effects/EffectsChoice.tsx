import { useText } from "../../i18n";
import { blurAbility, quietAbility, type Ability } from "./ability";
import { thisDevice } from "./device";

/** What may be done to one's own picture and voice. */
export interface Wanted {
  blur: boolean;
  quiet: boolean;
}

interface Props {
  wanted: Wanted;
  saveData: boolean;
  onChange: (what: keyof Wanted, yes: boolean) => void;
}

/** Blurs the background and takes noises out, where the machine can. */
export function EffectsChoice({ wanted, saveData, onChange }: Props) {
  const words = useText().effects;
  const device = thisDevice(saveData);
  const lines: readonly [keyof Wanted, Ability][] = [
    ["blur", blurAbility(device)],
    ["quiet", quietAbility(device)],
  ];
  return (
    <fieldset className="checks">
      <legend className="label">{words.title}</legend>
      {lines.map(([what, ability]) => (
        <label key={what} className="check">
          <input
            type="checkbox"
            // Whoever has it may take it back, come what may.
            disabled={ability !== "able" && !wanted[what]}
            checked={wanted[what]}
            onChange={(event) => onChange(what, event.target.checked)}
          />
          <span className="two">
            <span>{words[what].title}</span>
            <span>{ability === "able" ? words[what].help : words.not[ability]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
