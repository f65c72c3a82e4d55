//! Light, dark or contrast: the last choice, else what the system asks for.

import { recall, remember } from "../storage";

export type Theme = "system" | "light" | "dark" | "contrast";

const dark = () => window.matchMedia("(prefers-color-scheme: dark)");
const contrast = () => window.matchMedia("(prefers-contrast: more)");

/** What the user chose; `system` until they choose. */
export function chosenTheme(): Theme {
  const chosen = recall("theme");
  return chosen === "light" || chosen === "dark" || chosen === "contrast" ? chosen : "system";
}

/** Remembers a choice and shows it. */
export function chooseTheme(theme: Theme): void {
  remember("theme", theme);
  show();
}

/** Shows the theme and follows the system from now on. */
export function applyTheme(): void {
  show();
  dark().addEventListener("change", show);
  contrast().addEventListener("change", show);
}

function show(): void {
  const chosen = chosenTheme();
  const system = contrast().matches ? "contrast" : dark().matches ? "dark" : "light";
  document.documentElement.dataset["theme"] = chosen === "system" ? system : chosen;
}
