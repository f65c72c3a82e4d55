import { describe, expect, it } from "vitest";
import { beforeEntering, prejoin, type PrejoinInput, type PrejoinState } from "./prejoin-machine";

const choices = {
  name: "",
  microphoneOn: true,
  cameraOn: true,
  microphoneId: "",
  cameraId: "",
  speakerId: "",
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
