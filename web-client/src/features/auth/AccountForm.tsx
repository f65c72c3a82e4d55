//! The form that everything about an account is sent with: signing in, making one, changing its password.

import { createContext, useContext, useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import { Button, Field, FormError } from "../../ui";
import { useForm } from "../../useForm";

interface LineState {
  value: string;
  error: string | undefined;
  write: (value: string) => void;
}

const LinesContext = createContext<((name: string) => LineState) | undefined>(undefined);

interface FormProps<Name extends string> {
  /** What is asked for; a fault of one of these is said at its line, any other above all. */
  names: readonly Name[];
  /** The word on the key. */
  word: string;
  /** Sends what was written; the lines are empty again when it has succeeded. */
  send: (written: Record<Name, string>) => Promise<void>;
  /** What is said beside the key; the place for it is kept if it may come later. */
  said?: string;
  /** The lines, and what stands between them. */
  children: ReactNode;
}

/** Lines, the fault above them, and one key that sends. */
export function AccountForm<Name extends string>({ names, word, send, said, children }: FormProps<Name>) {
  const form = useForm();
  const empty = Object.fromEntries(names.map((name) => [name, ""])) as Record<Name, string>;
  const [written, setWritten] = useState(empty);

  const submit = () =>
    form.submit(async () => {
      await send(written);
      setWritten(empty);
    });
  const line = (name: string): LineState => ({
    value: written[name as Name],
    error: form.errorAt(name),
    write: (value) => setWritten((before) => ({ ...before, [name]: value })),
  });
  const key = (
    <Button rank="primary" type="submit" isPending={form.sending}>
      {word}
    </Button>
  );

  return (
    <Form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <FormError>{form.errorElsewhere(...names)}</FormError>
      <LinesContext value={line}>{children}</LinesContext>
      {said === undefined ? (
        key
      ) : (
        <div className="row">
          {key}
          <p role="status" className="sm q2">
            {said}
          </p>
        </div>
      )}
    </Form>
  );
}

/** What browsers and keepers of passwords are to know of a line. */
const kinds = {
  name: { type: "text", autoComplete: "name", maxLength: 80 },
  email: { type: "email", autoComplete: "username" },
  password: { type: "password", autoComplete: "current-password" },
  newPassword: { type: "password", autoComplete: "new-password" },
  code: { type: "text", autoComplete: "one-time-code", maxLength: 24, spellCheck: "false" },
} as const;

interface LineProps {
  /** One of the form's names. */
  name: string;
  kind: keyof typeof kinds;
  label: string;
  /** The rule to be known before one writes. */
  help?: string;
  /** Whether it is about somebody else, of whom the browser knows nothing. */
  foreign?: boolean;
  /** Whether one writes here first. */
  focus?: boolean;
}

/** One line of an {@link AccountForm}. */
export function AccountLine({ name, kind, label, help, foreign = false, focus = false }: LineProps) {
  const line = useContext(LinesContext)?.(name);
  if (!line) throw new Error("AccountLine outside AccountForm");
  return (
    <Field
      {...kinds[kind]}
      {...(foreign ? { autoComplete: "off" } : {})}
      label={label}
      help={help}
      error={line.error}
      name={name}
      value={line.value}
      onChange={line.write}
      autoFocus={focus}
      isRequired
    />
  );
}
