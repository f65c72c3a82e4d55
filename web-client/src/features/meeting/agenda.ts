//! The agenda as the room shows it. Pure.

export interface Point {
  title: string;
  /** How long it is to take; 0 where nobody has said. */
  minutes: number;
}

export interface Agenda {
  points: readonly Point[];
  /** The number of the point that is under discussion, from 1; 0 before and after. */
  current: number;
  /** Since when, in milliseconds since 1970. */
  since: number;
}

/** The agenda in a room's metadata; nothing where there is none, or where we cannot read it. */
export function agendaOf(metadata: string | undefined): Agenda | undefined {
  if (metadata === undefined || metadata === "") return undefined;
  try {
    const { agenda } = JSON.parse(metadata) as { agenda?: Shown | null };
    if (!agenda?.points || agenda.points.length === 0) return undefined;
    return {
      points: agenda.points,
      current: agenda.current ?? 0,
      since: Date.parse(agenda.since ?? "") || 0,
    };
  } catch {
    return undefined;
  }
}

/** As the server writes it. */
interface Shown {
  points?: Point[];
  current?: number | null;
  since?: string | null;
}

/** The point under discussion. */
export const pointOf = (agenda: Agenda | undefined): Point | undefined => agenda?.points[agenda.current - 1];
