import type { Rights } from "../../../api/phones";
import { useLanguage, useText } from "../../../i18n";
import { Choice } from "../../../ui";

export const rights: readonly Rights[] = ["none", "internal", "national", "international"];

/** How far somebody may call. */
export function RightsChoice({ chosen, onChoose }: { chosen: Rights; onChoose: (rights: Rights) => void }) {
  const text = useText("telephony");
  return (
    <Choice
      label={text.telephony.rightsLabel}
      options={rights.map((each) => ({ id: each, word: text.telephony.rights[each] }))}
      chosen={chosen}
      onChoose={(next) => onChoose(next as Rights)}
    />
  );
}

interface SiteProps {
  posts: readonly { id: number; name: string }[];
  chosen: number;
  onChoose: (id: number) => void;
}

/** One of the sites. */
export function SiteChoice({ posts, chosen, onChoose }: SiteProps) {
  const text = useText("telephony");
  return (
    <Choice
      label={text.telephony.site}
      options={posts.map(({ id, name }) => ({ id: String(id), word: name }))}
      chosen={String(chosen)}
      onChoose={(next) => onChoose(Number(next))}
    />
  );
}

/** A yes or no with its words. */
export function Check({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <label className="check sm">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span>{label}</span>
    </label>
  );
}

/** What is said aloud after something was done. */
export function Said({ children }: { children: string }) {
  return (
    <p role="status" className="sm q2 said">
      {children}
    </p>
  );
}

/** A moment as people write it here: day and minute. */
export function useMoment(): (time: string) => string {
  const { language } = useLanguage();
  const format = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "short" });
  return (time) => format.format(new Date(time));
}

/** A span of time as a telephone shows it: `1:02:03`. */
export function spanOf(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** What somebody typed into a list, each once. */
export const listIn = (typed: string): string[] => [
  ...new Set(
    typed
      .split(/[,;\s]+/)
      .map((item) => item.trim())
      .filter((item) => item !== ""),
  ),
];

/** Nothing for an empty field. */
export const orNull = (typed: string): string | null => (typed.trim() === "" ? null : typed.trim());
