import { useEffect, useRef } from "react";
import { useText } from "../../i18n";
import { decibelsOf, hear, listening } from "./silence";

const SEGMENTS = 24;

interface Props {
  track: MediaStreamTrack | undefined;
  /** Told when nothing has come for a while, and when something comes again. */
  onSilence: (silent: boolean) => void;
}

/** The microphone's level in segments, drawn outside React: it changes sixty times a second. */
export function LevelMeter({ track, onSilence }: Props) {
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
    let hearing = listening(performance.now());

    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      const decibels = decibelsOf(samples);
      // Falls slowly, so that the eye can follow.
      level = Math.max(loudness(decibels), level - 0.02);
      const lit = Math.round(level * SEGMENTS);
      for (let i = 0; i < segments.length; i += 1) segments[i]?.classList.toggle("on", i < lit);

      // A context that the browser holds back brings zeros, whatever the microphone hears.
      const before = hearing;
      const now = performance.now();
      hearing = context.state === "running" ? hear(before, decibels, now) : listening(now);
      if (hearing.silent !== before.silent) onSilence(hearing.silent);
      frame = requestAnimationFrame(draw);
    };
    draw();
    return () => {
      cancelAnimationFrame(frame);
      for (const segment of segments) segment.classList.remove("on");
      onSilence(false);
      void context.close();
    };
  }, [track, onSilence]);

  return (
    <div className="vu" role="img" aria-label={text.prejoin.level} ref={meter}>
      {Array.from({ length: SEGMENTS }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

/** From silence (0) to loud (1): −60 dBFS to −6 dBFS. */
const loudness = (decibels: number) => Math.min(1, Math.max(0, (decibels + 60) / 54));
