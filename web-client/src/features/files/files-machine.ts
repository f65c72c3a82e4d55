//! Files in session: who offers what, who takes it, and how far it has come. Pure. A file goes to those only who ask for it, so
//! that nobody's link and nobody's memory is filled unasked.

import { LARGEST, type FileFacts } from "./notes";

export interface Incoming extends FileFacts {
  from: string;
  stage: { is: "offered" } | { is: "coming"; got: number } | { is: "here" } | { is: "failed" };
}

/** Somebody who takes a file of ours. */
export interface Taker {
  who: string;
  got: number;
  done: boolean;
}

export interface Outgoing extends FileFacts {
  /** To one person, or to everybody. */
  to: string | undefined;
  takers: readonly Taker[];
}

/** Why nothing came of the last wish. */
export type Refusal = "too-large" | "too-many" | "too-many-at-once" | "no-room";

export interface FilesState {
  incoming: readonly Incoming[];
  outgoing: readonly Outgoing[];
  refusal: Refusal | undefined;
}

export type FilesInput =
  | { on: "offered"; from: string; file: FileFacts }
  | { on: "withdrawn"; from: string; id: string }
  | { on: "wanted"; id: string }
  | { on: "came"; id: string; got: number }
  | { on: "complete"; id: string }
  | { on: "broke"; id: string }
  /** No longer wanted: on its way, or already here. */
  | { on: "dropped"; id: string }
  | { on: "given"; file: FileFacts; to: string | undefined }
  | { on: "taken"; who: string; id: string }
  | { on: "arrived"; who: string; id: string; got: number }
  | { on: "let-go"; who: string; id: string }
  | { on: "taken-back"; id: string };

export type FilesEffect =
  | { do: "offer"; file: FileFacts; to: string | undefined }
  | { do: "withdraw"; id: string; to: string | undefined }
  | { do: "ask"; from: string; id: string }
  | { do: "stop"; from: string; id: string }
  | { do: "serve"; who: string; id: string }
  | { do: "halt"; who: string; id: string }
  | { do: "forget"; id: string };

type Step = [FilesState, readonly FilesEffect[]];

export const noFiles: FilesState = { incoming: [], outgoing: [], refusal: undefined };

/** Of the files that others offer, so many at once. */
export const AT_ONCE = 3;
/** Bytes of files that are here or on their way. */
export const ROOM = 100 * 1_000_000;
/** A page remembers this many offers of others, and makes this many of its own. */
export const OFFERS = 100;
export const OWN_OFFERS = 20;

export function files(state: FilesState, input: FilesInput): Step {
  switch (input.on) {
    case "given":
      if (input.file.size > LARGEST) return refused(state, "too-large");
      if (state.outgoing.length >= OWN_OFFERS) return refused(state, "too-many");
      return [
        {
          ...state,
          refusal: undefined,
          outgoing: [...state.outgoing, { ...input.file, to: input.to, takers: [] }],
        },
        [{ do: "offer", file: input.file, to: input.to }],
      ];
    case "taken-back": {
      const own = state.outgoing.find(({ id }) => id === input.id);
      if (!own) return [state, []];
      return [
        { ...state, outgoing: state.outgoing.filter((one) => one !== own) },
        [
          ...unfinished(own).map(({ who }) => ({ do: "halt", who, id: own.id }) as const),
          { do: "withdraw", id: own.id, to: own.to },
        ],
      ];
    }
    case "taken":
      return taken(state, input);
    case "arrived":
      return [changeTaker(state, input.id, input.who, (file, taker) => arrived(file, taker, input.got)), []];
    case "let-go": {
      const own = state.outgoing.find(({ id }) => id === input.id);
      if (!own || !unfinished(own).some(({ who }) => who === input.who)) return [state, []];
      return [
        changeTaker(state, input.id, input.who, () => undefined),
        [{ do: "halt", who: input.who, id: input.id }],
      ];
    }
    default:
      return received(state, input);
  }
}

/** Bytes that files of others take here. */
const held = ({ incoming }: FilesState): number =>
  incoming.reduce(
    (sum, { stage, size }) => (stage.is === "coming" || stage.is === "here" ? sum + size : sum),
    0,
  );

type Received = Exclude<FilesInput, { on: "given" | "taken-back" | "taken" | "arrived" | "let-go" }>;

function received(state: FilesState, input: Received): Step {
  if (input.on === "offered") {
    if (state.incoming.some(({ id }) => id === input.file.id)) return [state, []];
    const file: Incoming = { ...input.file, from: input.from, stage: { is: "offered" } };
    const isIdle = ({ stage }: Incoming) => stage.is === "offered" || stage.is === "failed";
    const oldest = state.incoming.length >= OFFERS ? state.incoming.find(isIdle) : undefined;
    return [
      { ...state, incoming: [...state.incoming.filter((one) => one !== oldest), file].slice(-OFFERS) },
      [],
    ];
  }
  const file = state.incoming.find(({ id }) => id === input.id);
  if (!file) return [state, []];
  const coming = file.stage.is === "coming";
  const becomes = (stage: Incoming["stage"]): FilesState => ({
    ...state,
    refusal: undefined,
    incoming: state.incoming.map((one) => (one === file ? { ...file, stage } : one)),
  });

  switch (input.on) {
    case "wanted":
      if (file.stage.is !== "offered" && file.stage.is !== "failed") return [state, []];
      if (state.incoming.filter(({ stage }) => stage.is === "coming").length >= AT_ONCE)
        return refused(state, "too-many-at-once");
      if (held(state) + file.size > ROOM) return refused(state, "no-room");
      return [becomes({ is: "coming", got: 0 }), [{ do: "ask", from: file.from, id: file.id }]];
    case "came":
      return coming ? [becomes({ is: "coming", got: input.got }), []] : [state, []];
    case "complete":
      return coming ? [becomes({ is: "here" }), []] : [state, []];
    case "broke":
      return coming ? [becomes({ is: "failed" }), []] : [state, []];
    case "dropped":
      if (coming) return [becomes({ is: "offered" }), [{ do: "stop", from: file.from, id: file.id }]];
      return file.stage.is === "here"
        ? [becomes({ is: "offered" }), [{ do: "forget", id: file.id }]]
        : [state, []];
    case "withdrawn":
      // What is here already is ours.
      if (file.from !== input.from || file.stage.is === "here") return [state, []];
      return [{ ...state, incoming: state.incoming.filter((one) => one !== file) }, []];
  }
}

function taken(state: FilesState, { who, id }: { who: string; id: string }): Step {
  const own = state.outgoing.find((one) => one.id === id);
  // What was offered to one person is nobody else's to take.
  if (!own || (own.to !== undefined && own.to !== who)) return [state, []];
  if (unfinished(own).some((taker) => taker.who === who)) return [state, []];
  const takers = [...own.takers.filter((taker) => taker.who !== who), { who, got: 0, done: false }];
  const outgoing = state.outgoing.map((one) => (one === own ? { ...own, takers } : one));
  return [{ ...state, outgoing }, [{ do: "serve", who, id }]];
}

function arrived(file: Outgoing, taker: Taker, got: number): Taker {
  return { ...taker, got: Math.max(taker.got, Math.min(got, file.size)), done: got >= file.size };
}

function changeTaker(
  state: FilesState,
  id: string,
  who: string,
  change: (file: Outgoing, taker: Taker) => Taker | undefined,
): FilesState {
  const outgoing = state.outgoing.map((file) =>
    file.id === id
      ? {
          ...file,
          takers: file.takers.flatMap((taker) => (taker.who === who ? (change(file, taker) ?? []) : taker)),
        }
      : file,
  );
  return { ...state, outgoing };
}

const unfinished = ({ takers }: Outgoing): Taker[] => takers.filter(({ done }) => !done);

const refused = (state: FilesState, refusal: Refusal): Step => [{ ...state, refusal }, []];
