"""How the sound of real phones is protected and finds its way: DTLS-SRTP, ICE, second cards; and what is told of it."""

import pytest

from test_calls import A, B, both_hear

DTLS = {"mediaenc": "dtls_srtp"}
DTLS_AND_ICE = {"mediaenc": "dtls_srtp", "medianat": "ice"}
ICE = {"medianat": "ice"}
SHARED = {"options": ("rtcp_mux yes",)}
PLAIN, SDES = {}, {"mediaenc": "srtp-mand", "carrier": "tls"}


def two(house, first: dict, second: dict):
    one, other = house.extension("1001", "Secrétariat"), house.extension("1002", "Chancellerie")
    callee = house.phone(other, B, **second)
    return house.phone(one, A, **first), callee


def records_of(house, caller, callee):
    """Hangs up, and waits for what was noted of both legs."""
    caller.command("hangup")
    callee.expect("CALL_CLOSED")
    records = house.wait_for_records(lambda records: len(records) == 2 and all(record["ended"] for record in records))
    return records


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (DTLS, DTLS),
        ({**DTLS, **SHARED}, {**DTLS, **SHARED}),
        (DTLS, PLAIN),
        (PLAIN, DTLS),
        (DTLS, SDES),
        (SDES, {**DTLS, "carrier": "tls"}),
        (DTLS_AND_ICE, DTLS_AND_ICE),
        ({**DTLS_AND_ICE, **SHARED}, PLAIN),
        (ICE, ICE),
        (PLAIN, ICE),
    ],
)
def test_phones_with_dtls_srtp_and_ice_hear_others_and_each_other(house, first, second):
    caller, callee = two(house, first, second)
    caller.dial("1002")
    both_hear(caller, callee)


@pytest.mark.parametrize("addresses", [("0.0.0.0",)])
@pytest.mark.parametrize("more", [PLAIN, SDES, DTLS, DTLS_AND_ICE])
def test_each_phone_is_told_the_card_it_can_reach_of_a_server_that_listens_everywhere(house, elsewhere, more):
    first, second = ({**more, "server": place.server, "elsewhere": place} for place in elsewhere)
    caller, callee = two(house, first, second)
    caller.dial("1002")
    both_hear(caller, callee)


@pytest.mark.parametrize("more", [{}, DTLS, {**DTLS, **SHARED}])
def test_loss_and_jitter_are_noted_and_reports_answered(house, more):
    caller, callee = two(house, more, PLAIN)
    caller.dial("1002")
    both_hear(caller, callee)
    # Each side reports every five seconds, half as much more or less (RFC 3550 §6.2); an answer to ours measures the round trip.
    caller.wait_to_hear_more(callee.hertz, 16)

    records = records_of(house, caller, callee)
    for record in records:
        assert record["packets_received"] > 400 and record["packets_lost"] == 0, record
        assert 0 < record["jitter"] < 50, record
        assert record["round_trip"] is not None and record["round_trip"] < 100, record
