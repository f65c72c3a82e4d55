import { useState, type ReactNode } from "react";
import { Form } from "react-aria-components";
import type { Call } from "../../api/calls";
import { listMeetings } from "../../api/meetings";
import { useText } from "../../i18n";
import { useLoaded } from "../../useLoaded";
import { Button, Choice, FormError, Sheet } from "../../ui";
import { NumberField } from "../number";
import { failureOf, nameOf, usePhone, useTelephone } from "../phone";

interface Props {
  call: Call;
  onClose: () => void;
}

/** Sends the other side to somebody else, or into a meeting. */
export function TransferDialog({ call, onClose }: Props) {
  const text = useText("calls", "phone");
  const words = text.calls.transfer;
  const telephone = useTelephone();
  const meetings = useLoaded(listMeetings);
  const [into, setInto] = useState<"number" | "meeting">("number");
  const [number, setNumber] = useState("");
  const [chosen, setChosen] = useState("");
  const meeting = chosen !== "" ? chosen : (meetings.value?.[0]?.code ?? "");
  const to = into === "number" ? number.trim() : meeting;

  return (
    <Asking
      title={words.title(nameOf(text, call))}
      help={words.help}
      action={words.send}
      ready={to !== ""}
      send={() => telephone?.transfer(call, into === "number" ? { number: to } : { meeting: to })}
      onClose={onClose}
    >
      <div className="seg" role="group" aria-label={words.send}>
        <button type="button" aria-pressed={into === "number"} onClick={() => setInto("number")}>
          {words.toNumber}
        </button>
        <button type="button" aria-pressed={into === "meeting"} onClick={() => setInto("meeting")}>
          {words.toMeeting}
        </button>
      </div>
      {into === "number" ? (
        <NumberField autoFocus onChange={setNumber} />
      ) : meetings.value?.length === 0 ? (
        <p className="q3">{words.noMeetings}</p>
      ) : (
        <Choice
          label={words.choose}
          options={(meetings.value ?? []).map(({ code, title }) => ({ id: code, word: title }))}
          chosen={meeting}
          onChoose={setChosen}
        />
      )}
    </Asking>
  );
}

/** Calls a third into the call. */
export function AddDialog({ call, onClose }: Props) {
  const text = useText("calls", "phone");
  const words = text.calls.add;
  const telephone = useTelephone();
  const [number, setNumber] = useState("");

  return (
    <Asking
      title={words.title}
      help={words.help}
      action={words.send}
      ready={number.trim() !== ""}
      send={() => telephone?.place(number.trim(), call.id)}
      onClose={onClose}
    >
      <NumberField autoFocus onChange={setNumber} />
    </Asking>
  );
}

interface AskingProps {
  title: string;
  help: string;
  action: string;
  ready: boolean;
  send: () => Promise<boolean> | undefined;
  onClose: () => void;
  children: ReactNode;
}

function Asking({ title, help, action, ready, send, onClose, children }: AskingProps) {
  const text = useText("phone");
  const { failure, asking } = usePhone();
  const [sent, setSent] = useState(false);

  return (
    <Sheet title={title} help={help} onClose={onClose}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!ready) return;
          setSent(true);
          void send()?.then((done) => {
            if (done) onClose();
          });
        }}
      >
        <FormError>{sent && failure ? failureOf(text, failure) : undefined}</FormError>
        {children}
        <div className="actions">
          <Button onPress={onClose}>{text.app.cancel}</Button>
          <Button rank="primary" type="submit" isPending={asking} isDisabled={!ready}>
            {action}
          </Button>
        </div>
      </Form>
    </Sheet>
  );
}
