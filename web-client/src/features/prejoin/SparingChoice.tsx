import { useText } from "../../i18n";
import { Checks } from "../../ui";
import type { Sparing } from "./choices";

interface Props {
  sparing: Sparing;
  onSpare: (what: keyof Sparing, yes: boolean) => void;
}

/** What one may give up so that a weak or dear link suffices. */
export function SparingChoice({ sparing, onSpare }: Props) {
  const words = useText().sparing;
  const checks = (["audioOnly", "saveData"] as const).map((id) => ({
    id,
    ...words[id],
    isChecked: sparing[id],
  }));
  return <Checks title={words.title} checks={checks} onChange={onSpare} />;
}
