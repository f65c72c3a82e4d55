import { useEffect, useRef } from "react";
import { Keyboard } from "./keyboard";
import type { Act } from "./shortcuts";

/** Has keys act as long as one is here. */
export function useShortcuts(enabled: boolean, muted: boolean, act: (act: Act) => void): void {
  const now = useRef({ muted, act });
  useEffect(() => {
    now.current = { muted, act };
  });
  useEffect(() => {
    const keyboard = new Keyboard(
      (pressed) => now.current.act(pressed),
      () => now.current.muted,
      enabled,
    );
    return () => keyboard.close();
  }, [enabled]);
}
