import { Send } from "lucide-react";
import { Suspense, useEffect, useRef, useState } from "react";
import { Form, Input, Label, TextField } from "react-aria-components";
import { useLanguage } from "../../i18n";
import { Button, Pick } from "../../ui";
import { AttachKey, FileCard, useFiles, type Files } from "../files";
import { LONGEST_MESSAGE, type ChatState } from "./chat-machine";
import { Said } from "./Said";
import { EVERYBODY, recipientOf, type Chosen, type Recipient } from "./recipients";
import "./chat.css";

interface Props {
  chat: ChatState;
  /** Whether one writes here; an observer reads. */
  mayWrite: boolean;
  onSend: (text: string, to?: Recipient) => Promise<void>;
  /** Who may be written to alone. */
  recipients?: readonly Recipient[];
  /** The files of the session, where there are any. */
  files?: Files;
  /** Above the line to write on: to whom. */
  label?: string;
}

/** The thread of the session and the line to write on. */
export function ChatPanel({ chat: { messages }, mayWrite, onSend, recipients = [], files, label }: Props) {
  const { text } = useLanguage();
  const [draft, setDraft] = useState("");
  const [failed, setFailed] = useState(false);
  const [chosen, setChosen] = useState<Chosen>(EVERYBODY);
  const handed = useFiles(files);
  const end = useRef<HTMLDivElement>(null);
  const to = recipientOf(recipients, chosen);
  // Who has left stays chosen until somebody else is.
  const listed = to.is === "gone" ? [...recipients, to.person] : recipients;

  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [messages.length]);

  const send = async () => {
    const said = draft.trim();
    if (said === "" || to.is === "gone") return;
    setDraft("");
    try {
      await onSend(said, to.is === "one" ? to.person : undefined);
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
        {messages
          .filter(({ file }) => file === undefined || isStillThere(handed, file))
          .map((message) => (
            <Said key={message.id} message={message}>
              {files && message.file !== undefined && (
                <Suspense fallback={null}>
                  <FileCard
                    files={files}
                    state={handed}
                    id={message.file}
                    offererIsHere={recipients.some(({ identity }) => identity === message.from)}
                  />
                </Suspense>
              )}
            </Said>
          ))}
        <div ref={end} />
      </div>
      {!mayWrite && <p className="onlyread">{text.floor.reads}</p>}
      {mayWrite && (
        <Form
          className={to.is === "everybody" ? "say" : "say privately"}
          onSubmit={(event) => {
            event.preventDefault();
            void send();
          }}
        >
          {listed.length > 0 && (
            <Pick
              label={text.chat.to}
              className="addressee"
              options={[
                { id: "", word: text.chat.everybody },
                ...listed.map(({ identity, name }) => ({ id: identity, word: name })),
              ]}
              chosen={chosen?.identity ?? ""}
              onChoose={(id) => setChosen(listed.find(({ identity }) => identity === id))}
            />
          )}
          <TextField className="field grow" value={draft} onChange={setDraft} maxLength={LONGEST_MESSAGE}>
            <Label>
              {to.is === "everybody" ? (label ?? text.chat.label) : text.chat.labelOnly(to.person.name)}
            </Label>
            <div className="input">
              <Input autoComplete="off" />
            </div>
          </TextField>
          <Button rank="primary" type="submit" isDisabled={to.is === "gone"}>
            <Send className="i s" aria-hidden />
            {text.chat.send}
          </Button>
          {files && (
            <Suspense fallback={null}>
              <AttachKey
                files={files}
                state={handed}
                to={to.is === "one" ? to.person.identity : undefined}
                isDisabled={to.is === "gone"}
              />
            </Suspense>
          )}
          <p role="alert" className="error">
            {to.is === "gone" ? text.chat.gone(to.person.name) : failed ? text.chat.failed : ""}
          </p>
        </Form>
      )}
    </>
  );
}

/** What is offered no longer is not shown any longer. */
const isStillThere = ({ incoming, outgoing }: ReturnType<typeof useFiles>, file: string): boolean =>
  [...incoming, ...outgoing].some(({ id }) => id === file);
