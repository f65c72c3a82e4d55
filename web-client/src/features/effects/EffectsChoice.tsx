import { useText } from "../../i18n";
import { Checks, type Check } from "../../ui";
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
  const check = (id: keyof Wanted, ability: Ability): Check<keyof Wanted> => ({
    id,
    title: words[id].title,
    help: ability === "able" ? words[id].help : words.not[ability],
    isChecked: wanted[id],
    // Whoever has it may take it back, come what may.
    isDisabled: ability !== "able" && !wanted[id],
  });
  const checks = [check("blur", blurAbility(device)), check("quiet", quietAbility(device))];
  return <Checks title={words.title} checks={checks} onChange={onChange} />;
}
