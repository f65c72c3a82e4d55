import { useEffect, useState } from "react";
import { wakeAt } from "./alarm";
import { dark, follow, lookAgainAt } from "./speaker";
import type { Person } from "./view";

/** Who has the light by speaking, as `speaker.ts` decides it, by the clock of this page. */
export function useSpotlight(people: readonly Person[]): string | undefined {
  const others = people.filter(({ isSelf }) => !isSelf);
  const speaking = others.filter((person) => person.speaking).map(({ identity }) => identity);
  const present = others.map(({ identity }) => identity);
  const [light, setLight] = useState(dark);

  // The room is looked at anew whenever anything changes there; here only voices and presence matter.
  const heard = JSON.stringify({ speaking, present });
  const next = lookAgainAt(light);
  useEffect(() => {
    const look = () => {
      const { speaking, present } = JSON.parse(heard) as { speaking: string[]; present: string[] };
      setLight((before) => follow(before, speaking, present, performance.now()));
    };
    look();
    return next === undefined ? undefined : wakeAt(next, look);
  }, [heard, next]);

  return light.on;
}
