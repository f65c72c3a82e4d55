import { Phone, Trash2, Voicemail } from "lucide-react";
import { useEffect, useState } from "react";
import { codeOf } from "../../api/client";
import { heardMessage, listMessages, removeMessage, soundOf, type VoiceMessage } from "../../api/messages";
import { sentenceFor, useLanguage } from "../../i18n";
import { Button, FormError, Loading } from "../../ui";
import { nameOf, spanOf, usePhone, useTelephone } from "../phone";

/** What callers have left, to be heard here as on one's telephone. */
export function Messages() {
  const { text, language } = useLanguage("calls", "phone");
  const words = text.calls.messages;
  const { state } = usePhone();
  const [messages, setMessages] = useState<readonly VoiceMessage[]>();
  const [error, setError] = useState<string>();
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    let asked = true;
    listMessages().then(
      (list) => {
        if (asked) setMessages(list);
      },
      (failure: unknown) => {
        if (asked) setError(codeOf(failure));
      },
    );
    return () => {
      asked = false;
    };
  }, [state.messages, turn]);

  const change = (request: Promise<unknown>) =>
    void request.then(
      () => setTurn((before) => before + 1),
      (failure: unknown) => setError(codeOf(failure)),
    );

  if (!messages) return error === undefined ? <Loading /> : <FormError>{sentenceFor(text, error)}</FormError>;
  return (
    <>
      <FormError>{error && sentenceFor(text, error)}</FormError>
      {messages.length === 0 && <p className="q3 none">{words.none}</p>}
      <ul className="log voice">
        {messages.map((message) => (
          <Message
            key={message.id}
            message={message}
            when={new Date(message.left).toLocaleString(language, { dateStyle: "short", timeStyle: "short" })}
            onHeard={() => change(heardMessage(message.id))}
            onRemove={() => change(removeMessage(message.id))}
          />
        ))}
      </ul>
    </>
  );
}

interface Props {
  message: VoiceMessage;
  when: string;
  onHeard: () => void;
  onRemove: () => void;
}

function Message({ message, when, onHeard, onRemove }: Props) {
  const { text } = useLanguage("calls", "phone");
  const words = text.calls.messages;
  const telephone = useTelephone();
  const name = nameOf(text, { name: message.name, number: message.from });
  return (
    <li className={message.heard ? "" : "fresh"}>
      <div className="line">
        <Voicemail className="i" aria-hidden />
        <span className="two grow">
          <span>
            {name}
            {!message.heard && <span className="hide">{`, ${words.fresh}`}</span>}
          </span>
          <span>{when}</span>
        </span>
        <span className="when sm">{spanOf(message.length * 1_000)}</span>
      </div>
      <div className="play">
        <audio
          controls
          preload="none"
          src={soundOf(message.id)}
          aria-label={words.from(name)}
          onEnded={message.heard ? undefined : onHeard}
        />
        <Button
          small
          rank="ghost"
          className="icon"
          isDisabled={message.from === ""}
          aria-label={words.callBack(name)}
          onPress={() => void telephone?.place(message.from)}
        >
          <Phone className="i s" aria-hidden />
        </Button>
        <Button small rank="ghost" className="icon" aria-label={words.removeFrom(name)} onPress={onRemove}>
          <Trash2 className="i s" aria-hidden />
        </Button>
      </div>
    </li>
  );
}
