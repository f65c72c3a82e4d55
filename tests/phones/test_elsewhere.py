"""Calls that go elsewhere: forwarding, do-not-disturb, and who is told of it (RFC 5806)."""

import pytest

from raw_phones import A, B, C, REALM, hang_up
from raw_sip import address, parameter

D = "1004"


@pytest.fixture
def four(phones):
    """Four extensions with a phone each."""
    phones.house.extension(D, "Office 1004", "--rights", "international")
    return [phones.registered(number) for number in (A, B, C, D)]


def test_a_call_that_is_sent_on_twice_says_by_whom_and_why(phones, four):
    caller, first, second, last = four
    phones.change("extension", "forward", B, "always", C)
    phones.change("extension", "forward", C, "busy", D)
    outgoing = caller.dial(B)
    busy = second.incoming()
    busy.reply(486)
    busy.expect("ACK")
    incoming = last.incoming()

    diversions = incoming.invite.all("Diversion")
    assert [(address(value), parameter(value, "reason")) for value in diversions] == [
        (f"sip:{C}@{REALM}", "user-busy"),
        (f"sip:{B}@{REALM}", "unconditional"),
    ]
    assert f"{A}@" in incoming.invite["From"], "who calls stays who calls"
    incoming.accept()
    hang_up(outgoing.established(), incoming)
    assert not first.has("INVITE")


def test_a_call_that_nobody_takes_goes_on_after_a_while(phones, four):
    caller, first, second, _ = four
    phones.change("extension", "forward", B, "noanswer", C, "--after", "5s")
    outgoing = caller.dial(B)
    ringing = first.incoming()
    ringing.reply(180)
    outgoing.expect(180)
    cancel = ringing.expect("CANCEL")
    assert 4 < cancel.at - ringing.invite.at < 8
    ringing.reply(200, to=cancel)
    ringing.reply(487)
    incoming = second.incoming()
    assert parameter(incoming.invite["Diversion"], "reason") == "no-answer"
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_a_call_for_a_phone_that_is_not_there_goes_on_at_once(phones, four):
    caller, first, second, _ = four
    phones.change("extension", "forward", B, "noanswer", C)
    assert first.register_once(first.authorization(), expires=0).status == 200
    outgoing = caller.dial(B)
    incoming = second.incoming(within=3)
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_a_chain_without_an_end_is_cut(phones):
    numbers = [str(1_010 + at) for at in range(7)]
    for number in numbers:
        phones.house.extension(number, f"Office {number}")
    for number, following in zip(numbers, numbers[1:]):
        phones.house.program.run("extension", "forward", number, "always", following)
    caller, last = phones.registered(A), phones.registered(numbers[-1])
    assert caller.dial(numbers[0]).refused().status == 482
    last.catch_up()
    assert not last.has("INVITE")
    outgoing = caller.dial(numbers[1])
    incoming = last.incoming()
    assert len(incoming.invite.all("Diversion")) == 5
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_a_phone_asks_not_to_be_disturbed_by_a_code(phones, four):
    caller, callee, _, _ = four
    for code, status in (("*78", 486), ("*79", None)):
        code_call = callee.dial(code).established()
        phones.house.wait_for_plan()
        code_call.reply(200, to=code_call.expect("BYE"))
        outgoing = caller.dial(B)
        if status:
            assert outgoing.refused().status == status
            callee.catch_up()
            assert not callee.has("INVITE")
            continue
        incoming = callee.incoming()
        incoming.accept()
        hang_up(outgoing.established(), incoming)


def test_a_phone_forwards_its_calls_by_a_code(phones, four):
    caller, callee, other, _ = four
    callee.dial(f"*21*{C}#".replace("#", "%23")).established()
    phones.house.wait_for_plan()
    outgoing = caller.dial(B)
    incoming = other.incoming()
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_all_members_of_a_group_ring_and_one_has_the_call(phones, four):
    caller, *members = four
    phones.change("group", "add", "1900", "--name", "Accueil", *(member.user for member in members[:2]))
    outgoing = caller.dial("1900")
    one, other = (member.incoming() for member in members[:2])
    one.reply(180)
    outgoing.expect(180)
    one.reply(603)
    one.expect("ACK")
    other.accept()
    hang_up(outgoing.established(), other)


def test_members_of_a_group_ring_in_order(phones, four):
    caller, first, second, _ = four
    phones.change("group", "add", "1900", "--name", "Accueil", B, C, "--strategy", "in-order", "--ring", "5s")
    outgoing = caller.dial("1900")
    ringing = first.incoming()
    ringing.reply(180)
    outgoing.expect(180)
    assert not second.has("INVITE")
    cancel = ringing.expect("CANCEL")
    assert 4 < cancel.at - ringing.invite.at < 8
    ringing.reply(200, to=cancel)
    ringing.reply(487)
    incoming = second.incoming()
    incoming.accept()
    hang_up(outgoing.established(), incoming)


@pytest.mark.parametrize("status", [486, 603, None])
def test_a_group_of_which_nobody_takes_the_call_sends_it_on(phones, four, status):
    caller, first, second, guard = four
    phones.change("group", "add", "1900", "--name", "Accueil", B, C, "--otherwise", D)
    if status is None:
        for member in (first, second):
            assert member.register_once(member.authorization(), expires=0).status == 200
    outgoing = caller.dial("1900")
    for member in (first, second) if status else ():
        refused = member.incoming()
        refused.reply(status)
        refused.expect("ACK")
    incoming = guard.incoming()
    assert address(incoming.invite["Diversion"]) == f"sip:1900@{REALM}"
    incoming.accept()
    hang_up(outgoing.established(), incoming)
