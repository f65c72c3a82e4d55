import { describe, expect, it } from "vitest";
import { beforeEntering, prejoin, type PrejoinInput, type PrejoinState } from "./prejoin-machine";

const choices = {
  name: "",
  microphoneOn: true,
  cameraOn: true,
  microphoneId: "",
  cameraId: "",
  speakerId: "",
  audioOnly: false,
  saveData: false,
  blur: false,
  quiet: false,
};

describe("before entering", () => {
  it("the browser is asked once for microphone and camera", () => {
    const [state, effects] = prejoin(beforeEntering(choices), { on: "started" });

    expect(effects).toEqual([{ do: "open", kinds: ["microphone", "camera"] }]);
    expect(state.camera).toEqual({ is: "opening" });
  });

  it("what was off the last time is not opened", () => {
    const [state, effects] = prejoin(beforeEntering({ ...choices, cameraOn: false }), { on: "started" });

    expect(effects).toEqual([{ do: "open", kinds: ["microphone"] }]);
    expect(state.camera).toEqual({ is: "off" });
  });

  it("a camera switched off while it opens does not stay on", () => {
    const state = after({ on: "started" }, { on: "toggled", kind: "camera" });

    const [next, effects] = prejoin(state, { on: "opened", kind: "camera" });

    expect(next.camera).toEqual({ is: "off" });
    expect(effects).toEqual([{ do: "close", kind: "camera" }]);
  });

  it("a refused microphone does not hide the camera, and may be tried again", () => {
    const state = after(
      { on: "started" },
      { on: "failed", kind: "microphone", why: "denied" },
      { on: "opened", kind: "camera" },
    );
    expect(state.microphone).toEqual({ is: "failed", why: "denied" });
    expect(state.camera).toEqual({ is: "on" });

    const [, effects] = prejoin(state, { on: "toggled", kind: "microphone" });
    expect(effects).toContainEqual({ do: "open", kinds: ["microphone"] });
  });

  it("another camera replaces the open one", () => {
    const state = after({ on: "started" }, { on: "opened", kind: "camera" });

    const [next, effects] = prejoin(state, { on: "chosen", kind: "camera", deviceId: "usb" });

    expect(next.choices.cameraId).toBe("usb");
    expect(effects.map((effect) => effect.do)).toEqual(["close", "open", "remember"]);
  });

  it("another output is only remembered", () => {
    const [next, effects] = prejoin(after({ on: "started" }), {
      on: "chosen",
      kind: "speaker",
      deviceId: "desk",
    });

    expect(next.choices.speakerId).toBe("desk");
    expect(effects).toEqual([{ do: "remember" }]);
  });

  it("sound alone closes the camera, and gives it back afterwards", () => {
    const state = after({ on: "started" }, { on: "opened", kind: "camera" });

    const [spared, closing] = prejoin(state, { on: "spared", what: "audioOnly", yes: true });
    expect(spared.camera).toEqual({ is: "off" });
    expect(closing).toEqual([{ do: "close", kind: "camera" }, { do: "remember" }]);
    expect(prejoin(spared, { on: "toggled", kind: "camera" }), "its key does nothing meanwhile").toEqual([
      spared,
      [],
    ]);

    const [back, opening] = prejoin(spared, { on: "spared", what: "audioOnly", yes: false });
    expect(back.camera).toEqual({ is: "opening" });
    expect(opening).toEqual([{ do: "open", kinds: ["camera"] }, { do: "remember" }]);
  });

  it("a camera that was off stays off whatever is spared", () => {
    const state = beforeEntering({ ...choices, cameraOn: false });

    for (const what of ["audioOnly", "saveData"] as const) {
      expect(prejoin(state, { on: "spared", what, yes: true })[1]).toEqual([{ do: "remember" }]);
    }
  });

  it("a background that is to be blurred is blurred as soon as the camera opens, and each time it opens", () => {
    const wanted = beforeEntering({ ...choices, blur: true });

    const [blurring, effects] = prejoin(wanted, { on: "opened", kind: "camera" });
    expect(effects).toEqual([{ do: "blur" }]);
    expect(blurring.background).toBe("blurring");
    const [blurred] = prejoin(blurring, { on: "blurred" });
    expect(blurred.background).toBe("blurred");

    const [other, again] = prejoin(blurred, { on: "opened", kind: "camera" });
    expect(again).toEqual([{ do: "blur" }]);
    expect(other.background, "another camera, another picture").toBe("blurring");
  });

  it("a blur that comes too late, or not, is heeded only while it is wanted", () => {
    const state = after({ on: "opened", kind: "camera" }, { on: "affected", what: "blur", yes: true });
    expect(state.background).toBe("blurring");

    const [plain, effects] = prejoin(state, { on: "affected", what: "blur", yes: false });
    expect(effects).toEqual([{ do: "clear" }, { do: "remember" }]);
    expect(prejoin(plain, { on: "blurred" })[0].background).toBe("plain");
    expect(prejoin(plain, { on: "blur-failed" })[0].background).toBe("plain");
    expect(prejoin(state, { on: "blur-failed" })[0].background).toBe("failed");
  });

  it("what is chosen while the camera is closed fetches nothing", () => {
    const closed = beforeEntering({ ...choices, cameraOn: false });

    for (const what of ["blur", "quiet"] as const) {
      const [state, effects] = prejoin(closed, { on: "affected", what, yes: true });
      expect(effects).toEqual([{ do: "remember" }]);
      expect(state.choices[what]).toBe(true);
      expect(state.background).toBe("plain");
    }
  });

  it("an unplugged camera says so", () => {
    const state = after(
      { on: "started" },
      { on: "opened", kind: "camera" },
      { on: "track-ended", kind: "camera" },
    );

    expect(state.camera).toEqual({ is: "failed", why: "missing" });
  });
});

function after(...inputs: PrejoinInput[]): PrejoinState {
  return inputs.reduce<PrejoinState>((state, input) => prejoin(state, input)[0], beforeEntering(choices));
}
