"""Runs sipp, a SIP stack that we did not write, on scenarios of a test's own."""

from sipp.attended_transfer import transfers
from sipp.plain_calls import calls, is_answered, is_rung, takes_calls
from sipp.program import Sipp
from sipp.registrations import register, registers
from sipp.sides import Incoming, Outgoing, agrees, answers_late, is_asked
from sipp.words import SDP, has, keep, lacks, receive, says, send

__all__ = [
    *("Incoming", "Outgoing", "SDP", "Sipp", "agrees", "answers_late", "calls", "has", "is_answered", "is_asked", "is_rung", "keep"),
    *("lacks", "receive", "register", "registers", "says", "send", "takes_calls", "transfers"),
]
