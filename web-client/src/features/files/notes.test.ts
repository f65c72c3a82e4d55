import { describe, expect, it } from "vitest";
import { kindOf, LARGEST, noteIn, safeName, written, type Note } from "./notes";

const offer = (change: object = {}): Note => ({
  says: "offer",
  file: { id: "0123-4567-89ab", name: "note.pdf", size: 12, type: "application/pdf", ...change },
  only: false,
});

describe("notes", () => {
  it("are read as they were written", () => {
    const notes: Note[] = [
      offer(),
      { says: "take", id: "0123-4567-89ab" },
      { says: "got", id: "0123-4567-89ab", bytes: 8_000 },
    ];
    for (const note of notes) expect(noteIn(written(note))).toEqual(note);
  });

  it("that are not ours are nothing", () => {
    const text = (words: string) => new TextEncoder().encode(words);
    for (const words of [
      "",
      "7",
      "null",
      "{",
      '{"says":"take"}',
      '{"says":"take","id":"../.."}',
      '{"says":"run","id":"0123-4567"}',
    ])
      expect(noteIn(text(words)), words).toBeUndefined();
    expect(noteIn(text(`{"says":"take","id":"0123-4567","x":"${"x".repeat(3_000)}"}`))).toBeUndefined();
  });

  it("offer nothing that is larger than files may be, or of no size", () => {
    for (const size of [LARGEST + 1, -1, 1.5, "12", null])
      expect(noteIn(written(offer({ size })))).toBeUndefined();
  });

  it("name a type that is one, or none", () => {
    expect(noteIn(written(offer({ type: "text/html; charset=x" })))).toMatchObject({
      file: { type: "application/octet-stream" },
    });
  });
});

describe("names", () => {
  it("lead to no other folder and hide nothing", () => {
    expect(safeName("../../etc/passwd")).toBe("passwd");
    expect(safeName("C:\\Users\\x\\note.pdf")).toBe("note.pdf");
    expect(safeName("note\u202efdp.exe")).toBe("notefdp.exe");
    expect(safeName('a<b>:"c|?*.txt')).toBe("a_b___c___.txt");
    expect(safeName(".bashrc ")).toBe("bashrc");
    expect(safeName("..")).toBe("document");
  });

  it("keep their letters, and their ending however long they are", () => {
    expect(safeName("Note à l’Ambassade ɖɛ.docx")).toBe("Note à l’Ambassade ɖɛ.docx");
    const long = safeName(`${"x".repeat(500)}.pdf`);
    expect(long).toHaveLength(120);
    expect(long.endsWith(".pdf")).toBe(true);
  });

  it("tell the kind by the ending", () => {
    const kind = (name: string) => kindOf({ id: "", name, size: 0, type: "" });
    expect(kind("note.pdf")).toBe("PDF");
    expect(kind("note")).toBe("");
  });
});
