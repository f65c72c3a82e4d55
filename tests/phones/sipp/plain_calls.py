"""Calls that go as usual."""

from sipp.sides import Incoming, Outgoing
from sipp.words import receive


def calls(realm: str) -> str:
    """Calls the number of `[field2]`, is answered, and hangs up."""
    call = Outgoing(realm)
    return call.invites() + is_rung() + is_answered() + call.confirms() + call.hangs_up()


def takes_calls() -> str:
    """Rings, answers, and waits for the other side to hang up."""
    call = Incoming()
    return call.comes() + call.rings() + call.accepts() + receive("ACK") + call.is_hung_up()


def is_rung(status: int = 180, *actions: str, **attributes: str) -> str:
    """The other side's phone rings, or something else is heard of it."""
    return receive(100, optional="true") + receive(status, *actions, of="INVITE", **attributes)


def is_answered(*actions: str) -> str:
    """The other side has answered; what it says is where the next requests go."""
    return receive(200, *actions, of="INVITE", rrs="true")
