//! How much of a file may be under way. Pure. A queue that grows anywhere between us and the receiver is a queue that voices
//! wait in: as soon as answers come later than they could, less is sent (LEDBAT, RFC 6817), and a link that carries little is
//! left to speech.

export interface Pace {
  /** Bytes that may be under way. */
  window: number;
  /** How soon an answer comes where nothing waits, in milliseconds. */
  soonest: number;
  /** Whether nothing has had to wait yet. */
  unhindered: boolean;
}

/** One piece: what one packet carries. */
export const PIECE = 8_000;

export const firstPace: Pace = { window: 2 * PIECE, soonest: Infinity, unhindered: true };

/** Whether one more piece may go. */
export const mayGo = ({ window }: Pace, underWay: number): boolean =>
  underWay === 0 || underWay + PIECE <= window;

/** So many bytes have arrived, and so many milliseconds after they went we know it. */
export function answered(pace: Pace, bytes: number, after: number): Pace {
  // What one piece alone waits for is not its own queue: the way has become longer.
  const longer = pace.window < 2 * PIECE && after > pace.soonest ? (after - pace.soonest) / 4 : 0;
  const soonest = Math.min(pace.soonest + longer, after);
  const waited = after - soonest;
  const unhindered = pace.unhindered && waited < TARGET / 2;
  const window = pace.window + (unhindered ? bytes : change(pace, bytes, waited));
  return { window: Math.min(Math.max(window, PIECE), MOST), soonest, unhindered };
}

/** One piece more a turn while there is time to spare; half of all a turn, at most, once pieces wait too long. */
function change({ window }: Pace, bytes: number, waited: number): number {
  const spare = (TARGET - waited) / TARGET;
  return spare >= 0 ? (spare * bytes * PIECE) / window : (Math.max(spare, -1) * bytes) / 2;
}

/** How long a piece may wait in queues, in milliseconds. */
const TARGET = 100;
/** Far below what the server keeps for one slow receiver. */
const MOST = 512 * 1024;
