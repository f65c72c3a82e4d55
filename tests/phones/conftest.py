"""Fixtures: a server with phones around it, in a network of its own."""

import itertools
import json
import subprocess
import time
from pathlib import Path

import pytest

from baresip import Baresip, bracketed
from network import ELSEWHERE, SERVER, SERVER_V6, Elsewhere, phone_address, server_at, set_up
from program import Program
from raw_phones import PHONES, REALM, Phones
from raw_sip import WSS_PORT
from stage import Stage

# What the server logs when it has taken in a new numbering plan.
PLAN_CHANGED = "the numbering plan has changed"


def wait_until(condition, failure: str, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(failure)
        time.sleep(0.1)


@pytest.fixture(scope="session", autouse=True)
def network():
    set_up(PHONES)


@pytest.fixture(scope="session")
def elsewhere(network):
    """Machines in other networks, which the server reaches over a card of its own each."""
    places = [Elsewhere(place) for place in ELSEWHERE]
    yield places
    for place in places:
        place.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory) -> Path:
    """A directory with `ca.pem`, `server.pem` and `server.key`."""
    directory = tmp_path_factory.mktemp("certificate")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=directory, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={REALM}")
    addresses = (SERVER, SERVER_V6, *(server_at(place) for place in ELSEWHERE))
    (directory / "names").write_text(f"subjectAltName=DNS:{REALM}" + "".join(f",IP:{address}" for address in addresses))
    openssl(
        *("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"),
        *("-days", "30", "-extfile", "names", "-out", "server.pem"),
    )
    return directory


class House:
    """One server with its extensions, and the phones of a test."""

    def __init__(self, directory: Path, certificate: Path, settings: str = "", addresses: tuple[str, ...] = (SERVER,)):
        self.directory = directory
        self.ca = certificate / "ca.pem"
        self.program = Program(
            directory,
            f"""
            listen = "{','.join(f'{bracketed(address)}:5060' for address in addresses)}"
            tls = "{','.join(f'{bracketed(address)}:5061' for address in addresses)}"
            wss = "{bracketed(addresses[0])}:{WSS_PORT}"
            realm = "{REALM}"
            rtp_ports = "30000-30999"
            {settings}
            """,
            certificate,
        )
        self.program.run("post", "add", "Cotonou", "--country", "BJ", "--prefix", "0", "--emergency", "112")
        self.passwords: dict[str, str] = {}
        self._phones: list[Baresip] = []
        self._numbers = itertools.count()
        self._plans = 0

    def extension(self, number: str, name: str, *options: str) -> str:
        """Adds an extension from the shell, as an administrator would in a script."""
        self.passwords[number] = f"secret-of-{number}"
        self.program.run("extension", "add", number, "--name", name, "--post", "Cotonou", "--password", self.passwords[number], *options)
        if self.program.is_running:
            self.wait_for_plan()
        return number

    def wait_for_plan(self) -> None:
        """Waits until the running server has taken in what was changed from the shell."""
        plans = self._plans + 1
        wait_until(lambda: self.program.log.read_text().count(PLAN_CHANGED) >= plans, "the server did not notice the change")
        self._plans = plans

    def wait_until_stored(self, registrations: int) -> None:
        """Waits until so many registrations would survive a power cut."""
        stored = lambda: len(json.loads(self.program.run("sip", "registrations", "--json"))) == registrations
        wait_until(stored, "the registrations were not stored")

    def wait_for_records(self, wanted) -> list[dict]:
        """Waits until the call records are as wanted."""
        read = lambda: json.loads(self.program.run("sip", "cdr", "--json"))
        wait_until(lambda: wanted(read()), "the calls were not recorded")
        return read()

    def phone(
        self, extension: str, hertz: int, *, carrier="udp", codec="PCMA/8000/1", answers=True, register=True, password=None, **more
    ) -> Baresip:
        """A phone that registers the extension, speaks a tone, and takes calls by itself if it is to."""
        if more.get("mwi"):
            # Registered within a millisecond of its start, baresip 1.0 subscribes to messages again and again without
            # an end, and reads no answer any more: it walks a list that it adds to. So its server comes later.
            assert not self.program.is_running, "a phone that asks for its messages is there before the server"
        else:
            self.start()
        port = 5061 if carrier == "tls" else 5060
        host = more.get("server", SERVER)
        server = f"{bracketed(host)}:{port};transport={carrier}"
        account = [
            f"<sip:{extension}@{server}>",
            f"auth_user={extension}",
            f"auth_pass={password or self.passwords[extension]}",
            f'outbound="sip:{server}"',
            f"regint={more.pop('regint', 60) if register else 0}",
            f"audio_codecs={codec}",
            f"answermode={'auto' if answers else 'manual'}",
        ]
        for name in ("mediaenc", "medianat", "mediaaf"):
            if name in more:
                account.append(f"{name}={more.pop(name)}")
        number = next(self._numbers)
        rate = {"PCMA": 8_000, "PCMU": 8_000, "G722": 16_000, "opus": 48_000}[codec.split("/")[0]]
        phone = Baresip(
            self.directory / f"phone-{number}", number, ";".join(account), hertz, codec_rate=rate, ca=self.ca, **more
        ).start()
        self._phones.append(phone)
        self.start()
        if register and password is None:
            phone.wait_until_registered()
        return phone

    def start(self) -> None:
        """Starts the server if it does not run yet: by then its extensions are there."""
        if not self.program.is_running:
            self.program.start()
            self._plans = self.program.log.read_text().count(PLAN_CHANGED)

    def stop(self) -> None:
        for phone in self._phones:
            phone.stop()
        if self.program.is_running:
            self.program.stop()


@pytest.fixture
def sip_settings() -> str:
    """More lines of `[sip]` in the configuration, for tests that want some."""
    return ""


@pytest.fixture
def addresses() -> tuple[str, ...]:
    """Where the server listens; a module of tests may want it elsewhere."""
    return (SERVER,)


@pytest.fixture
def house(tmp_path, certificate, sip_settings, addresses):
    house = House(tmp_path, certificate, sip_settings, addresses)
    yield house
    house.stop()


@pytest.fixture
def phones(house):
    """Phones that say word for word what a test wants said."""
    phones = Phones(house)
    yield phones
    phones.close()


@pytest.fixture
def stage(phones, tmp_path):
    """Phones that are sipp, a stack that we did not write."""
    stage = Stage(phones, tmp_path)
    yield stage
    stage.close()
