//! Performs `shortcuts.ts` on a window: hears the keys, and tells where the focus is.

import { recall, remember } from "../../storage";
import { shortcut, type Act, type Focus, type KeyInput, type KeyState } from "./shortcuts";

/** Whether keys do something on this device. */
export const recallShortcuts = (): boolean => recall("shortcuts") !== "off";

/** Keeps whether they do. */
export const rememberShortcuts = (enabled: boolean): void => remember("shortcuts", enabled ? "on" : "off");

export class Keyboard {
  private state: KeyState;

  constructor(
    private readonly act: (act: Act) => void,
    private readonly isMuted: () => boolean,
    enabled: boolean,
  ) {
    this.state = { enabled, talking: false };
    // Before components: those keep from the window what is pressed on them.
    window.addEventListener("keydown", this.down, true);
    window.addEventListener("keyup", this.up, true);
    window.addEventListener("blur", this.blur);
  }

  /** Hears nothing any more; whatever is held is let go. */
  close(): void {
    window.removeEventListener("keydown", this.down, true);
    window.removeEventListener("keyup", this.up, true);
    window.removeEventListener("blur", this.blur);
    this.blur();
  }

  private readonly down = (event: KeyboardEvent) => {
    const { key, repeat } = event;
    const modified = event.ctrlKey || event.altKey || event.metaKey || event.isComposing;
    this.handle(
      { on: "down", key, repeat, modified, focus: focusOn(event.target), muted: this.isMuted() },
      event,
    );
  };

  private readonly up = (event: KeyboardEvent) => this.handle({ on: "up", key: event.key }, event);

  private readonly blur = () => this.handle({ on: "blur" });

  private handle(input: KeyInput, event?: KeyboardEvent): void {
    const [state, { act, taken }] = shortcut(this.state, input);
    this.state = state;
    if (taken) {
      event?.preventDefault();
      event?.stopPropagation();
    }
    if (act !== undefined) this.act(act);
  }
}

function focusOn(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return "free";
  if (target.closest(LETTERS_MEAN_SOMETHING) !== null) return "taken";
  return target.closest(PRESSED_BY_SPACE) === null ? "free" : "pressable";
}

const LETTERS_MEAN_SOMETHING = [
  "input:not([type=checkbox], [type=radio], [type=range], [type=button], [type=file])",
  "textarea",
  "select",
  "[contenteditable]:not([contenteditable=false])",
  ...["textbox", "searchbox", "combobox", "spinbutton", "menu", "listbox", "dialog", "alertdialog"].map(
    (role) => `[role=${role}]`,
  ),
].join(", ");
const PRESSED_BY_SPACE = [
  "button, a[href], summary, label, input, video[controls], audio[controls]",
  ...["button", "link", "checkbox", "switch", "radio", "tab", "slider"].map((role) => `[role=${role}]`),
].join(", ");
