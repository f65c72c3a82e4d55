//! A microphone out of which noises are taken (RNNoise), beyond what the browser does by itself.

import { loadRnnoise, RnnoiseWorkletNode } from "@sapphi-red/web-noise-suppressor";
import wasm from "@sapphi-red/web-noise-suppressor/rnnoise_simd.wasm?url";
import worklet from "@sapphi-red/web-noise-suppressor/rnnoiseWorklet.js?url";
import type { AudioProcessorOptions, Track, TrackProcessor } from "livekit-client";

export class QuietMicrophone implements TrackProcessor<Track.Kind.Audio, AudioProcessorOptions> {
  readonly name = "quiet";
  processedTrack?: MediaStreamTrack;
  private graph: { source: MediaStreamAudioSourceNode; rnnoise: RnnoiseWorkletNode } | undefined;

  private constructor(
    readonly context: AudioContext,
    private readonly wasmBinary: ArrayBuffer,
  ) {}

  /** Fetches what it needs; nothing sounds yet. */
  static async fetched(): Promise<QuietMicrophone> {
    // What RNNoise was taught with.
    const context = new AudioContext({ sampleRate: 48_000, latencyHint: "interactive" });
    const [wasmBinary] = await Promise.all([
      // Whoever computes one number at a time is not offered it.
      loadRnnoise({ url: wasm, simdUrl: wasm }),
      context.audioWorklet.addModule(worklet),
    ]);
    return new QuietMicrophone(context, wasmBinary);
  }

  async init({ track }: Pick<AudioProcessorOptions, "track">): Promise<void> {
    await running(this.context);
    this.take();
    const source = this.context.createMediaStreamSource(new MediaStream([track]));
    const rnnoise = new RnnoiseWorkletNode(this.context, { maxChannels: 1, wasmBinary: this.wasmBinary });
    // It would leave the second of two silent, which is half the voice once they are one again.
    rnnoise.channelCount = 1;
    rnnoise.channelCountMode = "explicit";
    const sink = this.context.createMediaStreamDestination();
    source.connect(rnnoise).connect(sink);
    this.graph = { source, rnnoise };
    const [processed] = sink.stream.getAudioTracks();
    if (!processed) throw new Error("the browser's audio graph gave no track");
    // Whoever asks this one whether the microphone is still there is told.
    track.addEventListener("ended", () => processed.stop());
    this.processedTrack = processed;
  }

  async restart(options: Pick<AudioProcessorOptions, "track">): Promise<void> {
    await this.init(options);
  }

  destroy(): Promise<void> {
    this.take();
    delete this.processedTrack;
    return Promise.resolve();
  }

  /** Lets go of the machine's sound for good. */
  async close(): Promise<void> {
    await this.destroy();
    await this.context.close();
  }

  private take(): void {
    this.graph?.source.disconnect();
    this.graph?.rnnoise.disconnect();
    this.graph?.rnnoise.destroy();
    this.graph = undefined;
  }
}

/** A graph that does not run would make a microphone of silence. */
async function running(context: AudioContext): Promise<void> {
  const waited = new Promise((_, reject) =>
    window.setTimeout(() => reject(new Error("the browser does not let the audio graph run")), PATIENCE),
  );
  await Promise.race([context.resume(), waited]);
}

const PATIENCE = 2_000;
