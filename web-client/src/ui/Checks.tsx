export interface Check<Id> {
  id: Id;
  title: string;
  /** What it means, or why it cannot be had. */
  help: string;
  isChecked: boolean;
  isDisabled?: boolean;
}

interface Props<Id> {
  title: string;
  checks: readonly Check<Id>[];
  onChange: (id: Id, yes: boolean) => void;
}

/** Several things of which any may be wished, each with a line about it. */
export function Checks<Id extends string>({ title, checks, onChange }: Props<Id>) {
  return (
    <fieldset className="checks">
      <legend className="label">{title}</legend>
      {checks.map(({ id, title: word, help, isChecked, isDisabled }) => (
        <label key={id} className="check">
          <input
            type="checkbox"
            disabled={isDisabled}
            checked={isChecked}
            onChange={(event) => onChange(id, event.target.checked)}
          />
          <span className="two">
            <span>{word}</span>
            <span>{help}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
