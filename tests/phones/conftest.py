"""Fixtures: a server with phones around it, in a network of its own."""

import itertools
import subprocess
from pathlib import Path

import pytest

from baresip import Baresip
from network import SERVER, phone_address, set_up
from program import Program

PHONES = 8
REALM = "mfa.example"


@pytest.fixture(scope="session", autouse=True)
def network():
    set_up(PHONES)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Path:
    """A directory with `ca.pem`, `server.pem` and `server.key`."""
    directory = tmp_path_factory.mktemp("certificate")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=directory, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={REALM}")
    (directory / "names").write_text(f"subjectAltName=DNS:{REALM},IP:{SERVER}\n")
    openssl(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "30", "-extfile", "names", "-out", "server.pem"),
    )
    return directory


class House:
    """One server with its extensions, and the phones of a test."""

    def __init__(self, directory: Path, certificate: Path):
        self.directory = directory
        self.ca = certificate / "ca.pem"
        self.program = Program(
            directory,
            f"""
            listen = "{SERVER}:5060"
            tls = "{SERVER}:5061"
            realm = "{REALM}"
            rtp_ports = "30000-30999"
            """,
            certificate,
        )
        self.passwords: dict[str, str] = {}
        self._phones: list[Baresip] = []
        self._numbers = itertools.count()

    def extension(self, number: str, name: str, *options: str) -> str:
        """Adds an extension from the shell, as an administrator would in a script."""
        self.passwords[number] = f"secret-of-{number}"
        self.program.run("extension", "add", number, "--name", name, "--post", "Cotonou", "--password", self.passwords[number], *options)
        return number

    def phone(
        self, extension: str, hertz: int, *, carrier="udp", codec="PCMA/8000/1", answers=True, register=True, password=None, **more
    ) -> Baresip:
        """A phone that registers the extension, speaks a tone, and takes calls by itself if it is to."""
        self.start()
        port = 5061 if carrier == "tls" else 5060
        server = f"{SERVER}:{port};transport={carrier}"
        account = [
            f"<sip:{extension}@{server}>",
            f"auth_user={extension}",
            f"auth_pass={password or self.passwords[extension]}",
            f'outbound="sip:{server}"',
            f"regint={more.pop('regint', 60) if register else 0}",
            f"audio_codecs={codec}",
            f"answermode={'auto' if answers else 'manual'}",
        ]
        for name in ("mediaenc", "medianat"):
            if name in more:
                account.append(f"{name}={more.pop(name)}")
        number = next(self._numbers)
        rate = {"PCMA": 8_000, "PCMU": 8_000, "G722": 16_000, "opus": 48_000}[codec.split("/")[0]]
        phone = Baresip(
            self.directory / f"phone-{number}", number, ";".join(account), hertz, codec_rate=rate, ca=self.ca, **more
        ).start()
        self._phones.append(phone)
        if register and password is None:
            phone.wait_until_registered()
        return phone

    def start(self) -> None:
        """Starts the server if it does not run yet: by then its extensions are there."""
        if not self.program.is_running:
            self.program.start()

    def stop(self) -> None:
        for phone in self._phones:
            phone.stop()
        if self.program.is_running:
            self.program.stop()


@pytest.fixture
def house(tmp_path, certificate):
    house = House(tmp_path, certificate)
    house.program.run("post", "add", "Cotonou", "--country", "BJ", "--prefix", "0", "--emergency", "112")
    yield house
    house.stop()
