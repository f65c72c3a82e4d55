"""Whose word the program takes, as sipp finds out, a SIP stack that we did not write (RFC 3261 §22, RFC 7616)."""

import pytest

from raw_phones import REALM
from sipp import Outgoing, has, lacks, receive, register, registers
from stage import CALLEE, CALLER

OUTGOING = Outgoing(REALM)
STALE = has("WWW-Authenticate", "stale=true")


def test_a_wrong_password_is_refused_each_time(stage):
    stage.house.start()
    guesses = [
        register(REALM, cseq, "[field1]") + receive(401, lacks("WWW-Authenticate", "stale=true"), auth="true") for cseq in range(2, 8)
    ]
    stage.play(CALLEE, register(REALM, 1) + receive(401, auth="true") + "".join(guesses), password="wrong")
    stage.play(CALLER, OUTGOING.invites() + OUTGOING.is_refused(401), to=CALLEE, password="wrong")
    stage.all_goes_as_written()


@pytest.mark.parametrize("sip_settings", ['nonce_lifetime = "1s"'])
def test_a_nonce_expires(stage):
    stage.house.start()
    stage.play(
        CALLER,
        registers(REALM) + '<pause milliseconds="1100"/>'
        + register(REALM, 3, "[field1]") + receive(401, STALE, auth="true") + register(REALM, 4, "[field1]") + receive(200),
    )
    stage.all_goes_as_written()


def test_one_nonce_serves_256_requests_whose_count_is_hexadecimal(stage):
    stage.house.start()
    again = '<nop><action><add assign_to="count" value="1"/><test assign_to="again" variable="count" compare="less_than" value="256"/></action></nop>'
    phone = stage.play(
        CALLER,
        register(REALM, "[cseq]") + receive(401, auth="true")
        + '<label id="1"/>' + again + register(REALM, "[cseq]", "[field1]") + receive(200, next="1", test="again"),
    )
    stage.all_goes_as_written()
    assert [f"nc={count:08x}," in phone.messages for count in (10, 256, 257)] == [True, True, False]


def test_what_was_captured_opens_nothing(stage):
    stage.house.start()
    phone = stage.play(CALLER, registers(REALM))
    phone.succeeds()
    captured = next(line for line in phone.messages.splitlines() if line.startswith("Authorization:"))
    stage.play_for_each(CALLEE, register(REALM, 1, "[field1]") + receive(401, STALE), [(CALLER, captured)])
    stage.all_goes_as_written()
