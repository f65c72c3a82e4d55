import { useEffect, useState } from "react";
import { Form } from "react-aria-components";
import { signIn } from "../../api/accounts";
import { useText } from "../../i18n";
import { go } from "../../navigation";
import { AppearanceMenu, Brand, Button, Field, FormError, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { useAccount } from "./account";
import "./auth.css";

/** The way in for those who have an account: left the paper, right the cloth. */
export function SignInPage({ next }: { next: string }) {
  const text = useText();
  const { account, arrived } = useAccount();
  const form = useForm();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
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
          <Form
            className="stack"
            onSubmit={(event) => {
              event.preventDefault();
              void form.submit(async () => arrived(await signIn(email, password)));
            }}
          >
            <FormError>{form.errorElsewhere()}</FormError>
            <Field
              label={text.auth.email}
              type="email"
              name="email"
              autoComplete="username"
              value={email}
              onChange={setEmail}
              isRequired
            />
            <Field
              label={text.auth.password}
              type="password"
              name="password"
              autoComplete="current-password"
              value={password}
              onChange={setPassword}
              isRequired
            />
            <Button rank="primary" type="submit" isPending={form.sending}>
              {text.auth.submit}
            </Button>
          </Form>
          <p className="sm q3">{text.auth.withLink}</p>
        </main>
      </div>
      <div className="half clothed" aria-hidden />
    </div>
  );
}
