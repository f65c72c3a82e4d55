import { useText } from "../../i18n";
import { useTitle } from "../../ui";
import { usePhone } from "../phone";
import { History } from "./History";
import { LiveCall } from "./LiveCall";
import "./calls.css";

/** What was at the left, what is at the right. */
export function CallsPage() {
  const text = useText("calls", "phone");
  const { state } = usePhone();
  useTitle(text.calls.title);
  const busy = state.here.length > 0 || state.over !== undefined;

  return (
    <div className={busy ? "calls busy" : "calls"}>
      <History />
      <LiveCall />
    </div>
  );
}
