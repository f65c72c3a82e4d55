"""One sipp process."""

import subprocess
from pathlib import Path

from network import SERVER, phone_address

SECONDS = 15


class Sipp:
    """One sipp process: it plays one scenario at a phone's address, once for each line of its table."""

    def __init__(
        self, directory: Path, number: int, steps: str, users: list[tuple[str, ...]], *, carrier: str = "udp", auth_uri: str = ""
    ):
        directory.mkdir(parents=True)
        self._directory = directory
        (directory / "scenario.xml").write_text(f'<?xml version="1.0" ?>\n<scenario name="test">\n{steps}\n</scenario>\n')
        (directory / "users.csv").write_text("\n".join(["SEQUENTIAL", *map(";".join, users)]) + "\n")
        command = [
            *("sipp", f"{SERVER}:5060", "-sf", "scenario.xml", "-inf", "users.csv"),
            *("-i", phone_address(number), "-p", "5060", "-t", {"udp": "u1", "tcp": "t1"}[carrier], "-m", str(len(users)), "-l", "1"),
            *("-nostdin", "-timeout", str(SECONDS), "-timeout_error", "-recv_timeout", str(1_000 * SECONDS)),
            *("-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages"),
            *(("-auth_uri", auth_uri) if auth_uri else ()),
        ]
        with (directory / "screen").open("wb") as screen:
            self._process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=screen, stderr=subprocess.STDOUT)

    @property
    def messages(self) -> str:
        """All it sent and got."""
        return self._read("messages")

    def succeeds(self) -> None:
        """Waits for its end: each call went as its scenario says."""
        code = self._process.wait(timeout=SECONDS + 5)
        assert code == 0, f"sipp ended with {code}:\n{self._read('errors')}\n{self.messages}\n{self._read('screen')[-2000:]}"

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _read(self, name: str) -> str:
        path = self._directory / name
        return path.read_text(errors="replace") if path.exists() else ""
