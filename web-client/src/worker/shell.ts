//! The page's side of the worker: has it installed, and knows when a newer version waits.

import { useSyncExternalStore } from "react";
import { mayLook } from "./rules";

class Shell {
  private registration: ServiceWorkerRegistration | undefined;
  private waiting: ServiceWorker | undefined;
  private looked = Date.now();
  private readonly listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Whether a newer version waits. */
  readonly ready = (): boolean => this.waiting !== undefined;

  /** Installs the worker once the page stands and has what it needs, unless that is called off before: gives what does. */
  keep(): () => void {
    // Without HTTPS there is none, and while developing none is wanted.
    if (!import.meta.env.PROD || !("serviceWorker" in navigator) || this.registration) return () => undefined;
    let timer: number | undefined;
    const soon = () => (timer = window.setTimeout(() => void this.register(), AFTER_LOAD));
    if (document.readyState === "complete") soon();
    else window.addEventListener("load", soon, { once: true });
    return () => {
      window.removeEventListener("load", soon);
      window.clearTimeout(timer);
    };
  }

  /** Looks whether there is a newer version, if it is time and nobody needs the line. */
  look(busy: boolean): void {
    const now = Date.now();
    if (!mayLook({ last: this.looked, now, busy })) return;
    this.looked = now;
    this.registration?.update().catch(() => undefined);
  }

  /** Goes on with the newer version. */
  take(): void {
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    this.waiting?.postMessage("take-over");
  }

  private async register(): Promise<void> {
    try {
      // The worker names its files; the browser must not keep an old list.
      this.registration = await navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
    } catch {
      // A browser that keeps nothing loads the page each time, as before.
      return;
    }
    const { waiting, installing } = this.registration;
    this.watch(waiting);
    this.watch(installing);
    this.registration.addEventListener("updatefound", () =>
      this.watch(this.registration?.installing ?? null),
    );
  }

  private watch(worker: ServiceWorker | null): void {
    if (!worker) return;
    const seen = () => {
      // The first one replaces nothing.
      const waits = worker.state === "installed" && navigator.serviceWorker.controller !== null;
      if (waits) this.waiting = worker;
      else if (this.waiting === worker) this.waiting = undefined;
      for (const listener of this.listeners) listener();
    };
    worker.addEventListener("statechange", seen);
    seen();
  }
}

/** In milliseconds. */
const AFTER_LOAD = 2_000;

/** The one of this page. */
export const shell = new Shell();

/** Whether a newer version waits. */
export const useNewVersion = (): boolean => useSyncExternalStore(shell.subscribe, shell.ready);
