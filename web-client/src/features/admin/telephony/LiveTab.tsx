import { useState } from "react";
import { listRegistrations, liveCalls, removeRegistration } from "../../../api/phones";
import { useText } from "../../../i18n";
import { Button, FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { CallTable } from "./CallTable";
import { Said, useMoment } from "./shared";
import { useEvery } from "./useEvery";

/** Who is on the phone, and which phones can be called, as it is now. */
export function LiveTab() {
  const text = useText();
  const words = text.telephony.live;
  const moment = useMoment();
  const calls = useLoaded(liveCalls);
  const registrations = useLoaded(listRegistrations);
  const form = useForm();
  const [said, setSaid] = useState("");
  useEvery(2_000, calls.reload);
  useEvery(5_000, registrations.reload);

  const error = calls.error ?? registrations.error;
  if (!calls.value || !registrations.value) {
    return error === undefined ? <Loading /> : <FormError>{error}</FormError>;
  }

  return (
    <>
      <FormError>{error ?? form.errorElsewhere()}</FormError>
      <Said>{said}</Said>
      <section aria-labelledby="live-calls">
        <div className="blockhead">
          <h2 id="live-calls">{words.calls(new Set(calls.value.map((leg) => leg.call)).size)}</h2>
        </div>
        <div className="card scrolls" role="group" aria-label={words.callsTitle} tabIndex={0}>
          {calls.value.length === 0 ? (
            <p className="nothing q2">{words.noCall}</p>
          ) : (
            <CallTable calls={calls.value} />
          )}
        </div>
      </section>
      <section aria-labelledby="live-phones">
        <div className="blockhead">
          <h2 id="live-phones">{words.phones(registrations.value.length)}</h2>
        </div>
        <div className="card scrolls" role="group" aria-label={words.phonesTitle} tabIndex={0}>
          {registrations.value.length === 0 ? (
            <p className="nothing q2">{words.noPhone}</p>
          ) : (
            <table className="data">
              <thead>
                <tr>
                  <th scope="col">{text.telephony.extensions.number}</th>
                  <th scope="col">{words.device}</th>
                  <th scope="col">{words.address}</th>
                  <th scope="col">{words.model}</th>
                  <th scope="col">{words.until}</th>
                  <th scope="col">
                    <span className="hide">{text.telephony.actions}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {registrations.value.map((each) => (
                  <tr key={`${each.number}/${each.key}`}>
                    <td className="b">{each.number}</td>
                    <td className="q2">{each.device}</td>
                    <td className="q2">
                      {each.transport.toUpperCase()} {each.address}
                    </td>
                    <td className="q2">{each.user_agent === "" ? "–" : each.user_agent}</td>
                    <td className="q2">{moment(each.expires)}</td>
                    <td className="num">
                      <Button
                        rank="ghost"
                        small
                        aria-label={text.telephony.devices.disconnectNamed(each.address)}
                        onPress={() =>
                          void form.submit(async () => {
                            await removeRegistration(each);
                            setSaid(text.telephony.devices.disconnected);
                            registrations.reload();
                          })
                        }
                      >
                        {text.telephony.devices.disconnect}
                      </Button>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      </section>
    </>
  );
}
