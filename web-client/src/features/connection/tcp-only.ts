//! Has the page's connections find the server over TCP alone. No browser has an option for that, so they are not told of
//! any other way.

/** Makes connections that know no way over UDP. */
export async function overTcp<T>(connect: () => Promise<T>): Promise<T> {
  const Usual = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Usual {
    override async setRemoteDescription({ type, sdp = "" }: RTCSessionDescriptionInit): Promise<void> {
      await super.setRemoteDescription({ type, sdp: withoutUdp(sdp) });
    }
    override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      if (!isUdp(candidate?.candidate ?? "")) await super.addIceCandidate(candidate);
    }
  };
  try {
    return await connect();
  } finally {
    window.RTCPeerConnection = Usual;
  }
}

/** A description without candidates over UDP. */
export const withoutUdp = (sdp: string): string =>
  sdp
    .split("\r\n")
    .filter((line) => !isUdp(line))
    .join("\r\n");

/** `candidate:<foundation> <component> <transport> …`, with or without `a=` (RFC 8839, section 5.1). */
const isUdp = (candidate: string): boolean => /^(?:a=)?candidate:\S+ \d+ udp /i.test(candidate);
