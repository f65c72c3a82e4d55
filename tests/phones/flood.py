"""A stranger who sends requests with bad credentials at a steady rate, in a process of its own: `flood.py METHOD RATE`."""

import itertools
import socket
import sys
import time

from network import SERVER, phone_address

STRANGER = 6


def main(method: str, rate: int) -> None:
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind((phone_address(STRANGER), 5060))
    stranger.connect((SERVER, 5060))
    stranger.setblocking(False)
    host = phone_address(STRANGER)
    uri = "sip:mfa.example" if method == "REGISTER" else "sip:1002@mfa.example"
    began = time.monotonic()
    for count in itertools.count():
        user = 1_000 + count % 1_000
        credentials = (
            f'Digest username="{user}", realm="mfa.example", nonce="{count:032x}", uri="{uri}", response="{count:032x}", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="{count:x}"'
        )
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:5060;rport;branch=z9hG4bK{count:x}",
            *("Max-Forwards: 70", f"From: <sip:{user}@mfa.example>;tag={count:x}", f"To: <{uri}>", f"Call-ID: flood{count:x}"),
            *(f"CSeq: 1 {method}", f"Contact: <sip:{user}@{host}:5060>", f"Authorization: {credentials}", "Content-Length: 0", "", ""),
        ]
        try:
            stranger.send("\r\n".join(lines).encode())
        except BlockingIOError:
            pass
        if count == 100:
            print("begun", flush=True)
        ahead = began + count / rate - time.monotonic()
        if ahead > 0.005:
            time.sleep(ahead)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
