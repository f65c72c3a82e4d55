import { Delete } from "lucide-react";
import { useText } from "../../i18n";
import "./calls.css";

interface Props {
  onKey: (key: string) => void;
  /** Absent where what was pressed is gone at once. */
  onErase?: () => void;
}

/** Twelve keys with their letters, as on any telephone. */
export function DialPad({ onKey, onErase }: Props) {
  const text = useText("calls", "phone");
  return (
    <div className="pad" role="group" aria-label={text.calls.dial.pad}>
      {KEYS.map(([key, letters]) => (
        <button key={key} type="button" onClick={() => onKey(key)}>
          {key}
          <small aria-hidden>{letters}</small>
        </button>
      ))}
      {onErase && (
        <>
          <button type="button" onClick={() => onKey("+")}>
            +
          </button>
          <span />
          <button type="button" aria-label={text.calls.dial.erase} onClick={onErase}>
            <Delete className="i" aria-hidden />
          </button>
        </>
      )}
    </div>
  );
}

const KEYS = [
  ["1", ""],
  ["2", "ABC"],
  ["3", "DEF"],
  ["4", "GHI"],
  ["5", "JKL"],
  ["6", "MNO"],
  ["7", "PQRS"],
  ["8", "TUV"],
  ["9", "WXYZ"],
  ["*", ""],
  ["0", ""],
  ["#", ""],
] as const;
