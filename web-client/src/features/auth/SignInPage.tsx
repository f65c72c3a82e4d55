import { useEffect, useState } from "react";
import { signIn, waysIn } from "../../api/accounts";
import { codeOf } from "../../api/client";
import { useText } from "../../i18n";
import { go } from "../../navigation";
import { AppearanceMenu, Brand, Button, FormError, Link, useTitle } from "../../ui";
import { useAccount } from "../account";
import { AccountForm, AccountLine } from "./AccountForm";
import "./auth.css";

/** The way in for those who have an account: left the paper, right the cloth. */
export function SignInPage({ next }: { next: string }) {
  const text = useText("auth");
  const { account, arrived } = useAccount();
  const [asked, setAsked] = useState<{ email: string; password: string }>();
  useTitle(text.auth.signIn);

  const inside = account !== "nobody" && account !== "unknown";
  useEffect(() => {
    // Signed in already, or just now: no need to stay on the doorstep.
    if (inside && location.pathname === "/sign-in") go(next, "replace");
  }, [inside, next]);

  return (
    <div className="halves">
      <div className="half">
        <header className="top">
          <span className="brand">
            <Brand />
          </span>
          <AppearanceMenu />
        </header>
        <main id="main" className="doorstep">
          <h1>{text.auth.signIn}</h1>
          {asked ? (
            <CodeForm {...asked} onBack={() => setAsked(undefined)} />
          ) : (
            <AccountForm
              key="password"
              names={["email", "password"]}
              word={text.auth.submit}
              send={async ({ email, password }) => {
                try {
                  arrived(await signIn(email, password));
                } catch (error) {
                  // The password was right; only now is the code asked for.
                  if (codeOf(error) !== "code_needed") throw error;
                  setAsked({ email, password });
                }
              }}
            >
              <AccountLine name="email" kind="email" label={text.auth.email} />
              <AccountLine name="password" kind="password" label={text.auth.password} />
            </AccountForm>
          )}
          <Elsewhere next={next} />
          <p className="sm q3">{text.auth.withLink}</p>
          <p>
            <Link to="/test" className="btn ghost small flushleft">
              {text.app.testLink}
            </Link>
          </p>
        </main>
      </div>
      <div className="half clothed" aria-hidden />
    </div>
  );
}

/** The ministry's own sign-in page, if there is one, and what came of it last time. */
function Elsewhere({ next }: { next: string }) {
  const words = useText("auth").auth.elsewhere;
  const [name, setName] = useState<string | null>(null);
  const failed = new URLSearchParams(location.search).get("error");

  useEffect(() => {
    let here = true;
    waysIn().then(
      (server) => here && setName(server.oidc_name),
      // Whoever has a password does not need it.
      () => undefined,
    );
    return () => {
      here = false;
    };
  }, []);

  return (
    <>
      {failed !== null && (
        <FormError>{failed in words ? words[failed as keyof typeof words] : words.oidc_stray}</FormError>
      )}
      {name !== null && (
        <p>
          <a className="btn plain" href={`/api/oidc/start?next=${encodeURIComponent(next)}`}>
            {name}
          </a>
        </p>
      )}
    </>
  );
}

/** The second step, for those who have an authenticator. */
function CodeForm({ email, password, onBack }: { email: string; password: string; onBack: () => void }) {
  const { auth } = useText("auth");
  const { arrived } = useAccount();

  return (
    <>
      <AccountForm
        key="code"
        names={["code"]}
        word={auth.submit}
        send={async ({ code }) => arrived(await signIn(email, password, code))}
      >
        <AccountLine name="code" kind="code" label={auth.code} help={auth.codeHelp} focus />
      </AccountForm>
      <p>
        <Button rank="ghost" className="flushleft" onPress={onBack}>
          {auth.otherAccount}
        </Button>
      </p>
    </>
  );
}
