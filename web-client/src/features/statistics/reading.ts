//! What a peer connection says of itself, as values: browsers' own objects stay in `connections.ts`.

/** One entry of a report (webrtc-stats). Browsers leave out what they do not know. */
export type Stat = Readonly<Record<string, unknown>>;

/** All that one peer connection says at one moment. */
export interface Reading {
  /** Which one, of those this page has had. */
  connection: number;
  /** Milliseconds. */
  at: number;
  /** By the connection's own names for them. */
  stats: ReadonlyMap<string, Stat>;
}

/** Whose a track is, and what it shows. */
export interface Named {
  who: string;
  source: Source;
}

export type Source = "microphone" | "camera" | "screen" | "screenSound";

export const numberIn = (stat: Stat | undefined, name: string): number | undefined => {
  const value = stat?.[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
};

export const textIn = (stat: Stat | undefined, name: string): string | undefined => {
  const value = stat?.[name];
  return typeof value === "string" ? value : undefined;
};

/** The entry that another refers to. */
export const referred = ({ stats }: Reading, stat: Stat, name: string): Stat | undefined =>
  stats.get(textIn(stat, name) ?? "");

export const ofType = ({ stats }: Reading, type: string): Stat[] =>
  [...stats.values()].filter((stat) => stat["type"] === type);
