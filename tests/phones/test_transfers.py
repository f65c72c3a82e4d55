"""Transfers, and places in calls that others take (RFC 3515, RFC 3891, RFC 5589)."""

from urllib.parse import quote

import pytest

import sipp
from raw_phones import A, B, C, REALM, connect, hang_up
from raw_sip import Call, fresh, parameter
from sipp import Sipp

SECRETARY, CALLER, MINISTER = A, B, C


def test_an_attended_transfer_joins_the_two_others(phones):
    secretary, caller, minister = everybody(phones)
    first, held = connect(secretary, caller)
    hold(first)
    second, consulted = connect(secretary, minister)

    assert refer(first, MINISTER, second).status == 202
    assert told(first) == "SIP/2.0 200 OK"
    for call in (first, second):
        call.reply(200, to=call.expect("BYE"))
    hang_up(held, consulted)


def test_a_called_phone_transfers_as_well_into_a_call_that_it_was_called_in(phones):
    secretary, caller, minister = everybody(phones)
    held, first = connect(caller, secretary)
    consulted, second = connect(minister, secretary)

    assert refer(first, MINISTER, second).status == 202
    assert told(first) == "SIP/2.0 200 OK"
    for call in (first, second):
        call.reply(200, to=call.expect("BYE"))
    hang_up(consulted, held)


def test_both_others_hear_each_other_after_an_attended_transfer(phones):
    house = phones.house
    caller, minister = house.phone(CALLER, 440), house.phone(MINISTER, 1_000)
    secretary = phones.registered(SECRETARY, number=5)
    first, second = secretary.dial(CALLER).established(), secretary.dial(MINISTER).established()
    hold(first)
    assert refer(first, MINISTER, second).status == 202

    caller.wait_to_hear(minister.hertz)
    minister.wait_to_hear(caller.hertz)
    assert told(first) == "SIP/2.0 200 OK"
    for call in (first, second):
        call.reply(200, to=call.expect("BYE"))
    caller.command("hangup")
    minister.expect("CALL_CLOSED")


def test_a_softphone_transfers_one_of_its_calls_into_the_other(phones):
    house = phones.house
    caller, minister = house.phone(CALLER, 440), house.phone(MINISTER, 1_000)
    # It has no command for this, but says what it is told to; which names its second call has stands in its trace.
    secretary = house.phone(SECRETARY, 1_700, trace=True)
    secretary.dial(CALLER)
    caller.wait_to_hear(secretary.hertz)
    secretary.command("hold")
    secretary.dial(MINISTER)
    minister.wait_to_hear(secretary.hertz)
    second = secretary.dialog_with(MINISTER)

    secretary.command("line", "1")
    secretary.command("transfer", f"<sip:{MINISTER}@{REALM}?Replaces={quote(second)}>")
    caller.wait_to_hear(minister.hertz)
    minister.wait_to_hear(caller.hertz)
    secretary.expect("CALL_CLOSED", after=1)


def test_a_scenario_of_sipp_transfers_one_of_its_calls_into_the_other(phones, tmp_path):
    house = phones.house
    caller, minister = house.phone(CALLER, 440), house.phone(MINISTER, 1_000)
    user = (SECRETARY, f"[authentication username={SECRETARY} password={house.passwords[SECRETARY]}]", MINISTER)
    Sipp(tmp_path / "register", 5, sipp.registers(REALM), [user]).succeeds()
    secretary = Sipp(tmp_path / "secretary", 5, sipp.transfers(REALM), [user], auth_uri=f"{MINISTER}@{REALM}")
    try:
        caller.dial(SECRETARY)
        caller.wait_to_hear(minister.hertz)
        minister.wait_to_hear(caller.hertz)
        secretary.succeeds()
    finally:
        secretary.stop()
    caller.command("hangup")
    minister.expect("CALL_CLOSED")


def test_who_transfers_while_it_rings_is_told_when_it_is_answered(phones):
    secretary, caller, minister = everybody(phones)
    first, held, ringing = transfer_while_it_rings(secretary, caller, minister)
    ringing.accept()
    ringing.expect("ACK")

    assert told(first) == "SIP/2.0 200 OK"
    first.reply(200, to=first.expect("BYE"))
    hang_up(held, ringing)


@pytest.mark.parametrize("status", [486, 603, 404])
def test_who_transfers_while_it_rings_has_the_call_back_when_it_is_refused(phones, status):
    secretary, caller, minister = everybody(phones)
    first, held, ringing = transfer_while_it_rings(secretary, caller, minister)
    ringing.reply(status)
    ringing.expect("ACK")

    assert told(first).startswith(f"SIP/2.0 {status} ")
    hang_up(first, held)


@pytest.mark.parametrize("attended", [True, False])
def test_a_transfer_that_is_refused_comes_home_to_who_has_hung_up(phones, attended):
    secretary, caller, minister = everybody(phones)
    if attended:
        first, held, ringing = transfer_while_it_rings(secretary, caller, minister)
    else:
        first, held = connect(secretary, caller)
        assert first.ask("REFER", {"Refer-To": f"<sip:{MINISTER}@{REALM}>"}).status == 202
        ringing = minister.incoming()
    assert first.ask("BYE").status == 200
    ringing.reply(603)
    ringing.expect("ACK")

    home = secretary.incoming()
    assert f"{CALLER}@" in home.invite["From"]
    home.accept()
    home.expect("ACK")
    hang_up(held, home)


def test_a_caller_who_gives_up_while_he_is_transferred_ends_it_all(phones):
    secretary, caller, minister = everybody(phones)
    first, held, ringing = transfer_while_it_rings(secretary, caller, minister)
    assert held.ask("BYE").status == 200
    ringing.reply(200, to=ringing.expect("CANCEL"))
    ringing.reply(487)
    ringing.expect("ACK")
    first.reply(200, to=first.expect("BYE"))


def test_nobody_is_transferred_into_a_call_that_is_none_or_not_ones_own(phones):
    secretary, caller, minister = everybody(phones)
    first, held = connect(secretary, caller)
    unknown = f"{fresh('call')};to-tag=a;from-tag=b"
    assert refer(first, MINISTER, unknown).status == 481
    assert refer(first, MINISTER, "nonsense").status == 400
    assert refer(first, CALLER, first).status == 403, "into itself"
    assert refer(first, MINISTER, held).status == 403, "into another's"
    second, consulted = connect(secretary, minister)
    assert refer(first, MINISTER, f"{replaces(second)};early-only").status == 486
    hang_up(second, consulted)
    hang_up(first, held)


def test_a_second_phone_of_an_extension_takes_over_its_call(phones):
    phones.house.program.run("extension", "device", "add", SECRETARY, "--username", "wifi", "--password", "secret-of-wifi")
    desk, caller, _ = everybody(phones)
    wifi = phones.registered(SECRETARY, login="wifi", password="secret-of-wifi")
    first, held = connect(desk, caller)
    taken = wifi.dial(CALLER, {"Replaces": replaces(first), "Require": "replaces"}).established()

    first.reply(200, to=first.expect("BYE"))
    hang_up(taken, held)


def test_an_invitation_takes_no_place_that_is_not_there_or_not_its_own(phones):
    secretary, caller, minister = everybody(phones)
    first, held = connect(secretary, caller)
    own, taken = replaces(first), minister.dial
    assert taken(CALLER, {"Replaces": own}).refused().status == 403
    assert taken(CALLER, {"Replaces": f"{fresh('call')};to-tag=a;from-tag=b"}).refused().status == 481
    assert taken(CALLER, {"Replaces": own.replace("to-tag=", "to-tag=x")}).refused().status == 481
    assert taken(CALLER, {"Replaces": own.replace("from-tag=", "from-tag=x")}).refused().status == 481
    assert taken(CALLER, {"Replaces": "nonsense"}).refused().status == 400
    assert secretary.dial(CALLER, {"Replaces": f"{own};early-only"}).refused().status == 486
    for phone in (secretary, caller, minister):
        assert not phone.has("INVITE"), "an invitation that takes a place rings nowhere"
    hang_up(first, held)
    assert secretary.dial(CALLER, {"Replaces": own}).refused().status in (481, 603), "it is over"


def test_a_colleague_takes_a_ringing_call_by_its_name(phones):
    callee, caller, colleague = everybody(phones)
    outgoing = caller.dial(callee.user)
    incoming = callee.incoming()
    incoming.reply(180)
    outgoing.expect(180)
    taken = colleague.dial(callee.user, {"Replaces": f"{replaces(incoming)};early-only"}).established()

    incoming.reply(200, to=incoming.expect("CANCEL"))
    incoming.reply(487)
    hang_up(outgoing.established(), taken)


@pytest.mark.parametrize("code", ["*8", f"*8{A}"])
def test_a_colleague_takes_a_ringing_call_by_a_code(phones, code):
    callee, caller, colleague = everybody(phones)
    assert colleague.dial(code).refused().status == 404, "nothing rings"
    outgoing = caller.dial(callee.user)
    incoming = callee.incoming()
    incoming.reply(180)
    outgoing.expect(180)
    taken = colleague.dial(code).established()

    cancel = incoming.expect("CANCEL")
    assert "200" in cancel["Reason"], "completed elsewhere, so that it is not counted as missed"
    incoming.reply(200, to=cancel)
    incoming.reply(487)
    hang_up(outgoing.established(), taken)


def test_nobody_takes_a_call_that_rings_in_another_group(phones):
    phones.house.extension("1004", "Guard", "--pickup-group", "gate")
    callee, caller, _ = everybody(phones)
    stranger = phones.registered("1004")
    outgoing = caller.dial(callee.user)
    incoming = callee.incoming()
    for code in ("*8", f"*8{callee.user}"):
        assert stranger.dial(code).refused().status == 404
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def everybody(phones):
    return [phones.registered(number) for number in (SECRETARY, CALLER, MINISTER)]


def hold(call: Call) -> None:
    call.ack(call.ask("INVITE", body=f"{call.phone.sdp(2)}a=sendonly\r\n"))


def replaces(call: Call) -> str:
    """How a call is named to the server, as which the phone's own tag is the other side's."""
    return f"{call.invite['Call-ID']};to-tag={parameter(call.remote, 'tag')};from-tag={parameter(call.local, 'tag')}"


def refer(call: Call, number: str, second: Call | str):
    """The answer to who asks that the other side be put into a second call."""
    named = second if isinstance(second, str) else replaces(second)
    return call.ask("REFER", {"Refer-To": f"<sip:{number}@{REALM}?Replaces={quote(named)}>", "Referred-By": f"<sip:{call.phone.user}@{REALM}>"})


def told(call: Call) -> str:
    """The last that a transferor is told."""
    while True:
        notify = call.expect("NOTIFY")
        call.reply(200, to=notify)
        assert notify["Event"].startswith("refer")
        assert notify["Content-Type"].startswith("message/sipfrag")
        if notify["Subscription-State"].startswith("terminated"):
            return notify.body.splitlines()[0]


def transfer_while_it_rings(secretary, caller, minister):
    """The secretary's call, the caller's, and the one that rings at the minister's, with the secretary out of it."""
    first, held = connect(secretary, caller)
    hold(first)
    second = secretary.dial(minister.user)
    ringing = minister.incoming()
    ringing.reply(180)
    second.expect(180)
    assert refer(first, minister.user, second).status == 202
    assert second.refused().status in (480, 487)
    assert not minister.has("CANCEL")
    return first, held, ringing
