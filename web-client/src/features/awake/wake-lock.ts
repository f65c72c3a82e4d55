//! Keeps the screen awake (Screen Wake Lock). Browsers let go of the lock whenever the page is hidden: it is taken again when
//! the page is back. Where there is none, or where it is refused (a battery that is nearly empty), nothing is said.

/** Keeps the screen awake until the returned function is called. */
export function stayAwake(page: Document = document): () => void {
  let lock: WakeLockSentinel | undefined;
  let wanted = true;

  const take = async () => {
    if (page.visibilityState !== "visible" || (lock && !lock.released)) return;
    try {
      // The type says it is always there; older browsers, and plain HTTP, have none.
      const taken = await (navigator.wakeLock as WakeLock | undefined)?.request("screen");
      if (wanted) lock = taken;
      else await taken?.release();
    } catch {
      // Refused: the screen sleeps when it sleeps.
    }
  };
  const seen = () => void take();

  page.addEventListener("visibilitychange", seen);
  seen();
  return () => {
    wanted = false;
    page.removeEventListener("visibilitychange", seen);
    void lock?.release();
  };
}
