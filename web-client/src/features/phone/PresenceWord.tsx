import type { Presence } from "../../api/directory";
import { useText } from "../../i18n";
import "./phone.css";

const dots: Record<Presence, string> = {
  available: "on",
  in_call: "voice",
  do_not_disturb: "busy",
  offline: "off",
};

/** Whether it is a good moment, in a word. */
export function PresenceWord({ presence }: { presence: Presence }) {
  const text = useText("phone");
  return (
    <span className="presence">
      <span className={`dot ${dots[presence]}`} aria-hidden />
      {text.phone.presence[presence]}
    </span>
  );
}
