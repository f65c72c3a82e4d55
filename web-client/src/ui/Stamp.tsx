import { useLanguage } from "../i18n";

interface Marked {
  level: "public" | "internal" | "restricted";
  label: { fr: string; en: string };
  audience: { fr: string; en: string };
}

/** The marking of a meeting as it is stamped on a card. */
export function Stamp({ marking, onCloth = false }: { marking: Marked; onCloth?: boolean }) {
  const { language } = useLanguage();
  return <span className={onCloth ? "stamp" : `stamp ${marking.level}`}>{marking.label[language]}</span>;
}

/** The marking across the top of a screen; what is public needs none. */
export function MarkingBanner({ marking }: { marking: Marked | undefined }) {
  const { language, text } = useLanguage();
  if (marking === undefined || marking.level === "public") return null;
  return (
    <section className={`marking ${marking.level}`} aria-label={text.meeting.marked}>
      <span />
      <strong>{marking.label[language]}</strong>
      <span>{marking.audience[language]}</span>
    </section>
  );
}
