import { Copy } from "lucide-react";
import { useState } from "react";
import { newPin, type DialIn } from "../../api/meetings";
import { useText } from "../../i18n";
import { Button, copyText, FormError } from "../../ui";
import { useForm } from "../../useForm";
import { pinInGroups } from "./pin";

interface Props {
  code: string;
  title: string;
  dialIn: DialIn | null;
  isHost: boolean;
}

/** How others come in: the link, and by telephone the number and the PIN. */
export function InvitePanel({ code, title, dialIn: first, isHost }: Props) {
  const text = useText();
  const words = text.meeting.invite;
  const form = useForm();
  const [dialIn, setDialIn] = useState(first);
  const [copied, setCopied] = useState(false);
  const link = `${location.origin}/m/${code}`;
  const lines = [
    title,
    link,
    ...(dialIn
      ? [
          ...dialIn.numbers.map(({ number }) => words.lineByPin(number, pinInGroups(dialIn.pin))),
          ...dialIn.direct.map(({ number }) => words.lineDirect(number)),
        ]
      : []),
  ];

  return (
    <div className="invite">
      <section aria-labelledby="by-link">
        <h3 id="by-link" className="caps grouphead">
          {words.byLink}
        </h3>
        <p className="link">{link}</p>
      </section>
      {dialIn && (
        <section aria-labelledby="by-dial">
          <h3 id="by-dial" className="caps grouphead">
            {words.byPhone}
          </h3>
          <dl className="dialin">
            {dialIn.numbers.map(({ number, inside }) => (
              <div key={number}>
                <dt>{inside ? words.inside : words.outside}</dt>
                <dd>{number}</dd>
              </div>
            ))}
            {dialIn.numbers.length > 0 && (
              <div>
                <dt>{words.pin}</dt>
                <dd>{pinInGroups(dialIn.pin)}</dd>
              </div>
            )}
            {dialIn.direct.map(({ number }) => (
              <div key={number}>
                <dt>{words.direct}</dt>
                <dd>{number}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <FormError>{form.errorElsewhere()}</FormError>
      <div className="row">
        <Button
          onPress={() => void copyText(lines.join("\n")).then((done) => setCopied(done))}
          aria-describedby="copied"
        >
          <Copy className="i s" aria-hidden />
          {words.copy}
        </Button>
        {isHost && dialIn && dialIn.numbers.length > 0 && (
          <Button
            rank="ghost"
            className="flushleft"
            isPending={form.sending}
            onPress={() => void form.submit(async () => setDialIn((await newPin(code)).dial_in))}
          >
            {words.newPin}
          </Button>
        )}
      </div>
      <p id="copied" className="sm q2" role="status">
        {copied && words.copied}
      </p>
    </div>
  );
}
