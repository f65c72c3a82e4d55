//! What a screen sees of something that changes often. For `useSyncExternalStore`.

export class Shown<View> {
  private view: View;
  private due = false;
  private readonly listeners = new Set<() => void>();

  /** `look` makes the view out of how things are now. */
  constructor(private readonly look: () => View) {
    this.view = look();
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly current = (): View => this.view;

  /** Something has changed. Many things change at once; the screen is told once. */
  refresh(): void {
    if (this.due) return;
    this.due = true;
    queueMicrotask(() => {
      this.due = false;
      this.view = this.look();
      for (const listener of this.listeners) listener();
    });
  }
}
