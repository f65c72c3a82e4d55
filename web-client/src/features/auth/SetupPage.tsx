import { useEffect, useState } from "react";
import { Form } from "react-aria-components";
import { checkSetup, setUp } from "../../api/accounts";
import { useText } from "../../i18n";
import { go } from "../../navigation";
import { Button, Field, FormError, Loading, PlainPage, useTitle } from "../../ui";
import { useForm } from "../../useForm";
import { useAccount } from "./account";
import "./auth.css";

/** The one-time link: makes the account that administers this server. */
export function SetupPage({ secret }: { secret: string }) {
  const text = useText();
  const { arrived } = useAccount();
  const form = useForm();
  const [good, setGood] = useState<boolean>();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  useTitle(text.auth.setup);

  useEffect(() => {
    let here = true;
    checkSetup(secret).then(
      () => here && setGood(true),
      () => here && setGood(false),
    );
    return () => {
      here = false;
    };
  }, [secret]);

  if (good === undefined) return <Loading />;
  if (!good) {
    return (
      <PlainPage title={text.auth.setupGone} help={text.auth.setupGoneHelp}>
        <Button rank="primary" onPress={() => go("/")}>
          {text.app.toHome}
        </Button>
      </PlainPage>
    );
  }

  return (
    <PlainPage title={text.auth.setup} help={text.auth.setupLede}>
      <Form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void form.submit(async () => {
            arrived(await setUp(secret, { name, email, password }));
            go("/", "replace");
          });
        }}
      >
        <FormError>{form.errorElsewhere("name", "email", "password")}</FormError>
        <Field
          label={text.auth.name}
          help={text.auth.nameHelp}
          error={form.errorAt("name")}
          name="name"
          autoComplete="name"
          maxLength={80}
          value={name}
          onChange={setName}
          isRequired
        />
        <Field
          label={text.auth.email}
          error={form.errorAt("email")}
          type="email"
          name="email"
          autoComplete="username"
          value={email}
          onChange={setEmail}
          isRequired
        />
        <Field
          label={text.auth.password}
          help={text.auth.passwordHelp}
          error={form.errorAt("password")}
          type="password"
          name="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          isRequired
        />
        <Button rank="primary" type="submit" isPending={form.sending}>
          {text.auth.create}
        </Button>
      </Form>
    </PlainPage>
  );
}
