//! Waking at a moment, and not before.

/** The page's clock, or one of a test. In milliseconds. */
export interface AlarmClock {
  now: () => number;
  /** Comes after about so long; what it returns takes that back. */
  after: (milliseconds: number, act: () => void) => () => void;
}

const ofThePage: AlarmClock = {
  now: () => performance.now(),
  after: (milliseconds, act) => {
    const timer = window.setTimeout(act, milliseconds);
    return () => window.clearTimeout(timer);
  },
};

/**
 * Acts once, at a moment or as soon as possible after it; what it returns takes that back. Timers know whole milliseconds
 * only and may come early, and whoever acts only on what is due by then would never act.
 */
export function wakeAt(moment: number, act: () => void, clock = ofThePage): () => void {
  let stop: () => void = () => undefined;
  const look = () => {
    const left = moment - clock.now();
    if (left > 0) stop = clock.after(Math.ceil(left), look);
    else act();
  };
  look();
  return () => stop();
}
