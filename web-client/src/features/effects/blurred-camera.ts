//! A camera whose background is blurred: what is sent is this machine's drawing, and nothing else leaves it. Brings two
//! megabytes, so it loads only for those who ask for it.

import { VirtualBackgroundProcessor } from "@shiguredo/virtual-background";
import type { Track, TrackProcessor, VideoProcessorOptions } from "livekit-client";

export class BlurredCamera implements TrackProcessor<Track.Kind.Video, VideoProcessorOptions> {
  readonly name = "blur";
  processedTrack?: MediaStreamTrack;

  /** Goes on with a camera that is being blurred already: pre-join may have begun. */
  async init({ track }: Pick<VideoProcessorOptions, "track">): Promise<void> {
    if (machine.getOriginalTrack() === track && this.processedTrack?.readyState === "live") return;
    machine.stopProcessing();
    this.processedTrack = await machine.startProcessing(track as MediaStreamVideoTrack, {
      blurRadius: RADIUS,
    });
  }

  async restart(options: Pick<VideoProcessorOptions, "track">): Promise<void> {
    await this.init(options);
  }

  destroy(): Promise<void> {
    machine.stopProcessing();
    delete this.processedTrack;
    return Promise.resolve();
  }
}

// One for as long as the page lives: it holds a hundred megabytes, and gives none of them back.
const machine = new VirtualBackgroundProcessor(BLUR_FILES);

/** Pixels of a picture of 1280×720: a face on the wall behind is none any more, a window is still one. */
const RADIUS = 14;
