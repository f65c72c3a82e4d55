"""Calls on the wire, word by word (RFC 3261, RFC 3262, RFC 3264, RFC 4028)."""

import itertools

import pytest

import sipp
from network import SERVER
from raw_phones import A, B, C, REALM, connect, hang_up
from raw_sip import Call, address, parameter
from sipp import Sipp


def test_two_stacks_that_are_not_ours_call_each_other(phones, tmp_path):
    phones.house.start()

    def user(number, *more):
        return (number, f"[authentication username={number} password={phones.house.passwords[number]}]", *more)

    for at, number in enumerate((A, B)):
        Sipp(tmp_path / f"register-{number}", at, sipp.registers(REALM), [user(number)]).succeeds()
    callee = Sipp(tmp_path / "callee", 1, sipp.takes_calls(), [user(B)] * 5)
    caller = Sipp(tmp_path / "caller", 0, sipp.calls(REALM), [user(A, B)] * 5, auth_uri=f"{B}@{REALM}")
    try:
        caller.succeeds()
        callee.succeeds()
    finally:
        caller.stop()
        callee.stop()


def test_a_call_rings_is_answered_and_ends(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    outgoing.expect(100)
    incoming = callee.incoming()
    assert f"{A}@" in incoming.invite["From"]
    assert f"IN IP4 {SERVER}" in incoming.invite.body, "the sound goes through the server"
    incoming.reply(180)
    outgoing.expect(180)
    incoming.accept()
    accepted = outgoing.expect(200)
    assert f"IN IP4 {SERVER}" in accepted.body
    assert "m=audio" in accepted.body and " 8" in accepted.body
    outgoing.ack(accepted)
    incoming.expect("ACK")

    hang_up(incoming, outgoing)
    assert outgoing.ask("BYE").status == 481, "the dialog is gone"
    assert incoming.ask("BYE").status == 481


def test_a_caller_who_gives_up_stops_the_ringing(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    incoming.reply(180)
    outgoing.expect(180)

    assert caller.answer_to(outgoing.cancel()).status == 200
    assert outgoing.refused().status == 487
    incoming.reply(200, to=incoming.expect("CANCEL"))
    incoming.reply(487)
    incoming.expect("ACK")


def test_an_answer_that_crosses_a_cancel_is_hung_up(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    incoming.reply(180)
    outgoing.expect(180)

    outgoing.cancel()
    assert outgoing.refused().status == 487
    incoming.reply(481, to=incoming.expect("CANCEL"))
    incoming.accept()
    incoming.expect("ACK")
    incoming.reply(200, to=incoming.expect("BYE"))


def test_a_cancel_that_crosses_the_answer_changes_nothing(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    incoming.accept()
    accepted = outgoing.expect(200)

    assert caller.answer_to(outgoing.cancel()).status in (200, 481)
    outgoing.ack(accepted)
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("first", ["cancel", "answer"])
def test_cancel_and_answer_at_once_leave_no_call_behind_or_a_whole_one(phones, first):
    caller, callee = phones.registered(A), phones.registered(B)
    for _ in range(10):
        outgoing = caller.dial(B)
        incoming = callee.incoming()
        deeds = [outgoing.cancel, incoming.accept]
        for deed in deeds if first == "cancel" else reversed(deeds):
            deed()
        final = caller.answer_to(outgoing.invite)
        incoming.expect("ACK")
        if final.status == 200:
            outgoing.remote, outgoing.target = final["To"], address(final["Contact"])
            outgoing.ack(final)
            hang_up(outgoing, incoming)
        else:
            assert final.status == 487
            outgoing.ack(final)
            incoming.reply(200, to=incoming.expect("BYE"))
        callee.received.clear()
        caller.received.clear()


def test_an_answer_is_repeated_ever_more_slowly_until_it_is_confirmed(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    incoming.accept()
    answers = [outgoing.expect(200) for _ in range(3)]
    assert len({str(answer) for answer in answers}) == 1, "each is the same"
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(answers)]
    assert all(longer > 1.5 * shorter for shorter, longer in itertools.pairwise(gaps)), gaps

    outgoing.ack(answers[0])
    with pytest.raises(AssertionError, match="got no 200"):
        outgoing.expect(200, within=gaps[-1] * 2 + 1)
    hang_up(outgoing, incoming)


def test_a_call_survives_both_sides_changing_it_at_once(phones):
    outgoing, incoming = connect(phones.registered(A), phones.registered(B))
    for version in range(2, 7):
        asked = [(call, call.request("INVITE", body=call.phone.sdp(version))) for call in (outgoing, incoming)]
        for call, request in asked:
            answer = call.phone.answer_to(request)
            assert answer.status in (200, 491)
            call.ack(answer, request)
    hang_up(outgoing, incoming)


def test_a_callee_that_wants_its_progress_confirmed_gets_a_prack(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    assert "100rel" in incoming.invite["Supported"]
    incoming.reply(183, {"Require": "100rel", "RSeq": "77"}, callee.sdp())

    prack = incoming.expect("PRACK")
    assert prack["RAck"].split() == ["77", *incoming.invite["CSeq"].split()]
    incoming.reply(200, to=prack)
    outgoing.expect(183)
    incoming.reply(200)
    outgoing.established()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_several_phones_behind_one_address_ring_in_dialogs_of_their_own(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    one = callee.incoming()
    other, third = (Call.of(callee, one.invite) for _ in range(2))
    one.reply(180)
    outgoing.expect(180)
    other.reply(183, body=callee.sdp())
    assert "m=audio" in outgoing.expect(183).body
    third.reply(180)

    third.accept()
    other.accept()
    outgoing.established()
    for call in (third, other):
        ack = call.expect("ACK")
        while parameter(ack["To"], "tag") != parameter(call.local, "tag"):
            ack = call.expect("ACK")
    bye = other.expect("BYE")
    assert parameter(bye["To"], "tag") == parameter(other.local, "tag"), "the second who answers is hung up on, and not the first"
    other.reply(200, to=bye)
    hang_up(outgoing, third)


@pytest.mark.parametrize("early_media", [True, False])
def test_a_caller_that_wants_progress_confirmed_can_confirm_it(phones, early_media):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B, {"Require": "100rel"})
    incoming = callee.incoming()
    status = 183 if early_media else 180
    incoming.reply(status, body=callee.sdp() if early_media else "")

    progress = outgoing.expect(status)
    assert "100rel" in progress["Require"]
    repeated = outgoing.expect(status)
    assert repeated["RSeq"] == progress["RSeq"], "it is said again until it is confirmed"
    assert bool(progress.body) == early_media
    wrong = outgoing.ask("PRACK", {"RAck": f"{int(progress['RSeq']) + 7} {outgoing.invite['CSeq']}"})
    assert wrong.status == 481
    assert outgoing.ask("PRACK", {"RAck": f"{progress['RSeq']} {outgoing.invite['CSeq']}"}).status == 200
    incoming.accept()
    outgoing.established()
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("refresher", ["uac", "uas"])
def test_a_session_is_renewed_by_whom_the_caller_names(phones, refresher):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B, {"Supported": "timer", "Session-Expires": f"90;refresher={refresher}"})
    incoming = callee.incoming()
    incoming.accept()
    accepted = outgoing.expect(200)
    assert accepted["Session-Expires"].split(";")[0].strip() == "90"
    assert parameter(accepted["Session-Expires"], "refresher") == refresher
    if refresher == "uac":
        assert "timer" in accepted["Require"]
    outgoing.ack(accepted)

    renewed = outgoing.ask("UPDATE", {"Supported": "timer", "Session-Expires": f"120;refresher={refresher}"})
    assert renewed.status == 200
    assert renewed["Session-Expires"].startswith("120")
    hang_up(outgoing, incoming)


def test_sessions_that_are_too_short_are_refused_by_us_and_made_longer_for_others(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    refused = caller.dial(B, {"Supported": "timer", "Session-Expires": "30"}).refused()
    assert (refused.status, refused["Min-SE"]) == (422, "90")

    outgoing = caller.dial(B)
    first = callee.incoming()
    first.reply(422, {"Min-SE": "7200"})
    first.expect("ACK")
    second = callee.incoming()
    assert int(second.invite["Session-Expires"].split(";")[0]) >= 7200
    assert second.invite["Min-SE"] == "7200"
    second.accept()
    outgoing.established()
    hang_up(outgoing, second)


def test_all_devices_of_an_extension_ring_and_the_first_that_answers_has_the_call(phones):
    phones.house.program.run("extension", "device", "add", B, "--username", "wifi", "--password", "secret-of-wifi")
    caller, desk = phones.registered(A), phones.registered(B)
    wifi = phones.registered(B, login="wifi", password="secret-of-wifi")
    outgoing = caller.dial(B)
    at_desk, at_wifi = desk.incoming(), wifi.incoming()
    at_desk.reply(180)
    outgoing.expect(180)
    at_wifi.reply(180)
    at_wifi.accept()

    outgoing.established()
    at_desk.reply(200, to=at_desk.expect("CANCEL"))
    at_desk.reply(487)
    at_desk.expect("ACK")
    hang_up(at_wifi, outgoing)


def test_of_two_devices_that_answer_at_once_one_is_hung_up(phones):
    phones.house.program.run("extension", "device", "add", B, "--username", "wifi", "--password", "secret-of-wifi")
    caller, desk = phones.registered(A), phones.registered(B)
    wifi = phones.registered(B, login="wifi", password="secret-of-wifi")
    outgoing = caller.dial(B)
    both = desk.incoming(), wifi.incoming()
    for incoming in both:
        incoming.accept()
    for incoming in both:
        incoming.expect("ACK")
    outgoing.established()

    caller.catch_up()
    loser = next(incoming for incoming in both if incoming.phone.has("BYE"))
    winner = next(incoming for incoming in both if incoming is not loser)
    loser.reply(200, to=loser.expect("BYE"))
    hang_up(outgoing, winner)


def test_calls_are_forwarded_as_soon_as_the_administrator_says_so(phones):
    caller, callee, other = phones.registered(A), phones.registered(B), phones.registered(C)
    hang_up(*connect(caller, callee))

    phones.change("extension", "forward", B, "busy", C)
    outgoing = caller.dial(B)
    busy = callee.incoming()
    busy.reply(486)
    busy.expect("ACK")
    forwarded = other.incoming()
    assert f"{B}@" in forwarded.invite["Diversion"]
    forwarded.accept()
    hang_up(outgoing.established(), forwarded)

    phones.change("extension", "forward", B, "always", C)
    outgoing = caller.dial(B)
    forwarded = other.incoming()
    forwarded.accept()
    hang_up(outgoing.established(), forwarded)
    assert not callee.has("INVITE")

    phones.change("extension", "forward", B, "none")
    hang_up(*connect(caller, callee))


def test_forwarding_in_a_circle_ends(phones):
    for number, target in ((B, C), (C, B)):
        phones.house.program.run("extension", "forward", number, "always", target)
    caller, *_ = [phones.registered(number) for number in (A, B, C)]
    assert caller.dial(B).refused().status == 482


def test_calls_that_a_power_cut_ends_are_recorded_as_interrupted(phones):
    connect(phones.registered(A), phones.registered(B))
    phones.house.wait_for_records(lambda records: len(records) == 2 and all(record["answered"] for record in records))
    phones.house.program.kill()
    phones.house.program.start()

    for leg in phones.house.wait_for_records(lambda records: all(record["ended"] for record in records)):
        assert leg["cause"] == "interrupted"
        assert leg["ended"] >= leg["answered"]
