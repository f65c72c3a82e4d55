"""The link with faults itself: what passes takes as long, and is lost, as it says."""

import os
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

LINK = Path(os.environ.get("PALABRE_BIN", "target/debug/palabre")).with_name("palabre-link")
NEAR = "198.18.0.1"
FAR = Path(__file__).with_name("far_end.py")


def through(conditions: str, *command: str, control: str = "") -> subprocess.Popen:
    options = ["--down", conditions, "--up", conditions] + (["--control", control] if control else [])
    return subprocess.Popen([LINK, *options, "--", "python3", FAR, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def echo():
    """Sends datagrams back; the port."""
    here = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    here.bind(("0.0.0.0", 0))

    def serve():
        while True:
            data, source = here.recvfrom(2000)
            if data == b"end":
                return
            here.sendto(data, source)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield here.getsockname()[1]
    here.sendto(b"end", ("127.0.0.1", here.getsockname()[1]))
    thread.join()
    here.close()


def test_datagrams_take_the_delay_of_both_ways_and_some_are_lost(echo):
    far = through("delay=100ms loss=20%", "echo", NEAR, str(echo), "200")
    answered, quickest = far.communicate(timeout=60)[0].split()

    assert far.returncode == 0
    assert 90 <= int(answered) <= 165, "64 of 100 come back"
    assert 0.199 <= float(quickest) < 0.4


def test_a_download_takes_as_long_as_the_link_needs_and_a_wider_link_is_quicker():
    server = socket.create_server(("0.0.0.0", 0))
    port = server.getsockname()[1]

    def serve():
        for _ in range(2):
            connection, _ = server.accept()
            connection.sendall(bytes(250_000))
            connection.close()

    threading.Thread(target=serve, daemon=True).start()
    free = socket.create_server(("127.0.0.1", 0))
    control = f"127.0.0.1:{free.getsockname()[1]}"
    free.close()
    far = through("rate=1M delay=20ms", "download", NEAR, str(port), "2", control=control)
    slow = float(far.stdout.readline())
    assert ask(control, "down rate=8M") == "ok"
    assert ask(control, "sideways rate=8M").startswith('"sideways" is none of')
    assert ask(control, "down rate=fast").startswith('"rate=fast" is none of')
    far.stdin.write("\n")
    far.stdin.flush()
    quick = float(far.stdout.readline())
    far.communicate("\n", timeout=30)
    assert far.returncode == 0

    assert 2.0 <= slow < 6.0, "250 kB at 1 Mbit/s"
    assert quick < slow / 2


def test_what_was_wrong_is_said_in_a_sentence():
    nonsense = subprocess.run([LINK, "--down", "rate=fast", "--", "true"], capture_output=True, text=True)
    assert nonsense.returncode == 1 and nonsense.stderr.startswith('palabre-link: "rate=fast" is none of')
    nothing = subprocess.run([LINK], capture_output=True, text=True)
    assert nothing.returncode == 1 and "which command" in nothing.stderr
    absent = subprocess.run([LINK, "--", "/no/such/thing"], capture_output=True, text=True)
    assert absent.returncode == 1 and "/no/such/thing" in absent.stderr
    assert subprocess.run([LINK, "--", "sh", "-c", "exit 7"]).returncode == 7


def ask(control: str, line: str) -> str:
    host, port = control.split(":")
    deadline = time.monotonic() + 10
    while True:
        try:
            connection = socket.create_connection((host, int(port)))
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    with connection, connection.makefile("rw") as lines:
        lines.write(line + "\n")
        lines.flush()
        return lines.readline().strip()
