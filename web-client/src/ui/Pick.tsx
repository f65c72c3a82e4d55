import { ChevronDown } from "lucide-react";
import type { Option } from "./Choice";

interface Props {
  label: string;
  /** Shown above, or only to screen readers. */
  labelHidden?: boolean;
  options: readonly Option[];
  chosen: string;
  onChoose: (id: string) => void;
  className?: string;
}

/** A list that the browser itself opens, for whatever everybody waits for: `Choice` brings one of its own. */
export function Pick({ label, labelHidden = false, options, chosen, onChoose, className = "" }: Props) {
  return (
    <label className={`field ${className}`}>
      <span className={labelHidden ? "hide" : "label"}>{label}</span>
      <span className="input choice">
        <select value={chosen} onChange={(event) => onChoose(event.target.value)}>
          {options.map(({ id, word }) => (
            <option key={id} value={id}>
              {word}
            </option>
          ))}
        </select>
        <ChevronDown className="i s" aria-hidden />
      </span>
    </label>
  );
}
