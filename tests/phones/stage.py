"""A stage for scenarios of sipp: a server, and an address for each part."""

import itertools
from pathlib import Path

from network import phone_address
from raw_phones import A, B, C, REALM, TRUNK
from sipp import Sipp, agrees, receive, registers

CALLER, CALLEE, OTHER, FOURTH, WIFI = A, B, C, "1004", "wifi"
FIRST_TRUNK, SECOND_TRUNK = "Orange", "MTN"
ADDRESSES = {CALLER: 0, CALLEE: 1, OTHER: 2, WIFI: 3, FOURTH: 6, FIRST_TRUNK: TRUNK, SECOND_TRUNK: TRUNK + 1}


class Stage:
    """All parts play at once; what comes in between whom is in their scenarios alone."""

    def __init__(self, phones, directory: Path):
        self.house, self._directory = phones.house, directory
        self._playing: list[Sipp] = []
        self._numbers = itertools.count()

    def add_wifi(self) -> None:
        """Gives the callee a second device. To be done before the server runs."""
        self.house.program.run("extension", "device", "add", CALLEE, "--username", WIFI, "--password", f"secret-of-{WIFI}")

    def add_trunks(self, *names: str) -> None:
        """Leads calls to the outside over the trunks in turn, which are alive. The server runs from then on."""
        program = self.house.program
        for name in names:
            program.run("trunk", "add", name, "--host", phone_address(ADDRESSES[name]), "--rights", "international")
        program.run("trunk", "route", "add", "any", *names)
        pinged = [self.play(name, receive("OPTIONS") + agrees()) for name in names]
        self.house.start()
        for trunk in pinged:
            trunk.succeeds()

    def register(self, *parts: str) -> None:
        """Registers phones; the server runs from then on."""
        self.house.start()
        for part in parts:
            self.play(part, registers(REALM)).succeeds()

    def play(self, part: str, steps: str, to: str = "", **more) -> Sipp:
        """Lets a part play its scenario once, while the test goes on."""
        number = CALLEE if part == WIFI else part
        password = more.pop("password", self.house.passwords.get(part, f"secret-of-{part}"))
        user = (number, f"[authentication username={part} password={password}]", to)
        return self.play_for_each(part, steps, [user], auth_uri=f"{to}@{REALM}" if to else "", **more)

    def play_for_each(self, part: str, steps: str, users: list[tuple[str, ...]], **more) -> Sipp:
        """The same once for each line of a table."""
        directory = self._directory / f"{next(self._numbers)}-{part}"
        self._playing.append(Sipp(directory, ADDRESSES[part], steps, users, **more))
        return self._playing[-1]

    def all_goes_as_written(self) -> None:
        """Waits until all have played to their ends."""
        for playing in self._playing:
            playing.succeeds()

    def close(self) -> None:
        for playing in self._playing:
            playing.stop()
