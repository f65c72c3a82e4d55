import type { ReactNode, Ref } from "react";
import { CircleAlert } from "lucide-react";
import { FieldError, Input, Label, Text, TextField, type TextFieldProps } from "react-aria-components";

interface Props extends Omit<TextFieldProps, "className" | "children"> {
  label: string;
  help?: string | undefined;
  /** The sentence saying what to write instead. */
  error?: string | undefined;
  after?: ReactNode;
  maxLength?: number;
  ref?: Ref<HTMLDivElement>;
}

/** A labelled line of text: label above, help below, the error in its place. */
export function Field({ label, help, error, after, ...rest }: Props) {
  return (
    <TextField {...rest} isInvalid={error !== undefined} validationBehavior="aria" className="field">
      <Label>{label}</Label>
      <div className={error === undefined ? "input" : "input bad"}>
        <Input />
        {after}
      </div>
      {help !== undefined && error === undefined && (
        <Text slot="description" className="help">
          {help}
        </Text>
      )}
      <FieldError className="error">
        <CircleAlert className="i s" aria-hidden />
        <span>{error}</span>
      </FieldError>
    </TextField>
  );
}
