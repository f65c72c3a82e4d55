//! The few sounds of the interface, made on the spot: no file to load.

/** Two soft tones: somebody is at the door. */
export function chime(): void {
  const context = new AudioContext();
  tones(context, context.destination, [660, 880]);
  window.setTimeout(() => void context.close(), 1_500);
}

/** Plays a short test on the given output. */
export async function testTone(speakerId: string | undefined): Promise<void> {
  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  const element = new Audio();
  element.srcObject = output.stream;
  try {
    if (speakerId !== undefined && "setSinkId" in element) await element.setSinkId(speakerId);
    await element.play();
    tones(context, output, [523, 659, 784]);
    await new Promise((resolve) => window.setTimeout(resolve, 1_500));
  } finally {
    element.srcObject = null;
    await context.close();
  }
}

function tones(context: AudioContext, output: AudioNode, pitches: readonly number[]): void {
  pitches.forEach((pitch, index) => {
    const start = context.currentTime + index * 0.22;
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.4);
    tone.connect(volume).connect(output);
    tone.start(start);
    tone.stop(start + 0.45);
  });
}
