"""Calls that do not go as usual, between phones that are sipp, a SIP stack that we did not write (RFC 3261, RFC 5407)."""

import pytest

from raw_phones import ABROAD, REALM
from sipp import SDP, Incoming, Outgoing, agrees, answers_late, calls, has, is_answered, is_asked, is_rung, keep, lacks, receive, takes_calls
from stage import CALLEE, CALLER, FIRST_TRUNK, OTHER, SECOND_TRUNK, WIFI

OUTGOING, INCOMING = Outgoing(REALM), Incoming()
MAKES_CALL, TAKES_CALL = calls(REALM), takes_calls()
ANSWERS = INCOMING.comes() + INCOMING.rings() + INCOMING.accepts() + receive("ACK")


# Giving up


def test_a_caller_who_gives_up_stops_the_ringing(stage):
    stage.register(CALLER, CALLEE)
    stage.play(
        CALLEE,
        INCOMING.comes() + INCOMING.rings()
        + receive("CANCEL") + agrees() + INCOMING.answers("487 Request Terminated") + receive("ACK"),
    )
    gives_up = OUTGOING.cancels() + receive(200, of="CANCEL") + OUTGOING.is_refused(487)
    stage.play(CALLER, OUTGOING.invites() + is_rung() + gives_up, to=CALLEE)
    stage.all_goes_as_written()


def test_a_cancel_waits_until_the_callee_has_said_something(stage):
    stage.register(CALLER, CALLEE)
    # Nothing may come during a pause.
    thinks = '<pause milliseconds="300"/>'
    stage.play(
        CALLEE,
        INCOMING.comes() + thinks + INCOMING.rings()
        + receive("CANCEL") + agrees() + INCOMING.answers("487 Request Terminated") + receive("ACK"),
    )
    gives_up = OUTGOING.cancels() + receive(200, of="CANCEL") + OUTGOING.is_refused(487)
    stage.play(CALLER, OUTGOING.invites() + receive(100) + gives_up, to=CALLEE)
    stage.all_goes_as_written()


def test_an_answer_that_crosses_a_cancel_is_hung_up(stage):
    stage.register(CALLER, CALLEE)
    stage.play(
        CALLEE,
        INCOMING.comes() + INCOMING.rings()
        + receive("CANCEL") + agrees("481 Call/Transaction Does Not Exist") + INCOMING.accepts()
        + receive("ACK") + INCOMING.is_hung_up(),
    )
    gives_up = OUTGOING.cancels() + receive(200, of="CANCEL") + OUTGOING.is_refused(487)
    stage.play(CALLER, OUTGOING.invites() + is_rung() + gives_up, to=CALLEE)
    stage.all_goes_as_written()


def test_a_cancel_that_crosses_the_answer_changes_nothing(stage):
    stage.register(CALLER, CALLEE)
    stage.play(CALLEE, TAKES_CALL)
    crosses = OUTGOING.cancels() + receive(200, of="CANCEL")
    stage.play(CALLER, OUTGOING.invites() + is_rung() + is_answered() + crosses + OUTGOING.confirms() + OUTGOING.hangs_up(), to=CALLEE)
    stage.all_goes_as_written()


# Changing


def test_both_sides_change_a_call_at_once_and_nobody_is_refused(stage):
    stage.register(CALLER, CALLEE)
    callee, caller = ANSWERS, OUTGOING.invites() + is_rung() + is_answered() + OUTGOING.confirms()
    for count in range(1, 11):
        callee += INCOMING.asks("INVITE", count, body=SDP) + receive(200, of="INVITE") + INCOMING.confirms(count)
        caller += OUTGOING.asks("INVITE", count + 2, body=SDP) + is_answered() + OUTGOING.confirms(count + 2)
    stage.play(CALLEE, callee)
    stage.play(CALLER, caller, to=CALLEE)
    stage.all_goes_as_written()


def test_a_change_that_meets_an_offer_of_ours_is_refused_and_made_again_later(stage):
    stage.register(CALLER, CALLEE)
    stage.play(CALLEE, TAKES_CALL)
    # Who sends no description leaves the offer to us.
    asks_for_offer = OUTGOING.asks("INVITE", 3) + is_answered(has("Content-Type", "application/sdp"))
    collides = OUTGOING.asks("UPDATE", 4, body=SDP) + receive(491, of="UPDATE")
    again = OUTGOING.asks("UPDATE", 5, body=SDP) + receive(200, of="UPDATE")
    stage.play(
        CALLER,
        OUTGOING.invites() + is_rung() + is_answered() + OUTGOING.confirms()
        + asks_for_offer + collides + OUTGOING.confirms(3, body=SDP) + again + OUTGOING.hangs_up(6),
        to=CALLEE,
    )
    stage.all_goes_as_written()


# What gets lost, and what comes late


def test_an_answer_is_repeated_until_it_is_confirmed_and_no_longer(stage):
    stage.register(CALLER, CALLEE)
    stage.play(CALLEE, TAKES_CALL)
    # The third would come after a second.
    silence = '<pause milliseconds="1500"/>'
    stage.play(
        CALLER,
        OUTGOING.invites() + is_rung() + is_answered() + is_answered() + OUTGOING.confirms() + silence + OUTGOING.hangs_up(),
        to=CALLEE,
        strict=True,
    )
    stage.all_goes_as_written()


def test_who_repeats_his_answer_is_confirmed_again(stage):
    stage.register(CALLER, CALLEE)
    stage.play(
        CALLEE,
        INCOMING.comes() + INCOMING.rings() + INCOMING.accepts() + receive("ACK", has("CSeq", " *1 ACK"))
        + INCOMING.accepts() + receive("ACK", has("CSeq", " *1 ACK")) + INCOMING.hangs_up(),
        strict=True,
    )
    stage.play(CALLER, OUTGOING.invites() + is_rung() + is_answered() + OUTGOING.confirms() + receive("BYE") + agrees(), to=CALLEE)
    stage.all_goes_as_written()


def test_a_goodbye_after_the_end_is_meant_for_no_call(stage):
    stage.register(CALLER, CALLEE)
    stage.play(CALLEE, TAKES_CALL + INCOMING.asks("BYE", 1) + receive(481, of="BYE"))
    stage.play(CALLER, MAKES_CALL + OUTGOING.asks("BYE", 4) + receive(481, of="BYE"), to=CALLEE)
    stage.all_goes_as_written()


def test_goodbyes_that_cross_are_both_answered(stage):
    stage.register(CALLER, CALLEE)
    stage.play(CALLEE, ANSWERS + is_asked("BYE") + INCOMING.hangs_up() + answers_late("200 OK"))
    stage.play(CALLER, MAKES_CALL, to=CALLEE)
    stage.all_goes_as_written()


# Progress that is confirmed


def test_a_callee_whose_progress_wants_confirmation_gets_a_prack_for_each(stage):
    stage.register(CALLER, CALLEE)

    def progress(status: str, number: int, body: str = "") -> str:
        said = INCOMING.answers(status, f"Require: 100rel\nRSeq: {number}", body)
        return said + receive("PRACK", has("RAck", f" *{number} 1 INVITE")) + agrees()

    stage.play(
        CALLEE,
        INCOMING.comes(has("Supported", "100rel"), has("CSeq", " *1 INVITE"))
        + progress("183 Session Progress", 77, SDP) + progress("180 Ringing", 78)
        + INCOMING.accepts() + receive("ACK") + INCOMING.is_hung_up(),
    )
    heard = is_rung(183, has("Content-Type", "application/sdp"))
    stage.play(CALLER, OUTGOING.invites() + heard + is_answered() + OUTGOING.confirms() + OUTGOING.hangs_up(), to=CALLEE)
    stage.all_goes_as_written()


@pytest.mark.parametrize("wish", ["Require", "Supported"])
def test_a_caller_who_can_confirm_progress_hears_it_until_he_does(stage, wish):
    stage.register(CALLER, CALLEE)
    stage.play(
        CALLEE,
        INCOMING.comes() + INCOMING.answers("183 Session Progress", body=SDP)
        + INCOMING.accepts() + receive("ACK") + INCOMING.is_hung_up(),
    )
    reliable = has("Require", "100rel"), keep("RSeq", "rseq")
    confirmed = OUTGOING.asks("PRACK", 4, "RAck: [$rseq] 2 INVITE") + receive(200, of="PRACK")
    stage.play(
        CALLER,
        OUTGOING.invites(f"{wish}: 100rel") + is_rung(183, *reliable, rrs="true") + receive(183, *reliable)
        + OUTGOING.asks("PRACK", 3, "RAck: [$rseq] 77 INVITE") + receive(481, of="PRACK")
        + confirmed + is_answered() + OUTGOING.confirms() + OUTGOING.hangs_up(5),
        to=CALLEE,
        strict=True,
    )
    stage.all_goes_as_written()


def test_a_caller_who_demands_confirmation_of_ringing_can_give_it_and_give_up(stage):
    stage.register(CALLER, CALLEE)
    stage.play(
        CALLEE,
        INCOMING.comes() + INCOMING.rings()
        + receive("CANCEL") + agrees() + INCOMING.answers("487 Request Terminated") + receive("ACK"),
    )
    reliable = has("Require", "100rel"), keep("RSeq", "rseq")
    stage.play(
        CALLER,
        OUTGOING.invites("Require: 100rel") + is_rung(180, *reliable, rrs="true") + receive(180, *reliable)
        + OUTGOING.asks("PRACK", 3, "RAck: [$rseq] 2 INVITE") + receive(200, of="PRACK")
        + OUTGOING.cancels() + receive(200, of="CANCEL") + OUTGOING.is_refused(487),
        to=CALLEE,
        strict=True,
    )
    stage.all_goes_as_written()


# How long a session lasts


@pytest.mark.parametrize("refresher", ["uac", "uas"])
def test_a_session_is_not_too_short_and_is_renewed_by_whom_the_caller_names(stage, refresher):
    stage.register(CALLER, CALLEE)
    stage.play(CALLEE, TAKES_CALL)

    def lasts(seconds: int) -> str:
        return f"Supported: timer\nSession-Expires: {seconds};refresher={refresher}"

    def is_granted(seconds: int) -> tuple[str, ...]:
        demanded = [has("Require", "timer")] if refresher == "uac" else []
        return has("Session-Expires", f" *{seconds};refresher={refresher}"), *demanded

    too_short = OUTGOING.invites(lasts(30)) + receive(422, has("Min-SE", " *90")) + OUTGOING.takes_refusal()
    stage.play(
        CALLER,
        too_short + OUTGOING.invites(lasts(90), first=3) + is_rung() + is_answered(*is_granted(90)) + OUTGOING.confirms(4)
        + OUTGOING.asks("UPDATE", 5, lasts(120)) + receive(200, *is_granted(120), of="UPDATE") + OUTGOING.hangs_up(6),
        to=CALLEE,
    )
    stage.all_goes_as_written()


def test_a_callee_for_whom_a_session_is_too_short_is_offered_a_longer_one(stage):
    stage.register(CALLER, CALLEE)
    longer = has("Session-Expires", " *7200"), has("Min-SE", " *7200"), has("CSeq", " *2 INVITE")
    stage.play(
        CALLEE,
        INCOMING.comes(lacks("Min-SE", "7200")) + INCOMING.answers("422 Session Interval Too Small", "Min-SE: 7200") + receive("ACK")
        + INCOMING.comes(*longer) + INCOMING.rings() + INCOMING.accepts() + receive("ACK") + INCOMING.is_hung_up(),
    )
    stage.play(CALLER, MAKES_CALL, to=CALLEE)
    stage.all_goes_as_written()


# Several who ring


def test_of_two_devices_that_ring_one_answers_and_the_other_is_told_so(stage):
    stage.add_wifi()
    stage.register(CALLER, CALLEE, WIFI)
    elsewhere = has("Reason", "SIP *; *cause=200 *; *text=.Call completed elsewhere")
    stage.play(
        CALLEE,
        INCOMING.comes() + INCOMING.rings()
        + receive("CANCEL", elsewhere) + agrees() + INCOMING.answers("487 Request Terminated") + receive("ACK"),
    )
    stage.play(WIFI, TAKES_CALL)
    stage.play(CALLER, MAKES_CALL, to=CALLEE)
    stage.all_goes_as_written()


def test_of_several_phones_behind_one_address_the_second_who_answers_is_hung_up_on(stage):
    stage.register(CALLER, CALLEE)
    one, other = Incoming("[pid]one"), Incoming("[pid]other")
    to_one, to_other = has("To", "tag=[0-9]+one"), has("To", "tag=[0-9]+other")
    stage.play(
        CALLEE,
        one.comes() + one.rings() + other.answers("183 Session Progress", body=SDP)
        + other.accepts() + receive("ACK", to_other) + one.accepts() + receive("ACK", to_one)
        + one.is_hung_up(to_one, has("Reason", "completed elsewhere")) + other.hangs_up(),
    )
    stage.play(
        CALLER,
        OUTGOING.invites() + is_rung() + receive(183) + is_answered() + OUTGOING.confirms() + receive("BYE") + agrees(),
        to=CALLEE,
    )
    stage.all_goes_as_written()


# Forwards and loops


def sent_to(number: str) -> str:
    return INCOMING.answers("302 Moved Temporarily", contact=f"<sip:{number}@{REALM}>") + receive("ACK")


def test_a_phone_sends_its_call_to_another(stage):
    stage.register(CALLER, CALLEE, OTHER)
    stage.play(CALLEE, INCOMING.comes() + sent_to(OTHER))
    stage.play(
        OTHER,
        INCOMING.comes(has("Diversion", f"sip:{CALLEE}@.*deflection")) + INCOMING.rings() + INCOMING.accepts()
        + receive("ACK") + INCOMING.is_hung_up(),
    )
    stage.play(CALLER, MAKES_CALL, to=CALLEE)
    stage.all_goes_as_written()


def test_a_busy_phones_calls_go_where_the_administrator_says(stage):
    stage.house.program.run("extension", "forward", CALLEE, "busy", OTHER)
    stage.register(CALLER, CALLEE, OTHER)
    stage.play(CALLEE, INCOMING.comes() + INCOMING.answers("486 Busy Here") + receive("ACK"))
    stage.play(
        OTHER,
        INCOMING.comes(has("Diversion", f"sip:{CALLEE}@.*user-busy")) + INCOMING.rings() + INCOMING.accepts()
        + receive("ACK") + INCOMING.is_hung_up(),
    )
    stage.play(CALLER, MAKES_CALL, to=CALLEE)
    stage.all_goes_as_written()


def test_phones_that_send_a_call_to_each_other_end_it(stage):
    stage.register(CALLER, CALLEE, OTHER)
    stage.play(CALLEE, INCOMING.comes() + sent_to(OTHER))
    stage.play(OTHER, INCOMING.comes() + sent_to(CALLEE))
    stage.play(CALLER, OUTGOING.invites() + OUTGOING.is_refused(482), to=CALLEE)
    stage.all_goes_as_written()


def test_forwarding_in_a_circle_ends_where_it_begins(stage):
    for number, target in ((CALLEE, OTHER), (OTHER, CALLEE)):
        stage.house.program.run("extension", "forward", number, "always", target)
    stage.register(CALLER, CALLEE, OTHER)
    stage.play(CALLER, OUTGOING.invites() + OUTGOING.is_refused(482), to=CALLEE)
    stage.all_goes_as_written()


def test_a_call_that_has_gone_too_far_goes_no_further(stage):
    stage.register(CALLER, CALLEE)
    stage.play(CALLER, OUTGOING.invite(1, hops=0) + OUTGOING.is_refused(483, 1), to=CALLEE)
    stage.all_goes_as_written()


def test_a_call_goes_one_hop_less_far_with_each_server(stage):
    stage.register(CALLER, CALLEE)
    stage.play(
        CALLEE,
        INCOMING.comes(has("Max-Forwards", "^ *1$")) + INCOMING.rings() + INCOMING.accepts() + receive("ACK") + INCOMING.is_hung_up(),
    )
    calls = OUTGOING.invites(hops=2) + is_rung() + is_answered() + OUTGOING.confirms() + OUTGOING.hangs_up()
    stage.play(CALLER, calls, to=CALLEE)
    stage.all_goes_as_written()


# Lines to the outside


def test_a_second_trunk_takes_the_call_that_the_first_cannot(stage):
    stage.add_trunks(FIRST_TRUNK, SECOND_TRUNK)
    stage.register(CALLER)
    stage.play(FIRST_TRUNK, INCOMING.comes() + INCOMING.answers("503 Service Unavailable") + receive("ACK"))
    stage.play(
        SECOND_TRUNK,
        INCOMING.comes(has("To", "sip:[+]33140506070@")) + INCOMING.rings() + INCOMING.accepts() + receive("ACK") + INCOMING.is_hung_up(),
    )
    stage.play(CALLER, MAKES_CALL, to=ABROAD)
    stage.all_goes_as_written()
