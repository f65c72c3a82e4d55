"""Starts the program for a test run and stops it again."""

import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path


class Program:
    """One running server with its own state directory and ports of its own."""

    def __init__(self, directory: Path, phones: str = 'listen = "none"', certificate: Path | None = None, more: str = ""):
        self.key = "testkey"
        self.secret = secrets.token_hex(24)
        self.http_port = free_port(socket.SOCK_STREAM)
        self.https_port = free_port(socket.SOCK_STREAM)
        self.log = directory / "palabre.log"
        self.config = directory / "palabre.toml"
        self.config.write_text(
            f"""
            [http]
            listen = "127.0.0.1:{self.http_port}"
            [https]
            listen = "127.0.0.1:{self.https_port}"
            {https_files(certificate)}
            [sfu]
            listen = "127.0.0.1:0"
            tcp = "127.0.0.1:{free_port(socket.SOCK_STREAM)}"
            # Everybody is on another thread than whoever came before, if it can be helped.
            shards = 2
            slack = 0
            [turn]
            udp = "127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
            tcp = "127.0.0.1:{free_port(socket.SOCK_STREAM)}"
            [sip]
            {phones}
            [store]
            dir = "{directory / 'data'}"
            [keys]
            {self.key} = "{self.secret}"
            {more}
            """
        )
        # In front of the command that starts it.
        self._enter: list[str | Path] = []
        self._process = None

    def run(self, *arguments: str) -> str:
        """Runs one of the program's other commands, and gives what it printed."""
        command = [os.environ["PALABRE_BIN"], *arguments, "--config", self.config]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(arguments)} failed: {done.stdout}{done.stderr}")
        return done.stdout

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """With what it ended."""
        return self._process.poll()

    @property
    def resident_memory(self) -> int:
        """How many bytes of memory it holds."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return 1024 * next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))

    def start(self) -> None:
        program = os.environ["PALABRE_BIN"]
        self._process = subprocess.Popen(
            [*self._enter, program, "serve", "--config", self.config], stdout=self.log.open("ab"), stderr=subprocess.STDOUT
        )
        deadline = time.monotonic() + 30
        while not self._is_healthy():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the program did not start:\n{self.log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def use_certificate(self, directory: Path) -> None:
        """Changes where the certificate is read from; to be called before the start."""
        lines = [line for line in self.config.read_text().splitlines() if not line.strip().startswith(("cert =", "key ="))]
        at = next(at for at, line in enumerate(lines) if line.strip() == "[https]")
        self.config.write_text("\n".join([*lines[: at + 1], https_files(directory), *lines[at + 1 :]]) + "\n")

    def trust(self, authority: Path) -> None:
        """Lets the program, and nobody else, see this certificate where the system keeps those that it trusts."""
        script = 'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
        self._enter = ["unshare", "--mount", "sh", "-c", script, authority]

    def kill(self) -> None:
        """Ends the program as a power cut would."""
        self._process.kill()
        self._process.wait()

    def _is_healthy(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/health", timeout=1).status == 200
        except (urllib.error.URLError, OSError):
            return False


def https_files(directory: Path | None) -> str:
    if directory is None:
        return ""
    return f"""cert = "{directory / 'server.pem'}"
            key = "{directory / 'server.key'}" """


def free_port(kind: int) -> int:
    """A port that nobody listens on right now, that no connection will be given of its own accord, and that is given once."""
    while True:
        port = secrets.choice(range(10_000, 20_000))
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port


_given: set[int] = set()
