import { Search } from "lucide-react";

interface Props {
  /** What may be sought: said to whoever cannot see it, and shown as long as nothing is written. */
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A field in which one seeks while typing. */
export function SearchField({ label, value, onChange }: Props) {
  return (
    <label className="input">
      <Search className="i" aria-hidden />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        maxLength={100}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
