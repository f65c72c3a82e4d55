//! Pictures and sound to send to oneself: nothing of the room one sits in.

/** A tone nobody plays and a picture as dear to encode as a moving face. */
export interface Synthetic {
  picture: MediaStreamTrack;
  sound: MediaStreamTrack;
  stop: () => void;
}

export function synthetic(): Synthetic {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  const brush = canvas.getContext("2d");
  const image = new ImageData(WIDTH, HEIGHT);
  const pixels = new Uint32Array(image.data.buffer);
  const draw = () => {
    // Noise fills whatever rate there is, and can be coarsened down to any.
    for (let i = 0; i < pixels.length; i += 1) {
      const grey = 96 + Math.floor(Math.random() * 64);
      pixels[i] = OPAQUE | (grey << 16) | (grey << 8) | grey;
    }
    brush?.putImageData(image, 0, 0);
  };
  draw();
  const timer = window.setInterval(draw, 1_000 / FRAMES);

  const context = new AudioContext();
  const output = context.createMediaStreamDestination();
  const tone = context.createOscillator();
  tone.connect(output);
  tone.start();

  const [picture] = canvas.captureStream(FRAMES).getVideoTracks();
  const [sound] = output.stream.getAudioTracks();
  if (!picture || !sound) throw new Error("a canvas and an oscillator have a track each");
  return {
    picture,
    sound,
    stop: () => {
      window.clearInterval(timer);
      picture.stop();
      sound.stop();
      void context.close();
    },
  };
}

/** How many pictures are drawn a second. */
export const FRAMES = 15;
const WIDTH = 320;
const HEIGHT = 180;
const OPAQUE = 0xff000000;
