import { useEffect } from "react";
import { signIn } from "../../api/accounts";
import { useText } from "../../i18n";
import { go } from "../../navigation";
import { AppearanceMenu, Brand, useTitle } from "../../ui";
import { useAccount } from "./account";
import { AccountForm, AccountLine } from "./AccountForm";
import "./auth.css";

/** The way in for those who have an account: left the paper, right the cloth. */
export function SignInPage({ next }: { next: string }) {
  const text = useText();
  const { account, arrived } = useAccount();
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
          <AccountForm
            names={["email", "password"]}
            word={text.auth.submit}
            send={async ({ email, password }) => arrived(await signIn(email, password))}
          >
            <AccountLine name="email" kind="email" label={text.auth.email} />
            <AccountLine name="password" kind="password" label={text.auth.password} />
          </AccountForm>
          <p className="sm q3">{text.auth.withLink}</p>
        </main>
      </div>
      <div className="half clothed" aria-hidden />
    </div>
  );
}
