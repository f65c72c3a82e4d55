"""One sipp process."""

import socket
import subprocess
import time
from pathlib import Path

from network import SERVER, phone_address

PORT = 5060


class Sipp:
    """It plays one scenario at a phone's address, once for each line of its table, one after the other.

    With `strict` each repetition of a message is a message of its own, which the scenario must expect, and nothing is
    repeated. With `patient` it has a minute, and answers meanwhile whoever asks whether it lives. It is there when the
    constructor returns.
    """

    def __init__(
        self,
        directory: Path,
        number: int,
        steps: str,
        users: list[tuple[str, ...]],
        *,
        carrier: str = "udp",
        auth_uri: str = "",
        strict: bool = False,
        patient: bool = False,
    ):
        directory.mkdir(parents=True)
        self._directory, self._seconds = directory, 60 if patient else 15
        (directory / "scenario.xml").write_text(f'<?xml version="1.0" ?>\n<scenario name="test">\n{steps}\n</scenario>\n')
        (directory / "users.csv").write_text("\n".join(["SEQUENTIAL", *map(";".join, users)]) + "\n")
        host = phone_address(number)
        command = [
            *("sipp", f"{SERVER}:5060", "-sf", "scenario.xml", "-inf", "users.csv"),
            *("-i", host, "-p", str(PORT), "-t", {"udp": "u1", "tcp": "t1"}[carrier], "-m", str(len(users)), "-l", "1", "-r", "1000"),
            *("-nostdin", "-timeout", str(self._seconds), "-timeout_error", "-recv_timeout", str(1_000 * self._seconds)),
            *("-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages"),
            *(("-auth_uri", auth_uri) if auth_uri else ()),
            *(["-nr"] if strict else []),
            *(["-aa"] if patient else []),
        ]
        with (directory / "screen").open("wb") as screen:
            self._process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=screen, stderr=subprocess.STDOUT)
        while self._process.poll() is None and not is_taken(host, PORT):
            time.sleep(0.01)

    @property
    def messages(self) -> str:
        """All it sent and got."""
        return self._read("messages")

    def succeeds(self) -> None:
        """Waits for its end: each call went as its scenario says."""
        code = self._process.wait(timeout=self._seconds + 5)
        assert code == 0, f"sipp ended with {code}:\n{self._read('errors')}\n{self.messages}\n{self._read('screen')[-2000:]}"

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _read(self, name: str) -> str:
        path = self._directory / name
        return path.read_text(errors="replace") if path.exists() else ""


def is_taken(host: str, port: int) -> bool:
    """Whether somebody has a socket there, of whichever transport."""
    local = f" {socket.inet_aton(host)[::-1].hex().upper()}:{port:04X} "
    return any(local in Path(f"/proc/net/{transport}").read_text() for transport in ("udp", "tcp"))
