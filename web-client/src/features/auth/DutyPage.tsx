import { useState } from "react";
import { changePassword, whoAmI, type Duty, type Me } from "../../api/accounts";
import { useText } from "../../i18n";
import { Button, PlainPage, useTitle } from "../../ui";
import { useAccount } from "../account";
import { AccountForm, AccountLine } from "./AccountForm";
import { SecondFactorSetup } from "./SecondFactorSetup";

/** What is to be done before anything else: a password of one's own, a second factor. */
export function DutyPage({ duty }: { duty: Duty }) {
  const text = useText("auth");
  const words = text.auth;
  const { arrived, expired, leave } = useAccount();
  const [failed, setFailed] = useState(false);
  const title = duty === "password" ? words.ownPasswordTitle : words.factorTitle;
  useTitle(title);

  const again = () =>
    whoAmI().then(
      (me: Me | null) => (me === null ? expired() : arrived(me)),
      () => setFailed(true),
    );

  return (
    <PlainPage title={title} help={duty === "password" ? words.ownPasswordHelp : words.factorDuty}>
      {duty === "password" ? (
        <AccountForm
          names={["current", "new"]}
          word={text.auth.change}
          send={async (written) => {
            await changePassword(written.current, written.new);
            await again();
          }}
        >
          <AccountLine name="current" kind="password" label={words.givenPassword} />
          <AccountLine name="new" kind="newPassword" label={text.auth.next} help={text.auth.nextHelp} />
        </AccountForm>
      ) : (
        <SecondFactorSetup onDone={() => void again()} />
      )}
      {failed && <p role="alert">{text.errors.offline}</p>}
      <p>
        <Button rank="ghost" className="flushleft" onPress={() => void leave()}>
          {text.auth.signOut}
        </Button>
      </p>
    </PlainPage>
  );
}
