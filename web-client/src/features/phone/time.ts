//! What time it is at a post.

/** `14:30` there; nothing where the zone is unknown to this browser. */
export function hourAt(zone: string, language: string, now: Date): string | undefined {
  if (zone === "") return undefined;
  try {
    return new Intl.DateTimeFormat(language, {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      timeZone: zone,
    }).format(now);
  } catch {
    return undefined;
  }
}

/** Whether people are asleep or at home there: before seven, after eight in the evening. */
export function isLate(zone: string, now: Date): boolean {
  const hour = Number(hourAt(zone, "en-GB", now)?.slice(0, 2) ?? 12);
  return hour < 7 || hour >= 20;
}

/** A span of a call as a telephone shows it: `04:32`, `1:02:03`. */
export function spanOf(milliseconds: number): string {
  const whole = Math.max(0, Math.floor(milliseconds / 1_000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${two(minutes)}:${two(whole % 60)}`;
}

/** The time of day here: `14:30`. */
export const hourOf = (time: string, language: string) =>
  new Date(time).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
