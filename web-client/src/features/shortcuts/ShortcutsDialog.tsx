import { useText } from "../../i18n";
import { Button, Sheet } from "../../ui";
import { letters } from "./shortcuts";
import "./shortcuts.css";

interface Props {
  enabled: boolean;
  onSwitch: (enabled: boolean) => void;
  onClose: () => void;
}

/** Which key does what, and whether they do. */
export function ShortcutsDialog({ enabled, onSwitch, onClose }: Props) {
  const text = useText("session");
  const words = text.session.shortcuts;
  const lines = [
    ...letters.map(({ key, act }) => ({ key: key.toUpperCase(), does: words.acts[act] })),
    { key: words.space, does: words.talk },
    { key: "?", does: words.list },
  ];
  return (
    <Sheet title={words.title} help={words.help} onClose={onClose}>
      <dl className={enabled ? "shortcuts" : "shortcuts off"}>
        {lines.map(({ key, does }) => (
          <div key={key}>
            <dt>{does}</dt>
            <dd>
              <kbd>{key}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={enabled} onChange={(event) => onSwitch(event.target.checked)} />
        {words.enabled}
      </label>
      <div className="actions">
        <Button autoFocus onPress={onClose}>
          {text.app.close}
        </Button>
      </div>
    </Sheet>
  );
}
