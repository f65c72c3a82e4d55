import { useText } from "../../i18n";
import { Button } from "../../ui";
import { mayBeManaged, stepsFor, type Why } from "./blocked";
import "./blocked.css";

interface Props {
  why: Why;
  onRetry: () => void;
}

/** How to open a device that does not, step by step, for this browser and system. */
export function BlockedHelp({ why, onRetry }: Props) {
  const text = useText("blocked");
  const { title, steps } = text.blocked.lists[stepsFor(why, navigator.userAgent, navigator.maxTouchPoints)];
  return (
    <section className="notice blockedhelp" aria-label={title}>
      <b>{title}</b>
      <ol>
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      {mayBeManaged(why) && <p className="q2">{text.blocked.managed}</p>}
      <p>
        <Button small onPress={onRetry}>
          {text.app.retry}
        </Button>
      </p>
    </section>
  );
}
