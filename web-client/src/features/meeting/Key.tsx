import type { ReactNode } from "react";
import { ToggleButton } from "react-aria-components";

interface Props {
  name: string;
  pressed: boolean;
  tone?: string;
  icon: ReactNode;
  word: string;
  /** On phones, where the word must be one. */
  short?: string;
  count?: number;
  countMeans?: string;
  onPress: () => void;
}

/** One key of the conference desk: an icon over a word. */
export function Key({
  name,
  pressed,
  tone = "",
  icon,
  word,
  short = word,
  count = 0,
  countMeans,
  onPress,
}: Props) {
  return (
    <ToggleButton
      id={`key-${name}`}
      className={`key ${tone}`}
      isSelected={pressed}
      onChange={onPress}
      aria-label={countMeans !== undefined && count > 0 ? `${word} ${countMeans}` : word}
    >
      {icon}
      <span className="wideonly" aria-hidden>
        {word}
      </span>
      <span className="phoneonly" aria-hidden>
        {short}
      </span>
      {/* The space keeps word and number apart for those who compare what is read with what is seen. */}{" "}
      {count > 0 && (
        <span className="n" aria-hidden>
          {count}
        </span>
      )}
    </ToggleButton>
  );
}
