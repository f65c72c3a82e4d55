import { useState } from "react";
import { removeSecondFactor, secondFactor } from "../../api/security";
import { useText } from "../../i18n";
import { Button, FormError, Loading } from "../../ui";
import { useLoaded } from "../../useLoaded";
import { useAccount } from "../account";
import { AccountForm, AccountLine, SecondFactorSetup } from "../auth";

/** The code beside the password: set up, told, taken away. */
export function SecondFactor() {
  const words = useText("auth").auth;
  const { expired } = useAccount();
  const standing = useLoaded(secondFactor);
  const [doing, setDoing] = useState<"setup" | "remove">();

  return (
    <section className="section narrow" aria-labelledby="second-factor">
      <h2 id="second-factor">{words.factorTitle}</h2>
      <FormError>{standing.error}</FormError>
      {!standing.value ? (
        standing.error === undefined && <Loading />
      ) : doing === "setup" ? (
        <SecondFactorSetup
          onDone={() => {
            setDoing(undefined);
            standing.reload();
          }}
        />
      ) : standing.value.enabled ? (
        <>
          <p className="q2">{words.factorIsOn(standing.value.recovery_codes_left)}</p>
          {doing === "remove" ? (
            <AccountForm
              names={["current", "code"]}
              word={words.removeFactor}
              send={async ({ current, code }) => {
                await removeSecondFactor(current, code);
                // Every session has ended with it, this one too.
                expired();
              }}
            >
              <AccountLine name="current" kind="password" label={words.ownPassword} focus />
              <AccountLine name="code" kind="code" label={words.code} help={words.codeHelp} />
            </AccountForm>
          ) : (
            <p className="after">
              <Button onPress={() => setDoing("remove")}>{words.removeFactor}</Button>
            </p>
          )}
        </>
      ) : (
        <>
          <p className="q2">{words.factorHelp}</p>
          <p className="after">
            <Button onPress={() => setDoing("setup")}>{words.beginFactor}</Button>
          </p>
        </>
      )}
    </section>
  );
}
