import { Check, Copy } from "lucide-react";
import { useState } from "react";
import type { Credentials } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, copyText } from "../../../ui";

/** What to type into a phone, shown once. */
export function Slip({ credentials }: { credentials: Credentials }) {
  const text = useText("telephony");
  const words = text.telephony.slip;
  const { server, username, password } = credentials;

  return (
    <div className="slip" role="group" aria-label={words.title}>
      <h3>{words.title}</h3>
      <p className="sm q2">{words.once}</p>
      <dl className="facts">
        {server && <Fact name={words.server} value={server.host} />}
        {server?.transports.map(({ transport, port }) => (
          <Fact key={transport} name={words.transports[transport]} value={String(port)} />
        ))}
        <Fact name={words.user} value={username} />
        <Fact name={words.password} value={password} chunked />
      </dl>
      {!server && <p className="sm q2">{words.off}</p>}
    </div>
  );
}

function Fact({ name, value, chunked = false }: { name: string; value: string; chunked?: boolean }) {
  const text = useText("telephony");
  const [copied, setCopied] = useState(false);
  const copy = () => {
    void copyText(value).then(setCopied);
  };

  return (
    <div>
      <dt>{name}</dt>
      <dd className="code">
        {/* In pieces that are easy to type; without spaces between, so that it is copied as it is. */}
        <span>
          {chunked
            ? value.match(/.{1,6}/g)?.map((piece, at) => (
                <span key={at} className="piece">
                  {piece}
                </span>
              ))
            : value}
        </span>
        <Button
          rank="ghost"
          small
          className="icon"
          aria-label={copied ? text.telephony.slip.copied(name) : text.telephony.slip.copy(name)}
          onPress={copy}
        >
          {copied ? <Check className="i s" aria-hidden /> : <Copy className="i s" aria-hidden />}
        </Button>
      </dd>
    </div>
  );
}
