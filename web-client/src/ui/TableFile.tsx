import { useId } from "react";

interface Props {
  label: string;
  onChoose: (file: File | undefined) => void;
}

/** Where a table is chosen, as spreadsheets write it. */
export function TableFile({ label, onChoose }: Props) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="filechoice"
        type="file"
        accept=".csv,text/csv"
        onChange={(event) => onChoose(event.target.files?.[0])}
      />
    </div>
  );
}
