"""The network of the phone tests: a namespace of its own, which `unshare --net` made and which ends with the tests.

A softphone refuses to live on 127.0.0.1 alone, so the namespace gets a pair of virtual cards with one address for the
server and one for each phone. Nothing leaves the machine: there is no way out of the namespace.
"""

import subprocess

SERVER = "10.77.0.1"
CARDS = ("phones", "server")


def phone_address(number: int) -> str:
    """The address of the phone with this number, from 0."""
    return f"10.77.0.{11 + number}"


def set_up(phones: int) -> None:
    """Gives the namespace its addresses. Refuses to touch the machine's own network."""
    cards = {line.split(": ")[1].split("@")[0] for line in ip("-o", "link").splitlines()}
    if cards - {"lo"} - set(CARDS):
        raise RuntimeError("the phone tests want a network namespace of their own: run them with `make test-phones`")
    ip("link", "set", "lo", "up")
    if set(CARDS) <= cards:
        return
    ip("link", "add", "phones", "type", "veth", "peer", "name", "server")
    for card in CARDS:
        ip("link", "set", card, "up")
    ip("addr", "add", f"{SERVER}/24", "dev", "server")
    for number in range(phones):
        ip("addr", "add", f"{phone_address(number)}/24", "dev", "phones")
    # Softphones look for the way to the server; a dead one is better than none.
    ip("route", "add", "default", "via", "10.77.0.254", "dev", "server")


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout
