import { describe, expect, it } from "vitest";
import { AT_ONCE, files, noFiles, OFFERS, type FilesInput, type FilesState } from "./files-machine";
import { LARGEST } from "./notes";

const file = (id: string, size = 10) => ({ id, name: `${id}.pdf`, size, type: "application/pdf" });
const after = (...inputs: FilesInput[]) =>
  inputs.reduce<FilesState>((state, input) => files(state, input)[0], noFiles);
const effectsOf = (state: FilesState, input: FilesInput) => files(state, input)[1];
const offered = (id: string, size?: number): FilesInput => ({
  on: "offered",
  from: "a",
  file: file(id, size),
});
const wanted = (id: string): FilesInput => ({ on: "wanted", id });
const here = (id: string): FilesInput[] => [offered(id, LARGEST), wanted(id), { on: "complete", id }];

describe("a file of somebody else", () => {
  it("comes only when it is wanted, and is here when it is complete", () => {
    expect(effectsOf(after(offered("f")), wanted("f"))).toEqual([{ do: "ask", from: "a", id: "f" }]);
    expect(after(offered("f"), wanted("f"), { on: "came", id: "f", got: 4 }).incoming[0]?.stage).toEqual({
      is: "coming",
      got: 4,
    });
    expect(after(...here("f")).incoming[0]?.stage.is).toBe("here");
  });

  it("that nobody asked for never becomes one that is here", () => {
    expect(after(offered("f"), { on: "complete", id: "f" }).incoming[0]?.stage.is).toBe("offered");
  });

  it("is stopped on its way, may be asked for again, and after a failure as well", () => {
    const coming = after(offered("f"), wanted("f"));
    expect(files(coming, { on: "dropped", id: "f" })).toMatchObject([
      { incoming: [{ stage: { is: "offered" } }] },
      [{ do: "stop", from: "a", id: "f" }],
    ]);
    const broken = files(coming, { on: "broke", id: "f" })[0];
    expect(effectsOf(broken, wanted("f"))).toEqual([{ do: "ask", from: "a", id: "f" }]);
  });

  it("goes when whoever offers it takes it back, and nobody else, unless it is here", () => {
    expect(after(offered("f"), wanted("f"), { on: "withdrawn", from: "a", id: "f" }).incoming).toEqual([]);
    expect(after(offered("f"), { on: "withdrawn", from: "b", id: "f" }).incoming).toHaveLength(1);
    expect(after(...here("f"), { on: "withdrawn", from: "a", id: "f" }).incoming).toHaveLength(1);
  });

  it("waits while three others come", () => {
    const ids = Array.from({ length: AT_ONCE }, (_, n) => `f${n}`);
    const busy = after(...ids.flatMap((id) => [offered(id), wanted(id)]), offered("last"), wanted("last"));
    expect(busy.refusal).toBe("too-many-at-once");
    expect(busy.incoming.at(-1)?.stage.is).toBe("offered");
  });

  it("finds no room once a hundred megabytes are here, until one of them is dropped", () => {
    const full = after(...["a", "b", "c", "d"].flatMap(here), offered("e", 1), wanted("e"));
    expect(full.refusal).toBe("no-room");
    const [freed, effects] = files(full, { on: "dropped", id: "a" });
    expect(effects).toEqual([{ do: "forget", id: "a" }]);
    expect(effectsOf(freed, wanted("e"))).toHaveLength(1);
  });

  it("is forgotten before others when too many are offered, unless it is here", () => {
    const many = Array.from({ length: OFFERS + 5 }, (_, n) => offered(`f${n}`));
    const state = after(...here("kept"), ...many);
    expect(state.incoming).toHaveLength(OFFERS);
    expect(state.incoming[0]?.id).toBe("kept");
  });
});

describe("a file of one's own", () => {
  const given: FilesInput = { on: "given", file: file("f"), to: undefined };
  const taken: FilesInput = { on: "taken", who: "b", id: "f" };

  it("is offered, served to whoever takes it, once at a time, and told how far it has come", () => {
    expect(effectsOf(noFiles, given)).toEqual([{ do: "offer", file: file("f"), to: undefined }]);
    expect(effectsOf(after(given), taken)).toEqual([{ do: "serve", who: "b", id: "f" }]);
    expect(effectsOf(after(given, taken), taken)).toEqual([]);
    const arrived = after(given, taken, { on: "arrived", who: "b", id: "f", got: 10 });
    expect(arrived.outgoing[0]?.takers).toEqual([{ who: "b", got: 10, done: true }]);
  });

  it("that is for one person is served to nobody else", () => {
    const only = after({ on: "given", file: file("f"), to: "b" });
    expect(effectsOf(only, { on: "taken", who: "c", id: "f" })).toEqual([]);
    expect(effectsOf(only, taken)).toHaveLength(1);
  });

  it("larger than 25 MB is refused", () => {
    const [state, effects] = files(noFiles, { on: "given", file: file("f", LARGEST + 1), to: undefined });
    expect(state).toEqual({ ...noFiles, refusal: "too-large" });
    expect(effects).toEqual([]);
  });

  it("is no longer sent to whoever stopped it, and to nobody once it is taken back", () => {
    expect(files(after(given, taken), { on: "let-go", who: "b", id: "f" })).toMatchObject([
      { outgoing: [{ takers: [] }] },
      [{ do: "halt", who: "b", id: "f" }],
    ]);
    expect(files(after(given, taken), { on: "taken-back", id: "f" })).toEqual([
      noFiles,
      [
        { do: "halt", who: "b", id: "f" },
        { do: "withdraw", id: "f", to: undefined },
      ],
    ]);
  });
});
