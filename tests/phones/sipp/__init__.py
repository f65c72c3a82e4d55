"""Runs sipp, a SIP stack that we did not write, on scenarios of a test's own."""

from sipp.attended_transfer import transfers
from sipp.plain_calls import calls, registers, takes_calls
from sipp.program import Sipp

__all__ = ["Sipp", "calls", "registers", "takes_calls", "transfers"]
