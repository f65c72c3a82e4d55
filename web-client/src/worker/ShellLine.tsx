import { CloudOff, RefreshCw } from "lucide-react";
import { useEffect } from "react";
import { useAccount } from "../features/account";
import { usePhone } from "../features/phone";
import { useText } from "../i18n";
import { Button } from "../ui";
import { useIsMeeting } from "./meeting";
import { mayOffer } from "./rules";
import { shell, useNewVersion } from "./shell";
import "./shell.css";

/** One line at the foot of a page: the server is away, or a newer version waits. Never in a meeting or a call. */
export function ShellLine() {
  const text = useText();
  const { away } = useAccount();
  const ready = useNewVersion();
  const inMeeting = useIsMeeting();
  const onCall = usePhone().state.calls.length > 0;
  const busy = inMeeting || onCall;

  // What it fetches would come between the voices of a meeting, where the line is thin.
  useEffect(() => (busy ? undefined : shell.keep()), [busy]);

  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") shell.look(busy);
    };
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [busy]);

  return (
    <div className="shellline" role="status">
      {away && !inMeeting ? (
        <div className="toast">
          <CloudOff className="i" aria-hidden />
          <span className="grow">{text.app.away}</span>
        </div>
      ) : (
        mayOffer({ ready, inMeeting, onCall }) && (
          <div className="toast">
            <RefreshCw className="i" aria-hidden />
            <span className="grow">{text.app.newVersion}</span>
            <Button small rank="primary" onPress={() => shell.take()}>
              {text.app.reload}
            </Button>
          </div>
        )
      )}
    </div>
  );
}
