import { Phone } from "lucide-react";
import { useState } from "react";
import { Form } from "react-aria-components";
import type { Call } from "../../api/calls";
import { callInto, callMe } from "../../api/meetings";
import { ApiError } from "../../api/client";
import { useText } from "../../i18n";
import { Button, FormError } from "../../ui";
import { failureOf, nameOf, stateOf, usePhone, useTelephone } from "../phone";
import { NumberField } from "../number";

interface Props {
  code: string;
  isHost: boolean;
}

/** Calls somebody into the meeting, or oneself; what becomes of it is said in words. */
export function PhonePart({ code, isHost }: Props) {
  const text = useText("phone");
  const words = text.meeting.phone;
  const { state } = usePhone();
  // Whoever has no extension has no right to call with.
  if (state.extension === null) return null;
  const calls = state.calls.filter(({ meeting, direction }) => meeting === code && direction === "out");
  const last = state.unanswered?.meeting === code ? state.unanswered : undefined;

  return (
    <section aria-labelledby="by-phone" className="byphone">
      <h3 id="by-phone" className="caps grouphead">
        {words.title}
      </h3>
      {isHost && (
        <Caller label={words.call} action={words.callAction} send={(number) => callInto(code, number)} />
      )}
      <Caller label={words.callMe} action={words.callMeAction} send={(number) => callMe(code, number)} />
      <ul className="list" aria-live="polite">
        {calls
          .filter(({ state: is }) => is !== "talking")
          .map((call) => (
            <Progress key={call.id} call={call} />
          ))}
        {last && (
          <li>
            <span className="two grow">
              <span>{nameOf(text, last)}</span>
              <span className="bad">{stateOf(text, last)}</span>
            </span>
          </li>
        )}
      </ul>
    </section>
  );
}

function Progress({ call }: { call: Call }) {
  const text = useText("phone");
  const telephone = useTelephone();
  return (
    <li>
      <span className="two grow">
        <span>{nameOf(text, call)}</span>
        <span>{stateOf(text, call)}</span>
      </span>
      <Button small rank="ghost" onPress={() => void telephone?.hangUp(call)}>
        {text.phone.giveUp}
      </Button>
    </li>
  );
}

interface CallerProps {
  label: string;
  action: string;
  send: (number: string) => Promise<unknown>;
}

function Caller({ label, action, send }: CallerProps) {
  const text = useText("phone");
  const [number, setNumber] = useState("");
  const [sending, setSending] = useState(false);
  const [failure, setFailure] = useState<string>();
  const [turn, setTurn] = useState(0);

  return (
    <Form
      className="caller"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        if (number.trim() === "" || sending) return;
        setSending(true);
        setFailure(undefined);
        send(number.trim())
          .then(
            () => {
              setNumber("");
              setTurn(turn + 1);
            },
            (error: unknown) =>
              setFailure(
                failureOf(
                  text,
                  error instanceof ApiError
                    ? { code: error.code, reason: error.reason }
                    : { code: "unexpected", reason: undefined },
                ),
              ),
          )
          .finally(() => setSending(false));
      }}
    >
      <NumberField key={turn} label={label} onChange={setNumber} />
      <Button small type="submit" isPending={sending} isDisabled={number.trim() === ""}>
        <Phone className="i s" aria-hidden />
        {action}
      </Button>
      <FormError>{failure}</FormError>
    </Form>
  );
}
