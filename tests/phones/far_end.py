"""What runs behind the link in test_link.py."""

import socket
import sys
import time


def echo(host: str, port: int, count: int) -> None:
    """Sends datagrams, each with its time; prints how many came back and how long the quickest took."""
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.settimeout(1.5)
    start = time.monotonic()
    for _ in range(count):
        here.sendto(str(time.monotonic() - start).encode(), (host, port))
        time.sleep(0.002)
    times = []
    try:
        while True:
            data = here.recv(2000)
            times.append(time.monotonic() - start - float(data))
    except TimeoutError:
        print(len(times), min(times, default=0))


def download(host: str, port: int, times: int) -> None:
    """Takes all that is sent, several times; prints how long each took, and waits for a line between them."""
    for _ in range(times):
        start = time.monotonic()
        with socket.create_connection((host, port)) as connection:
            while connection.recv(65_536):
                pass
        print(time.monotonic() - start, flush=True)
        sys.stdin.readline()


what, host, port, count = sys.argv[1:]
{"echo": echo, "download": download}[what](host, int(port), int(count))
