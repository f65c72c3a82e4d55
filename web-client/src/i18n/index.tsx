//! One typed catalogue a language; the language comes from the browser until somebody chooses. French comes along with
//! the program, the others when they are wanted: the way into a meeting stays light.

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { recall, remember } from "../storage";
import { fr, type Catalogue } from "./fr";

export type { Catalogue };
export type Language = "fr" | "en";

export const languages: readonly Language[] = ["fr", "en"];

/** A language's own name for itself. */
const names: Readonly<Record<Language, string>> = { fr: fr.language, en: "English" };
const here: Partial<Record<Language, Catalogue>> = { fr };

async function catalogueOf(language: Language): Promise<Catalogue> {
  return (here[language] ??= language === "en" ? (await import("./en")).en : fr);
}

/** To be waited for before the first page is shown: its words. Should they not come, there are the French ones. */
export const firstWords: Promise<unknown> = catalogueOf(firstLanguage()).catch(() => undefined);

interface Tongue {
  language: Language;
  text: Catalogue;
  speak: (language: Language) => void;
}

const TongueContext = createContext<Tongue>({ language: "fr", text: fr, speak: () => undefined });

/** Gives the words of the chosen language to everything below. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [{ language, text }, setWords] = useState<Pick<Tongue, "language" | "text">>(() => {
    const first = firstLanguage();
    const text = here[first];
    return text ? { language: first, text } : { language: "fr", text: fr };
  });

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const tongue = useMemo<Tongue>(
    () => ({
      language,
      text,
      speak: (next) => {
        remember("language", next);
        catalogueOf(next).then(
          (words) => setWords({ language: next, text: words }),
          // The next page asks again.
          () => undefined,
        );
      },
    }),
    [language, text],
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
export const nameOf = (language: Language): string => names[language];

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
