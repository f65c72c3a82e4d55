//! Whatever sound a browser can decode, as the WAV file that the office takes: one channel, 16 bits, 16 kHz.

/** A file of samples between -1 and 1. */
export function wavOf(samples: Float32Array, rate: number): ArrayBuffer {
  const file = new ArrayBuffer(HEADER + samples.length * 2);
  const view = new DataView(file);
  const text = (at: number, word: string) =>
    new TextEncoder().encode(word).forEach((octet, index) => view.setUint8(at + index, octet));
  text(0, "RIFF");
  view.setUint32(4, file.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, index) => {
    view.setInt16(HEADER + index * 2, Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), true);
  });
  return file;
}

/** Decodes a sound and brings it to one channel of 16 kHz; fails when it is none, or lasts longer than the limit. */
export async function toWav(sound: Blob, longest: number): Promise<Blob> {
  const decoder = new OfflineAudioContext(1, 1, RATE);
  const decoded = await decoder.decodeAudioData(await sound.arrayBuffer());
  if (decoded.duration > longest + 1) throw new RangeError("too long");
  const length = Math.min(Math.ceil(decoded.duration * RATE), longest * RATE);
  const context = new OfflineAudioContext(1, Math.max(1, length), RATE);
  const source = context.createBufferSource();
  source.buffer = decoded;
  source.connect(context.destination);
  source.start();
  const rendered = await context.startRendering();
  return new Blob([wavOf(rendered.getChannelData(0), RATE)], { type: "audio/wav" });
}

const RATE = 16_000;
const HEADER = 44;
