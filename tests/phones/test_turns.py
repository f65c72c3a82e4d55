"""Turns that a call may take: repeated, held, moved, torn (RFC 3261 §13–17, RFC 3264, RFC 5806)."""

from raw_phones import ABROAD, A, B, C, REALM, TRUNK, connect, hang_up, trunk



def test_a_repeated_request_is_answered_alike_and_acted_on_once(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    sent: list[str] = []
    send = caller.send
    caller.send = lambda text: (sent.append(text), send(text))
    registered = caller.register_once(caller.authorization())
    send(sent.pop())
    assert repr(caller.expect(200)) == repr(registered), "its count was used, but by itself"

    outgoing = caller.dial(B)
    invite = sent.pop()
    send(invite)
    incoming = callee.incoming()
    incoming.reply(180)
    ringing = outgoing.expect(180)
    send(invite)
    assert repr(outgoing.expect(180)) == repr(ringing)
    caller.catch_up()
    assert not callee.has("INVITE")
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_a_phone_that_went_is_not_called(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    hang_up(*connect(caller, callee))
    assert callee.register_once(callee.authorization(), expires=0).status == 200
    assert caller.dial(B).refused().status == 480
    assert not callee.has("INVITE")
    assert caller.dial("1999").refused().status == 404


def test_a_phone_whose_connection_ended_is_not_called(phones):
    caller, callee = phones.registered(A), phones.registered(B, carrier="tcp")
    hang_up(*connect(caller, callee))
    callee.close()
    assert caller.dial(B).refused().status == 480


def test_who_invites_without_an_offer_is_made_one(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B, body="")
    incoming = callee.incoming()
    incoming.accept()
    accepted = outgoing.expect(200)
    assert "m=audio" in accepted.body
    outgoing.request("ACK", body=caller.sdp(), cseq=accepted.cseq[0])
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_a_call_is_held_and_taken_back(phones):
    outgoing, incoming = connect(phones.registered(A), phones.registered(B))
    turns = [("sendonly", {"recvonly", "inactive"}), ("inactive", {"inactive"}), ("sendrecv", {"sendrecv"})]
    for version, (direction, answers) in enumerate(turns, 2):
        answer = outgoing.ask("INVITE", body=f"{outgoing.phone.sdp(version)}a={direction}\r\n")
        outgoing.ack(answer)
        assert answer.body.split("\r\na=")[-1].strip() in answers, direction
    hang_up(outgoing, incoming)


def test_a_call_is_held_as_old_phones_do(phones):
    outgoing, incoming = connect(phones.registered(A), phones.registered(B))
    held = outgoing.phone.sdp(2).replace(f"c=IN IP4 {outgoing.phone.host}", "c=IN IP4 0.0.0.0")
    answer = outgoing.ask("INVITE", body=held)
    outgoing.ack(answer)
    assert "a=recvonly" in answer.body or "a=inactive" in answer.body
    answer = outgoing.ask("INVITE", body="")
    outgoing.request("ACK", body=outgoing.phone.sdp(3), cseq=answer.cseq[0])
    assert "a=sendrecv" in answer.body or "a=inactive" not in answer.body and "a=recvonly" not in answer.body, "it resumes"
    hang_up(outgoing, incoming)


def test_who_accepts_without_a_description_is_hung_up(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    incoming.reply(200)
    incoming.expect("ACK")
    incoming.reply(200, to=incoming.expect("BYE"))
    assert outgoing.refused().status >= 400


def test_both_sides_may_hang_up_at_once(phones):
    calls = connect(phones.registered(A), phones.registered(B))
    byes = [(call, call.request("BYE")) for call in calls]
    assert all(call.phone.answer_to(bye).status in (200, 481) for call, bye in byes)


def test_a_refused_description_is_passed_on(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    # It might have wanted its sound encrypted.
    for profile in ("RTP/AVP", "UDP/TLS/RTP/SAVP"):
        incoming = callee.incoming()
        assert f" {profile} " in incoming.invite.body
        incoming.reply(488)
        incoming.expect("ACK")
    assert outgoing.refused().status == 488


def test_a_callee_that_is_moved_takes_nobody_where_it_may_not_call_itself(phones):
    phones.house.extension("1004", "Guard")
    operator = trunk(phones, "Orange", TRUNK)
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    caller, callee, other = phones.registered(A), phones.registered("1004"), phones.registered(C)
    # The caller hears why it went no further: no right to call there, and no such number here.
    for target, status in ((f"sip:{ABROAD}@{REALM}", 403), (f"sip:x@{operator.host}", 404)):
        outgoing = caller.dial("1004")
        callee.incoming().reply(302, {"Contact": f"<{target}>"})
        assert outgoing.refused().status == status
    operator.catch_up()
    assert not operator.has("INVITE")

    outgoing = caller.dial("1004")
    callee.incoming().reply(302, {"Contact": f"<sip:{C}@{REALM}>"})
    moved = other.incoming()
    assert "1004@" in moved.invite["Diversion"]
    moved.accept()
    hang_up(outgoing.established(), moved)
