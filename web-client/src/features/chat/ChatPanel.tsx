import { Send } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Form, Input, Label, TextField } from "react-aria-components";
import { useLanguage } from "../../i18n";
import { Button } from "../../ui";
import { LONGEST_MESSAGE, type ChatState } from "./chat-machine";
import "./chat.css";

interface Props {
  chat: ChatState;
  /** Whether one writes here; an observer reads. */
  mayWrite: boolean;
  onSend: (text: string) => Promise<void>;
  /** Above the line to write on: to whom. */
  label?: string;
}

/** The thread of the session and the line to write on. */
export function ChatPanel({ chat: { messages }, mayWrite, onSend, label }: Props) {
  const { text, language } = useLanguage();
  const [draft, setDraft] = useState("");
  const [failed, setFailed] = useState(false);
  const end = useRef<HTMLDivElement>(null);

  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [messages.length]);

  const send = async () => {
    const said = draft.trim();
    if (said === "") return;
    setDraft("");
    try {
      await onSend(said);
      setFailed(false);
    } catch {
      setDraft(said);
      setFailed(true);
    }
  };

  return (
    <>
      <div className="thread" role="log" aria-label={text.chat.log} tabIndex={0}>
        {messages.length === 0 && <p className="q3 sm">{text.chat.none}</p>}
        {messages.map((message) => (
          <article key={message.id} className={message.own ? "said own" : "said"}>
            <h3>
              {message.own ? text.meeting.you : message.name}{" "}
              <time className="q3">
                {new Date(message.at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" })}
              </time>
            </h3>
            <p>{message.text}</p>
          </article>
        ))}
        <div ref={end} />
      </div>
      {!mayWrite && <p className="onlyread">{text.floor.reads}</p>}
      {mayWrite && (
        <Form
          className="say"
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          <TextField className="field grow" value={draft} onChange={setDraft} maxLength={LONGEST_MESSAGE}>
            <Label>{label ?? text.chat.label}</Label>
            <div className="input">
              <Input autoComplete="off" />
            </div>
          </TextField>
          <Button rank="primary" type="submit">
            <Send className="i s" aria-hidden />
            {text.chat.send}
          </Button>
          <p role="alert" className="error">
            {failed ? text.chat.failed : ""}
          </p>
        </Form>
      )}
    </>
  );
}
