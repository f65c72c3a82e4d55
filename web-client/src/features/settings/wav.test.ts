import { describe, expect, test } from "vitest";
import { wavOf } from "./wav";

describe("a WAV file", () => {
  test("says how much there is of what, and cuts what is too loud", () => {
    const file = new DataView(wavOf(new Float32Array([0, 1, -2, 0.5]), 16_000));

    const text = (at: number) => String.fromCharCode(...[0, 1, 2, 3].map((i) => file.getUint8(at + i)));
    expect([text(0), text(8), text(12), text(36)]).toEqual(["RIFF", "WAVE", "fmt ", "data"]);
    expect([file.getUint32(4, true), file.getUint32(40, true)]).toEqual([44, 8]);
    expect([file.getUint16(22, true), file.getUint32(24, true), file.getUint16(34, true)]).toEqual([
      1, 16_000, 16,
    ]);
    expect([44, 46, 48, 50].map((at) => file.getInt16(at, true))).toEqual([0, 32_767, -32_767, 16_384]);
  });
});
