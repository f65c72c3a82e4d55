import { Track } from "livekit-client";
import { expect, test } from "vitest";
import { givenUp, wishFor } from "./sparing";

const nothing = { audioOnly: false, saveData: false };

test("who spares nothing receives everything as it comes", () => {
  for (const source of Object.values(Track.Source)) {
    expect(wishFor(source, nothing)).toEqual({ received: true, smallest: false });
  }
  expect(givenUp(nothing)).toBeUndefined();
});

test("with sound alone no person is seen, but voices and screens come", () => {
  const audioOnly = { ...nothing, audioOnly: true };

  expect(wishFor(Track.Source.Camera, audioOnly).received).toBe(false);
  for (const source of [Track.Source.Microphone, Track.Source.ScreenShare, Track.Source.ScreenShareAudio]) {
    expect(wishFor(source, audioOnly), source).toEqual({ received: true, smallest: false });
  }
});

test("who saves data sees people small, and screens as sharp as ever", () => {
  const saveData = { ...nothing, saveData: true };

  expect(wishFor(Track.Source.Camera, saveData)).toEqual({ received: true, smallest: true });
  expect(wishFor(Track.Source.ScreenShare, saveData).smallest).toBe(false);
});

test("of both, the one that gives up more is told", () => {
  expect(givenUp({ audioOnly: true, saveData: true })).toBe("audioOnly");
  expect(givenUp({ audioOnly: false, saveData: true })).toBe("saveData");
});
