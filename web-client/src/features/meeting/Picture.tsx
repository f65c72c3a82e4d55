import type { Track } from "livekit-client";
import { useEffect, useRef } from "react";

interface Props {
  track: Track;
  /** Only oneself is mirrored. */
  mirrored?: boolean;
  /** A document is shown whole, a face fills its tile. */
  whole?: boolean;
}

/** Moving pictures of a track; the SDK asks the server for the size this element has. */
export function Picture({ track, mirrored = false, whole = false }: Props) {
  const element = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    const video = element.current;
    if (!video) return;
    track.attach(video);
    return () => {
      track.detach(video);
    };
  }, [track]);

  return (
    <video
      ref={element}
      autoPlay
      playsInline
      muted
      className={`${mirrored ? "mirrored" : ""} ${whole ? "whole" : ""}`}
      aria-hidden
    />
  );
}
