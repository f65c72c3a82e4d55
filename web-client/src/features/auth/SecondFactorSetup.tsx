import { useState } from "react";
import { beginSecondFactor, confirmSecondFactor, type OfferedSecret } from "../../api/security";
import { useText } from "../../i18n";
import { Button } from "../../ui";
import { AccountForm, AccountLine } from "./AccountForm";
import "./auth.css";

/** Sets an authenticator up: password, picture, first code, codes for bad days. */
export function SecondFactorSetup({ onDone }: { onDone: () => void }) {
  const words = useText("auth").auth;
  const [offered, setOffered] = useState<OfferedSecret>();
  const [codes, setCodes] = useState<string[]>();

  if (codes) return <RecoveryCodes codes={codes} onDone={onDone} />;
  if (!offered) {
    return (
      <AccountForm
        key="begin"
        names={["current"]}
        word={words.beginFactor}
        send={async ({ current }) => setOffered(await beginSecondFactor(current))}
      >
        <AccountLine name="current" kind="password" label={words.ownPassword} />
      </AccountForm>
    );
  }
  return (
    <div className="enrol">
      <p>{words.scan}</p>
      <svg
        className="qr"
        role="img"
        aria-label={words.qr}
        viewBox={`0 0 ${offered.qr.size} ${offered.qr.size}`}
        shapeRendering="crispEdges"
      >
        <rect width={offered.qr.size} height={offered.qr.size} fill="#fff" />
        <path d={offered.qr.path} fill="#000" />
      </svg>
      <p className="sm q2">
        {words.typeSecret} <code className="secret">{inFours(offered.secret)}</code>
      </p>
      <AccountForm
        key="confirm"
        names={["code"]}
        word={words.confirmFactor}
        send={async ({ code }) => setCodes(await confirmSecondFactor(code))}
      >
        <AccountLine name="code" kind="code" label={words.code} help={words.firstCodeHelp} focus />
      </AccountForm>
    </div>
  );
}

function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const words = useText("auth").auth;
  return (
    <div className="stack" role="status">
      <p className="b">{words.factorOn}</p>
      <p>{words.recoveryHelp}</p>
      <ul className="recovery card">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <p>
        <Button rank="primary" onPress={onDone}>
          {words.recoveryKept}
        </Button>
      </p>
    </div>
  );
}

const inFours = (secret: string) => secret.replace(/(.{4})(?=.)/g, "$1 ");
