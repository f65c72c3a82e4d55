import type { RemoteTrack } from "livekit-client";
import { useEffect, useRef } from "react";

/** Everybody's voice, whoever is on the page shown: hearing does not depend on seeing. */
export function AudioSink({ voices }: { voices: readonly RemoteTrack[] }) {
  return (
    <div hidden>
      {voices.map((voice) => (
        <Voice key={voice.sid ?? voice.mediaStreamID} track={voice} />
      ))}
    </div>
  );
}

function Voice({ track }: { track: RemoteTrack }) {
  const element = useRef<HTMLAudioElement>(null);

  useEffect(() => {
    const audio = element.current;
    if (!audio) return;
    track.attach(audio);
    return () => {
      track.detach(audio);
    };
  }, [track]);

  return <audio ref={element} autoPlay />;
}
