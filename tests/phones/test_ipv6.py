"""Phones that live on IPv6, among themselves and with those that do not."""

from pathlib import Path

import pytest

from network import SERVER, SERVER_V6, phone_address_v6
from test_calls import A, B, both_hear


@pytest.fixture
def addresses():
    return (SERVER, SERVER_V6)


def phone(house, extension, hertz, v6: int | None, **more):
    """A phone at the given place of the IPv6 network, or in the old one."""
    if v6 is not None:
        more |= {"address": phone_address_v6(v6), "server": SERVER_V6, "mediaaf": "ipv6"}
    return house.phone(extension, hertz, **more)


def sound_sockets() -> list[int]:
    """The server's ports for sound that are open on IPv6."""
    lines = Path("/proc/self/net/udp6").read_text().splitlines()[1:]
    ports = [int(line.split()[1].split(":")[1], 16) for line in lines]
    return [port for port in ports if 30_000 <= port < 31_000]


@pytest.mark.parametrize("carrier", ["udp", "tcp", "tls"])
@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, None), (None, 1)])
def test_phones_of_either_family_hear_each_other(house, carrier, first, second):
    one, two = house.extension("1001", "Secrétariat"), house.extension("1002", "Chancellerie")
    callee = phone(house, two, B, second, carrier=carrier)
    caller = phone(house, one, A, first, carrier=carrier)

    caller.dial("1002")
    both_hear(caller, callee)
    # Two sockets for the sound of each phone that lives there.
    assert len(sound_sockets()) == 2 * sum(place is not None for place in (first, second))

    callee.command("hangup")
    caller.expect("CALL_CLOSED")
