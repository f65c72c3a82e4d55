//! The days of a week, and what is on each. Pure.

import type { AgendaEntry } from "../../api/schedules";

/** Midnight of the Monday before or on a day. */
export function mondayOf(day: Date): Date {
  const back = (day.getDay() + 6) % 7;
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - back);
}

/** A day so many days later, at midnight whatever the clocks do in between. */
export function daysAfter(day: Date, days: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);
}

/** The seven days from a Monday on, with what begins on each, by time. */
export function weekOf(
  monday: Date,
  entries: readonly AgendaEntry[],
): { day: Date; entries: AgendaEntry[] }[] {
  return Array.from({ length: 7 }, (_, at) => {
    const day = daysAfter(monday, at);
    const next = daysAfter(monday, at + 1);
    return {
      day,
      entries: entries
        .filter((entry) => {
          const begins = Date.parse(entry.begins);
          return begins >= day.getTime() && begins < next.getTime();
        })
        .sort((a, b) => a.begins.localeCompare(b.begins)),
    };
  });
}

/** The first that is not over, and not cancelled. */
export function nextOf(entries: readonly AgendaEntry[], now: Date): AgendaEntry | undefined {
  return entries.find((entry) => !entry.cancelled && Date.parse(entry.ends) > now.getTime());
}

/** The other places of a meeting whose clocks are worth showing: not the reader's own time, each zone once. */
export function otherClocks(entry: AgendaEntry, own: string, most = 2): { place: string; zone: string }[] {
  const seen = new Set([own]);
  const places = [
    ...entry.parties.map((party) => ({ place: party.name, zone: party.zone ?? "" })),
    { place: entry.place, zone: entry.time_zone },
  ];
  return places
    .filter(({ zone }) => {
      if (zone === "" || seen.has(zone)) return false;
      seen.add(zone);
      return true;
    })
    .slice(0, most);
}
