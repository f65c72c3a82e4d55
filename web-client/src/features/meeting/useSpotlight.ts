import { useEffect, useState } from "react";
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
    const wait = next === undefined ? undefined : next - performance.now();
    look();
    if (wait === undefined) return;
    const timer = window.setTimeout(look, Math.max(0, wait));
    return () => window.clearTimeout(timer);
  }, [heard, next]);

  return light.on;
}
