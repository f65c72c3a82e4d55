import { expect, test } from "vitest";
import { withoutUdp } from "./tcp-only";

test("a description keeps everything but the candidates over UDP", () => {
  const tcp = "a=candidate:2 1 tcp 1671430143 192.0.2.1 7881 typ host tcptype passive";
  const lines = ["v=0", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", tcp, "a=end-of-candidates", ""];
  const udp = [
    "a=candidate:1 1 udp 2130706431 192.0.2.1 7882 typ host",
    "a=candidate:3 1 UDP 2130706431 2001:db8::1 7882 typ host",
  ];

  expect(withoutUdp([...lines.slice(0, 2), ...udp, ...lines.slice(2)].join("\r\n"))).toBe(lines.join("\r\n"));
});
