//! One typed catalogue a language; the language comes from the browser until somebody chooses.

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { recall, remember } from "../storage";
import { en } from "./en";
import { fr, type Catalogue } from "./fr";

export type { Catalogue };
export type Language = "fr" | "en";

export const languages: readonly Language[] = ["fr", "en"];
const catalogues: Readonly<Record<Language, Catalogue>> = { fr, en };

interface Tongue {
  language: Language;
  text: Catalogue;
  speak: (language: Language) => void;
}

const TongueContext = createContext<Tongue>({ language: "fr", text: fr, speak: () => undefined });

/** Gives the words of the chosen language to everything below. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(firstLanguage);

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const tongue = useMemo<Tongue>(
    () => ({
      language,
      text: catalogues[language],
      speak: (next) => {
        remember("language", next);
        setLanguage(next);
      },
    }),
    [language],
  );

  return (
    <TongueContext.Provider value={tongue}>
      <I18nProvider locale={language}>{children}</I18nProvider>
    </TongueContext.Provider>
  );
}

/** The words to show. */
export const useText = (): Catalogue => useContext(TongueContext).text;

/** The language, and how to change it. */
export const useLanguage = (): Tongue => useContext(TongueContext);

/** The name of a language in itself. */
export const nameOf = (language: Language): string => catalogues[language].language;

/** One sentence for an error code; `field` says which value is meant. */
export function sentenceFor(text: Catalogue, code: string, field?: string): string {
  if (code === "invalid" && field !== undefined && field in text.errors.fields) {
    return text.errors.fields[field as keyof Catalogue["errors"]["fields"]];
  }
  if (code in text.errors && code !== "fields")
    return text.errors[code as Exclude<keyof Catalogue["errors"], "fields">];
  return text.errors.unexpected;
}

function firstLanguage(): Language {
  const chosen = recall("language");
  if (chosen === "fr" || chosen === "en") return chosen;
  return navigator.languages
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => tag === "fr" || tag === "en") === "en"
    ? "en"
    : "fr";
}
