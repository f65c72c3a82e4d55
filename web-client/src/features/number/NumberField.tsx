import { useState } from "react";
import { ComboBox, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import type { Entry } from "../../api/directory";
import { useText } from "../../i18n";
import { whereOf } from "../phone";
import { useFound } from "./useFound";

interface Props {
  label?: string;
  autoFocus?: boolean;
  onChange: (number: string) => void;
}

/** A number, or a name whose number the directory knows. */
export function NumberField({ label, autoFocus = false, onChange }: Props) {
  const text = useText("directory");
  const [typed, setTyped] = useState("");
  const found = useFound(typed, 6);

  return (
    <ComboBox
      className="field"
      allowsCustomValue
      // The list comes a moment after what is typed.
      allowsEmptyCollection
      inputValue={typed}
      onInputChange={(next) => {
        setTyped(next);
        onChange(found.find(({ name }) => name === next)?.number ?? next);
      }}
      items={found}
      menuTrigger="input"
      onChange={(key) => {
        if (key !== null) onChange(String(key));
      }}
    >
      <Label>{label ?? text.directory.search}</Label>
      <div className="input">
        <Input maxLength={60} autoComplete="off" autoFocus={autoFocus} />
      </div>
      <Popover className="popover">
        <ListBox className="menu">
          {(entry: Entry) => (
            <ListBoxItem id={entry.number} className="option" textValue={entry.name}>
              <span className="two grow">
                <span>{entry.name}</span>
                <span>{whereOf(text, entry)}</span>
              </span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
