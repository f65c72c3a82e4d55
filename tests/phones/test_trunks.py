"""Calls to and from the public network, seen from the provider's side of the line."""

import pytest

from raw_phones import ABROAD, A, B, REALM, TRUNK, hang_up, trunk
from raw_sip import address, md5, parameter


def test_a_call_to_the_outside_carries_the_whole_number_and_the_public_caller(phones):
    operator = trunk(phones, "Orange", TRUNK)
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    caller = phones.registered(A)
    outgoing = caller.dial(ABROAD)
    incoming = operator.incoming()
    assert incoming.invite.uri.startswith(f"sip:+33140506070@{operator.host}")
    assert address(incoming.invite["From"]).startswith("sip:+22921301234@")
    assert not incoming.invite.all("Authorization"), "the phone's password stays in the house"
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_another_trunk_takes_the_call_when_the_first_cannot(phones):
    first, second = trunk(phones, "Orange", TRUNK), trunk(phones, "MTN", TRUNK + 1)
    phones.house.program.run("trunk", "route", "add", "any", "Orange", "MTN")
    caller = phones.registered(A)
    outgoing = caller.dial(ABROAD)
    refused = first.incoming()
    refused.reply(503)
    refused.expect("ACK")
    incoming = second.incoming()
    assert "+33140506070@" in incoming.invite.uri
    incoming.accept()
    hang_up(incoming, outgoing.established())


@pytest.mark.parametrize(
    ("status", "asks", "answers"),
    [(401, "WWW-Authenticate", "Authorization"), (407, "Proxy-Authenticate", "Proxy-Authorization")],
)
def test_a_trunk_that_asks_for_a_password_gets_the_answer_of_its_account(phones, status, asks, answers):
    operator = trunk(phones, "Orange", TRUNK, "--username", "embassy", "--password", "sesame-ouvre-toi")
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    caller = phones.registered(A)
    outgoing = caller.dial(ABROAD)
    asked = operator.incoming()
    asked.reply(status, {asks: 'Digest realm="operator", nonce="n0nce", algorithm=MD5, qop="auth", opaque="o"'})
    asked.expect("ACK")

    incoming = operator.incoming()
    credentials = incoming.invite[answers]
    assert [parameter(credentials, name) for name in ("username", "realm", "opaque")] == ["embassy", "operator", "o"]
    uri, nc, cnonce = (parameter(credentials, name) for name in ("uri", "nc", "cnonce"))
    ha1, ha2 = md5("embassy:operator:sesame-ouvre-toi"), md5(f"INVITE:{uri}")
    assert parameter(credentials, "response") == md5(f"{ha1}:n0nce:{nc}:{cnonce}:auth:{ha2}")
    assert incoming.invite.cseq > asked.invite.cseq
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_a_called_phone_that_asks_for_a_password_gets_none(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    incoming.reply(401, {"WWW-Authenticate": f'Digest realm="{REALM}", nonce="n0nce", algorithm=MD5, qop="auth"'})
    incoming.expect("ACK")

    assert outgoing.refused().status in (403, 480)
    callee.catch_up()
    assert not callee.has("INVITE")


def test_a_call_from_the_outside_rings_where_its_number_leads(phones):
    operator = trunk(phones, "Orange", TRUNK)
    phones.house.program.run("trunk", "number", "add", "--trunk", "Orange", "+2290121301001", A)
    callee = phones.registered(A)
    operator.user = "+33140506070"
    outgoing = operator.dial("+2290121301001")
    incoming = callee.incoming()
    assert address(incoming.invite["From"]).startswith("sip:+33140506070@")
    incoming.accept()
    hang_up(outgoing.established(), incoming)

    assert operator.dial("+2290121309999").refused().status == 404
    assert operator.dial(ABROAD).refused().status in (403, 404), "the house is no bridge to the outside"


def test_what_comes_from_elsewhere_is_no_trunk(phones):
    trunk(phones, "Orange", TRUNK)
    phones.house.program.run("trunk", "number", "add", "--trunk", "Orange", "+2290121301001", A)
    callee = phones.registered(A)
    stranger = phones.make("+33140506070", "")
    assert stranger.dial("+2290121301001").refused().status == 401
    assert not callee.has("INVITE")
