"""What ends because time passes: sessions that nobody renews, calls that nobody confirms (RFC 4028, RFC 3261 §11, §13.3.1.4)."""

from raw_phones import A, B, C, connect, hang_up


def test_what_nobody_keeps_up_ends_and_the_rest_goes_on(phones):
    # No session may be shorter than 90 s (RFC 4028 §5), so this takes a minute: all of it at once.
    caller, callee, vanished = phones.registered(A), phones.registered(B), phones.registered(C)

    def call(headers):
        outgoing = caller.dial(B, headers)
        incoming = callee.incoming()
        incoming.accept()
        incoming.expect("ACK")
        return outgoing, incoming, outgoing.expect(200)

    forgotten, at_forgotten, _ = call({})
    kept, at_kept, accepted = call({"Supported": "timer", "Session-Expires": "90;refresher=uas"})
    kept.ack(accepted)
    lapsed, at_lapsed, accepted = call({"Supported": "timer", "Session-Expires": "90;refresher=uac"})
    lapsed.ack(accepted)
    began = accepted.at
    # Here one side forgets the call, but says so when it is asked; the others are as silent, but there.
    vanished.pong = 481
    left, _ = connect(caller, vanished)

    # Nobody confirmed the answer: after 64*T1 that is that.
    bye = forgotten.expect("BYE", within=40)
    assert 30 < bye.at - began < 36
    forgotten.reply(200, to=bye)
    at_forgotten.reply(200, to=at_forgotten.expect("BYE"))

    # Nothing was heard of any of these phones for half a minute.
    left.reply(200, to=left.expect("BYE", within=40))

    # We are to renew this one, half of the time before it would end.
    renewal = kept.expect("INVITE", within=25)
    assert 43 < renewal.at - began < 48
    assert renewal["Session-Expires"].startswith("90")
    kept.reply(200, {"Session-Expires": "90;refresher=uac", "Require": "timer"}, kept.phone.sdp(), to=renewal)
    kept.expect("ACK")

    # The phone was to renew this one, and is silent.
    bye = lapsed.expect("BYE", within=30)
    assert 58 < bye.at - began < 65
    lapsed.reply(200, to=bye)
    at_lapsed.reply(200, to=at_lapsed.expect("BYE"))

    hang_up(kept, at_kept)
    hang_up(*connect(caller, callee))
