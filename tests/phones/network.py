"""The network of the phone tests: a namespace of its own, which `unshare --net` made and which ends with the tests.

A softphone refuses to live on 127.0.0.1 alone, so the namespace gets a pair of virtual cards with one address for the
server and one for each phone. Nothing leaves the machine: there is no way out of the namespace.
"""

import os
import subprocess
import time

SERVER = "10.77.0.1"
SERVER_V6 = "fd77::1"
CARDS = ("phones", "server")
# More cards of the server, each in a network of its own.
ELSEWHERE = (78, 79)


def phone_address(number: int) -> str:
    """The address of the phone with this number, from 0."""
    return f"10.77.0.{11 + number}"


def phone_address_v6(number: int) -> str:
    """Its address in the other family."""
    return f"fd77::{11 + number}"


def server_at(place: int) -> str:
    """The server's address in one of the networks elsewhere."""
    return f"10.{place}.0.1"


def set_up(phones: int) -> None:
    """Gives the namespace its addresses. Refuses to touch the machine's own network."""
    cards = {line.split(": ")[1].split("@")[0] for line in ip("-o", "link").splitlines()}
    if cards - {"lo"} - set(CARDS) - {f"server-{place}" for place in ELSEWHERE}:
        raise RuntimeError("the phone tests want a network namespace of their own: run them with `make test-phones`")
    ip("link", "set", "lo", "up")
    if set(CARDS) <= cards:
        return
    ip("link", "add", "phones", "type", "veth", "peer", "name", "server")
    for card in CARDS:
        ip("link", "set", card, "up")
    ip("addr", "add", f"{SERVER}/24", "dev", "server")
    # Without duplicate detection, for which nobody wants to wait.
    ip("addr", "add", f"{SERVER_V6}/64", "dev", "server", "nodad")
    for number in range(phones):
        ip("addr", "add", f"{phone_address(number)}/24", "dev", "phones")
        ip("addr", "add", f"{phone_address_v6(number)}/64", "dev", "phones", "nodad")
    # Softphones look for the way to the server; a dead one is better than none.
    ip("route", "add", "default", "via", "10.77.0.254", "dev", "server")


class Elsewhere:
    """Another machine, which the server reaches over a card of its own, and which sees nothing but that."""

    def __init__(self, place: int):
        self.server, self.phone = server_at(place), f"10.{place}.0.11"
        theirs, ours = f"phones-{place}", f"server-{place}"
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        # What runs a command there.
        self.command = ["nsenter", "--net", "--target", str(self._holder.pid)]
        here = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self._holder.pid}/ns/net") == here:
            time.sleep(0.01)
        ip("link", "add", theirs, "type", "veth", "peer", "name", ours)
        ip("link", "set", theirs, "netns", str(self._holder.pid))
        for enter, card, address in (((), ours, self.server), (self.command, theirs, self.phone)):
            run(*enter, "ip", "addr", "add", f"{address}/24", "dev", card)
            run(*enter, "ip", "link", "set", card, "up")
        run(*self.command, "ip", "link", "set", "lo", "up")
        # As with the others: a dead way to everywhere else.
        run(*self.command, "ip", "route", "add", "default", "via", self.server.replace(".0.1", ".0.254"))

    def close(self) -> None:
        self._holder.kill()
        self._holder.wait()


def ip(*arguments: str) -> str:
    return run("ip", *arguments)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
