import { useEffect, useState } from "react";
import { checkSetup, setUp } from "../../api/accounts";
import { useText } from "../../i18n";
import { go } from "../../navigation";
import { Button, Loading, PlainPage, useTitle } from "../../ui";
import { useAccount } from "../account";
import { AccountForm, AccountLine } from "./AccountForm";
import "./auth.css";

/** The one-time link: makes the account that administers this server. */
export function SetupPage({ secret }: { secret: string }) {
  const text = useText("auth");
  const { arrived } = useAccount();
  const [good, setGood] = useState<boolean>();
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
      <AccountForm
        names={["name", "email", "password"]}
        word={text.auth.create}
        send={async (written) => {
          arrived(await setUp(secret, written));
          go("/", "replace");
        }}
      >
        <AccountLine name="name" kind="name" label={text.auth.name} help={text.auth.nameHelp} />
        <AccountLine name="email" kind="email" label={text.auth.email} />
        <AccountLine
          name="password"
          kind="newPassword"
          label={text.auth.password}
          help={text.auth.passwordHelp}
        />
      </AccountForm>
    </PlainPage>
  );
}
