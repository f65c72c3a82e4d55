import { useState } from "react";
import { listRegistrations, liveCalls, removeRegistration } from "../../../api/phones";
import { useText } from "../../../i18n";
import { FormError, Loading } from "../../../ui";
import { useForm } from "../../../useForm";
import { useLoaded } from "../../../useLoaded";
import { CallTable } from "./CallTable";
import { Said, useMoment } from "./shared";
import { Table } from "./Table";
import { useEvery } from "./useEvery";

/** Who is on the phone, and which phones can be called, as it is now. */
export function LiveTab() {
  const text = useText("telephony");
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
        <CallTable label={words.callsTitle} calls={calls.value} none={words.noCall} />
      </section>
      <section aria-labelledby="live-phones">
        <div className="blockhead">
          <h2 id="live-phones">{words.phones(registrations.value.length)}</h2>
        </div>
        <Table
          label={words.phonesTitle}
          items={registrations.value}
          keyOf={({ number, key }) => `${number}/${key}`}
          columns={[
            { head: text.telephony.extensions.number, cell: ({ number }) => number, rank: "main" },
            { head: words.device, cell: ({ device }) => device },
            {
              head: words.address,
              cell: ({ transport, address }) => `${transport.toUpperCase()} ${address}`,
            },
            { head: words.model, cell: ({ user_agent }) => user_agent || "–" },
            { head: words.until, cell: ({ expires }) => moment(expires) },
          ]}
          action={{
            word: text.telephony.devices.disconnect,
            nameOf: ({ address }) => text.telephony.devices.disconnectNamed(address),
            onPress: (each) =>
              void form.submit(async () => {
                await removeRegistration(each);
                setSaid(text.telephony.devices.disconnected);
                registrations.reload();
              }),
          }}
          none={words.noPhone}
        />
      </section>
    </>
  );
}
