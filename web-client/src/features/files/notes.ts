//! What browsers tell each other about files, beside the files themselves. Pure: notes from others are read with suspicion.

/** A file that somebody offers. */
export interface FileFacts {
  id: string;
  name: string;
  size: number;
  type: string;
}

export type Note =
  | { says: "offer"; file: FileFacts; only: boolean }
  /** It is offered no longer. */
  | { says: "withdraw"; id: string }
  | { says: "take"; id: string }
  /** So many bytes have arrived. */
  | { says: "got"; id: string; bytes: number }
  /** Not wanted any more. */
  | { says: "stop"; id: string };

/** A file may be this large: 25 MB. */
export const LARGEST = 25 * 1_000_000;

export const written = (note: Note): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(JSON.stringify(note));

/** The note in a packet; nothing where it is none of ours. */
export function noteIn(payload: Uint8Array): Note | undefined {
  if (payload.byteLength > LONGEST_NOTE) return undefined;
  let note: Record<string, unknown>;
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(payload));
    if (typeof read !== "object" || read === null) return undefined;
    note = read as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { says, id, bytes } = note;
  if (says === "offer") {
    const file = factsIn(note["file"]);
    return file && { says, file, only: note["only"] === true };
  }
  if (!isId(id)) return undefined;
  if (says === "withdraw" || says === "take" || says === "stop") return { says, id };
  return says === "got" && isSize(bytes) ? { says, id, bytes } : undefined;
}

function factsIn(value: unknown): FileFacts | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { id, name, size, type } = value as Record<string, unknown>;
  if (!isId(id) || typeof name !== "string" || typeof type !== "string" || !isSize(size)) return undefined;
  return { id, name: safeName(name), size, type: safeType(type) };
}

const isId = (value: unknown): value is string => typeof value === "string" && /^[\w-]{8,64}$/.test(value);
const isSize = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= LARGEST;

/** A name that is only a name: no way to another folder, nothing that is not seen or turns what is seen around. */
export function safeName(name: string): string {
  const bare = (name.split(/[/\\]/).at(-1) ?? "")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/^[.\s]+|[.\s]+$/g, "");
  const dot = bare.lastIndexOf(".");
  const ending = dot > 0 ? bare.slice(dot).slice(0, LONGEST_ENDING) : "";
  const stem = (dot > 0 ? bare.slice(0, dot) : bare).slice(0, LONGEST_NAME - ending.length);
  return stem === "" ? "document" : stem + ending;
}

const safeType = (type: string): string =>
  /^[\w.+-]{1,60}\/[\w.+-]{1,100}$/.test(type) ? type.toLowerCase() : "application/octet-stream";

/** The kind of a file as people name it: by its ending. */
export function kindOf({ name }: FileFacts): string {
  const ending = /\.([\p{L}\d]{1,10})$/u.exec(name)?.[1];
  return ending === undefined ? "" : ending.toUpperCase();
}

const LONGEST_NOTE = 2_048;
const LONGEST_NAME = 120;
const LONGEST_ENDING = 16;
