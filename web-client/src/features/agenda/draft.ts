//! A meeting while it is being planned: what stands in the form's fields, and the plan that it makes. Pure.

import type { Frequency, Level, Plan, Schedule, SeatRole } from "../../api/schedules";

export interface DraftSeat {
  /** Tells seats apart while they are moved. */
  key: string;
  id?: number;
  name: string;
  title: string;
  email: string;
  role: SeatRole;
  isHead: boolean;
  language: "fr" | "en";
}

export interface DraftParty {
  key: string;
  id?: number;
  name: string;
  country: string;
  seats: DraftSeat[];
}

export interface Draft {
  title: string;
  date: string;
  from: string;
  to: string;
  timeZone: string;
  marking: Level;
  waitingRoom: boolean;
  mailTitle: string;
  languages: string[];
  reminder: string;
  frequency: Frequency | "once";
  times: string;
  parties: DraftParty[];
  agenda: { key: string; title: string; minutes: string }[];
}

let keys = 0;
const fresh = () => `k${++keys}`;

export const newSeat = (language: "fr" | "en"): DraftSeat => ({
  key: fresh(),
  name: "",
  title: "",
  email: "",
  role: "delegate",
  isHead: false,
  language,
});

export const newParty = (name = "", country = ""): DraftParty => ({ key: fresh(), name, country, seats: [] });

export const newItem = () => ({ key: fresh(), title: "", minutes: "15" });

/** An empty form: tomorrow morning, two parties. */
export function emptyDraft(now: Date, language: "fr" | "en"): Draft {
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  const two = (n: number) => String(n).padStart(2, "0");
  const head = (): DraftSeat => ({ ...newSeat(language), role: "head", isHead: true });
  return {
    title: "",
    date: `${tomorrow.getFullYear()}-${two(tomorrow.getMonth() + 1)}-${two(tomorrow.getDate())}`,
    from: "10:00",
    to: "11:30",
    timeZone: "",
    marking: "internal",
    waitingRoom: true,
    mailTitle: "",
    languages: [language],
    reminder: "15",
    frequency: "once",
    times: "10",
    parties: [
      { ...newParty(), seats: [head()] },
      { ...newParty(), seats: [head()] },
    ],
    agenda: [],
  };
}

/** The form of a meeting that is there. */
export function draftOf(schedule: Schedule): Draft {
  const minutes = schedule.minutes;
  return {
    title: schedule.title,
    date: schedule.start.slice(0, 10),
    from: schedule.start.slice(11, 16),
    to: clockAfter(schedule.start.slice(11, 16), minutes),
    timeZone: schedule.time_zone,
    marking: schedule.marking.level,
    waitingRoom: schedule.waiting_room,
    mailTitle: schedule.mail_title ?? "",
    languages: schedule.languages,
    reminder: String(schedule.reminder ?? 0),
    frequency: schedule.recurrence?.frequency ?? "once",
    times: String(schedule.recurrence?.count ?? schedule.occurrences.length),
    parties: schedule.parties.map((party) => ({
      key: fresh(),
      id: party.id,
      name: party.name,
      country: party.country ?? "",
      seats: party.seats.map((seat) => ({
        key: fresh(),
        id: seat.id,
        name: seat.name,
        title: seat.title,
        email: seat.email ?? "",
        role: seat.role,
        isHead: seat.is_head,
        language: seat.language,
      })),
    })),
    agenda: schedule.agenda.map((item) => ({
      key: fresh(),
      title: item.title,
      minutes: String(item.minutes),
    })),
  };
}

/** What the form asks for. Seats without a name and points without a title are not meant yet. */
export function planOf(draft: Draft, send: boolean): Plan {
  return {
    title: draft.title.trim(),
    start: `${draft.date}T${draft.from}`,
    minutes: minutesBetween(draft.from, draft.to),
    time_zone: draft.timeZone === "" ? null : draft.timeZone,
    marking: draft.marking,
    waiting_room: draft.waitingRoom,
    mail_title: draft.mailTitle.trim() === "" ? null : draft.mailTitle.trim(),
    languages: draft.languages,
    reminder: Number(draft.reminder) || null,
    recurrence:
      draft.frequency === "once"
        ? null
        : { frequency: draft.frequency, every: 1, count: Number(draft.times) || 1 },
    parties: draft.parties
      .filter((party) => party.name.trim() !== "")
      .map((party) => ({
        ...(party.id !== undefined && { id: party.id }),
        name: party.name.trim(),
        country: party.country.trim() === "" ? null : party.country.trim().toUpperCase(),
        time_zone: null,
        seats: party.seats
          .filter((seat) => seat.name.trim() !== "")
          .map((seat) => ({
            ...(seat.id !== undefined && { id: seat.id }),
            name: seat.name.trim(),
            title: seat.title.trim(),
            email: seat.email.trim() === "" ? null : seat.email.trim(),
            role: seat.role,
            is_head: seat.isHead,
            language: seat.language,
          })),
      })),
    agenda: draft.agenda
      .filter((item) => item.title.trim() !== "")
      .map((item) => ({ title: item.title.trim(), minutes: Number(item.minutes) || 0 })),
    send,
  };
}

/** From one time of day to another, past midnight if need be. */
export function minutesBetween(from: string, to: string): number {
  const [begins, ends] = [from, to].map((clock) => {
    const [hours = 0, minutes = 0] = clock.split(":").map(Number);
    return hours * 60 + minutes;
  }) as [number, number];
  const minutes = ends - begins;
  return minutes > 0 ? minutes : minutes + 24 * 60;
}

/** The time of day so many minutes later. */
export function clockAfter(from: string, minutes: number): string {
  const [hours = 0, passed = 0] = from.split(":").map(Number);
  const all = (hours * 60 + passed + minutes) % (24 * 60);
  return `${String(Math.floor(all / 60)).padStart(2, "0")}:${String(all % 60).padStart(2, "0")}`;
}

/** The same list with one of it a place further up or down. */
export function shifted<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const next = [...list];
  const [taken] = next.splice(at, 1);
  if (taken !== undefined) next.splice(Math.max(0, Math.min(list.length - 1, at + by)), 0, taken);
  return next;
}

/** The party's one head. */
export function headed(party: DraftParty, key: string): DraftParty {
  const seats = party.seats.map((seat) => ({
    ...seat,
    isHead: seat.key === key,
    role: seat.key === key || seat.role !== "head" ? seat.role : ("delegate" as const),
  }));
  return { ...party, seats };
}
