import { useState } from "react";
import { listDevices, removeDevice, removeOtherDevices, type Device } from "../../api/security";
import { useLanguage } from "../../i18n";
import { Button, FormError, Loading } from "../../ui";
import { useForm } from "../../useForm";
import { useLoaded } from "../../useLoaded";
import "./settings.css";

/** From where one is signed in, and how to end that. */
export function Devices() {
  const { text, language } = useLanguage("settings");
  const words = text.settings.devices;
  const devices = useLoaded(listDevices);
  const form = useForm();
  const [said, setSaid] = useState("");
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const end = (work: () => Promise<void>, what: string) =>
    form.submit(async () => {
      await work();
      setSaid(what);
      devices.reload();
    });

  return (
    <section className="section narrow" aria-labelledby="devices">
      <h2 id="devices">{words.title}</h2>
      <p className="q2">{words.help}</p>
      <FormError>{devices.error ?? form.errorElsewhere()}</FormError>
      <p role="status" className="sm q2 said">
        {said}
      </p>
      {!devices.value ? (
        devices.error === undefined && <Loading />
      ) : (
        <ul className="card list signins">
          {devices.value.map((device) => (
            <li key={device.id}>
              <span className="two grow">
                <span>{nameOf(device, words.unknown)}</span>
                <span>
                  {device.is_this
                    ? words.here(device.address)
                    : words.last(moment.format(new Date(device.last_used)), device.address)}
                </span>
              </span>
              {!device.is_this && (
                <Button
                  small
                  aria-label={words.endOf(nameOf(device, words.unknown))}
                  onPress={() => void end(() => removeDevice(device.id), words.ended)}
                >
                  {words.end}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {(devices.value?.length ?? 0) > 1 && (
        <p className="after">
          <Button onPress={() => void end(removeOtherDevices, words.othersEnded)}>{words.endOthers}</Button>
        </p>
      )}
    </section>
  );
}

/** Browser and system, as far as the browser says. */
function nameOf({ agent }: Device, unknown: string): string {
  const first = (names: readonly (readonly [RegExp, string])[]) =>
    names.find(([known]) => known.test(agent))?.[1];
  const browser = first(browsers);
  const system = first(systems);
  return [browser, system].filter((part) => part !== undefined).join(", ") || agent.slice(0, 60) || unknown;
}

// Whoever names several means the first of these.
const browsers = [
  [/\bEdg/, "Edge"],
  [/\bFirefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;
const systems = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
] as const;
