//! What calls have taken of this device's line since the month began. Pure.

/** The sum that was kept, with more bytes; anew in a new month. */
export function withMore(kept: string | null, now: Date, bytes: number): string {
  return `${monthOf(now)} ${bytesIn(kept, now) + bytes}`;
}

/** The bytes of this month in what was kept. */
export function bytesIn(kept: string | null, now: Date): number {
  const [month, bytes] = kept?.split(" ") ?? [];
  const sum = Number(bytes);
  return month === monthOf(now) && Number.isSafeInteger(sum) && sum > 0 ? sum : 0;
}

const monthOf = (now: Date) => `${now.getFullYear()}-${now.getMonth() + 1}`;
