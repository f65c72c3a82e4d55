import { ChevronDown } from "lucide-react";
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

/** One line of a choice. */
export interface Option {
  id: string;
  word: string;
}

interface Props {
  label: string;
  /** Shown above the choice, or only to screen readers. */
  labelHidden?: boolean;
  options: readonly Option[];
  chosen: string;
  onChoose: (id: string) => void;
  className?: string;
}

/** A list to choose one thing from. */
export function Choice({ label, labelHidden = false, options, chosen, onChoose, className = "" }: Props) {
  return (
    <Select
      className={`field ${className}`}
      value={chosen}
      onChange={(key) => {
        if (key !== null) onChoose(String(key));
      }}
    >
      <Label className={labelHidden ? "hide" : "label"}>{label}</Label>
      <Button className="input choice">
        <SelectValue className="grow" />
        <ChevronDown className="i s" aria-hidden />
      </Button>
      <Popover className="popover">
        <ListBox className="menu" items={options.map((option) => ({ ...option }))}>
          {(option) => (
            <ListBoxItem id={option.id} className="option" textValue={option.word}>
              <span className="radio" />
              <span className="grow">{option.word}</span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
