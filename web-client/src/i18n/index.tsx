//! One typed catalogue a language; the language comes from the browser until somebody chooses. What everybody may have to
//! read comes first, French along with the program; the rest when a page asks for it: the way into a meeting stays light.

import { createContext, use, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { I18nProvider } from "react-aria-components";
import { recall, remember } from "../storage";
import { fr, type Core } from "./fr";
import { bring, coreOf, hasCore, shelfOf } from "./shelf";
import type { Language, PartName, Parts } from "./parts";

export type { Language } from "./parts";

/** The words that everybody has, and those of the parts named. */
export type Words<P extends PartName = never> = Core & Pick<Parts, P>;

export const languages: readonly Language[] = ["fr", "en"];

/** A language's own name for itself. */
const names: Readonly<Record<Language, string>> = { fr: fr.language, en: "English" };

/** To be waited for before the first page is shown: its words. Should they not come, there are the French ones. */
export const firstWords: Promise<unknown> = coreOf(chosenLanguage()).catch(() => undefined);

/** A page together with its words, so that both are on their way at once. */
export async function withWords<T>(page: Promise<T>, ...parts: PartName[]): Promise<T> {
  const language = chosenLanguage();
  const [here] = await Promise.all([page, ...parts.map((part) => bring(language, part))]);
  return here;
}

interface Tongue {
  language: Language;
  speak: (language: Language) => void;
}

const TongueContext = createContext<Tongue>({ language: "fr", speak: () => undefined });

/** Gives the words of the chosen language to everything below. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => {
    const chosen = chosenLanguage();
    return hasCore(chosen) ? chosen : "fr";
  });

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const tongue = useMemo<Tongue>(
    () => ({
      language,
      speak: (next) => {
        remember("language", next);
        // All that is said on this page, so that nothing on it goes blank meanwhile.
        coreOf(next, language).then(
          () => setLanguage(next),
          // The next page asks again.
          () => undefined,
        );
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

/** The words to show, with the parts named; waits for those that are not here yet. */
export function useText<P extends PartName = never>(...parts: P[]): Words<P> {
  return useLanguage(...parts).text;
}

/** The language, how to change it, and its words as `useText` gives them. */
export function useLanguage<P extends PartName = never>(...parts: P[]): Tongue & { text: Words<P> } {
  const { language, speak } = useContext(TongueContext);
  // Each time, for React counts what a component waits for.
  for (const part of parts) use(bring(language, part));
  return { language, speak, text: shelfOf(language) as Words<P> };
}

/** The name of a language in itself. */
export const nameOf = (language: Language): string => names[language];

/** One sentence for an error code. */
export function sentenceFor({ errors }: Core, code: string): string {
  return code in errors ? errors[code as keyof Core["errors"]] : errors.unexpected;
}

/** The same for a form, where `field` says which value is meant. */
export function sentenceAt(text: Words<"fields">, code: string, field: string | undefined): string {
  if (code === "invalid" && field !== undefined && field in text.fields) {
    return text.fields[field as keyof Parts["fields"]];
  }
  return sentenceFor(text, code);
}

function chosenLanguage(): Language {
  const chosen = recall("language");
  if (chosen === "fr" || chosen === "en") return chosen;
  return navigator.languages
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => tag === "fr" || tag === "en") === "en"
    ? "en"
    : "fr";
}
