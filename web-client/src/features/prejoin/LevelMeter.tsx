import { useEffect, useRef } from "react";
import { useText } from "../../i18n";

const SEGMENTS = 24;

/** The microphone's level in segments, drawn outside React: it changes sixty times a second. */
export function LevelMeter({ track }: { track: MediaStreamTrack | undefined }) {
  const text = useText();
  const meter = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const segments = meter.current?.children;
    if (!track || !segments) return;
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let frame = 0;
    let level = 0;

    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      // Falls slowly, so that the eye can follow.
      level = Math.max(loudness(samples), level - 0.02);
      const lit = Math.round(level * SEGMENTS);
      for (let i = 0; i < segments.length; i += 1) segments[i]?.classList.toggle("on", i < lit);
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      for (const segment of segments) segment.classList.remove("on");
      void context.close();
    };
  }, [track]);

  return (
    <div className="vu" role="img" aria-label={text.prejoin.level} ref={meter}>
      {Array.from({ length: SEGMENTS }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

/** From silence (0) to loud (1): −60 dBFS to −6 dBFS. */
function loudness(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power + 1e-10);
  return Math.min(1, Math.max(0, (decibels + 60) / 54));
}
