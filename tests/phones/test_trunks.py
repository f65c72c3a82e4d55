"""Calls to and from the public network, seen from the provider's side of the line."""

import pytest

from network import phone_address
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


def test_a_trunk_that_is_added_while_the_server_runs_carries_calls_and_stands_in_their_records(phones):
    operator, caller = phones.make("operator", "", number=TRUNK), phones.registered(A)
    assert caller.dial(ABROAD).refused().status in (404, 503), "there is no way out yet"
    phones.change("trunk", "add", "Orange", "--host", operator.host, "--rights", "international")
    phones.change("trunk", "route", "add", "any", "Orange")
    outgoing = caller.dial(ABROAD)
    incoming = operator.incoming()
    incoming.reply(180)
    incoming.accept()
    hang_up(outgoing.established(), incoming)

    ended = lambda records: sum(bool(leg["ended"] and leg["answered"]) for leg in records) == 2
    legs = [leg for leg in phones.house.wait_for_records(ended) if leg["answered"]]
    # From the phone to us inside the house, from us over the trunk of the post.
    assert {(leg["direction"], leg["from"], leg["to"]) for leg in legs} == {("in", A, "+33140506070"), ("out", A, "+33140506070")}
    assert {leg["direction"]: (leg["trunk"], leg["post"]) for leg in legs} == {"in": (None, "Cotonou"), "out": ("Orange", "Cotonou")}
    assert {leg["cause"] for leg in legs} == {"hung-up", "other-hung-up"}
    assert len(phones.house.program.run("sip", "cdr", "--trunk", "Orange", "--csv").splitlines()) == 2, "a head and a leg"
    phones.change("trunk", "remove", "Orange")
    assert caller.dial(ABROAD).refused().status in (404, 503)


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
    assert answers_right(credentials, "INVITE")
    assert incoming.invite.cseq > asked.invite.cseq
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def answers_right(credentials: str, method: str) -> bool:
    uri, nc, cnonce = (parameter(credentials, name) for name in ("uri", "nc", "cnonce"))
    ha1, ha2 = md5("embassy:operator:sesame-ouvre-toi"), md5(f"{method}:{uri}")
    return parameter(credentials, "response") == md5(f"{ha1}:n0nce:{nc}:{cnonce}:auth:{ha2}")


def test_a_trunk_is_registered_before_calls_take_it(phones):
    operator = trunk(phones, "Orange", TRUNK, "--register", "--username", "embassy", "--password", "sesame-ouvre-toi")
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    caller = phones.registered(A)
    asked = operator.expect("REGISTER")
    assert "embassy@" in asked["To"]
    assert not asked.all("Authorization")
    operator.reply(asked, 401, {"WWW-Authenticate": 'Digest realm="operator", nonce="n0nce", algorithm=MD5, qop="auth"'}, tag="r")
    answered = operator.expect("REGISTER")
    assert answers_right(answered["Authorization"], "REGISTER")
    assert answered["Call-ID"] == asked["Call-ID"] and answered.cseq > asked.cseq
    assert caller.dial(ABROAD).refused().status == 503, "it is not registered yet"

    operator.reply(answered, 200, {"Contact": f"{answered['Contact']};expires=60"}, tag="r")
    outgoing = caller.dial(ABROAD)
    incoming = operator.incoming()
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_a_trunk_that_cannot_serve_is_left_out_until_it_can(phones):
    first, second = trunk(phones, "Orange", TRUNK), trunk(phones, "MTN", TRUNK + 1)
    first.pong = 503
    phones.house.program.run("trunk", "route", "add", "any", "Orange", "MTN")
    caller = phones.make(A)
    if not first.pings:
        first.expect_ping()
    caller.register()
    outgoing = caller.dial(ABROAD)
    incoming = second.incoming()
    incoming.accept()
    hang_up(outgoing.established(), incoming)
    assert not first.has("INVITE")

    first.pong = 200
    first.expect_ping()
    outgoing = caller.dial(ABROAD)
    incoming = first.incoming()
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_a_trunk_where_nobody_listens_is_left_for_the_next(phones):
    nobody = phone_address(TRUNK + 2)
    phones.house.program.run("trunk", "add", "Nobody", "--host", nobody, "--transport", "tcp", "--rights", "international")
    operator = trunk(phones, "Orange", TRUNK)
    phones.house.program.run("trunk", "route", "add", "any", "Nobody", "Orange")
    caller = phones.registered(A)
    outgoing = caller.dial(ABROAD)
    incoming = operator.incoming()
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_what_the_network_says_of_a_number_is_asked_of_one_trunk_only(phones):
    first, second = trunk(phones, "Orange", TRUNK), trunk(phones, "MTN", TRUNK + 1)
    phones.house.program.run("trunk", "route", "add", "any", "Orange", "MTN")
    caller = phones.registered(A)
    for status in (404, 486):
        outgoing = caller.dial(ABROAD)
        refused = first.incoming()
        refused.reply(status)
        refused.expect("ACK")
        assert outgoing.refused().status == status
    second.catch_up()
    assert not second.has("INVITE")


def test_a_full_trunk_carries_an_emergency_call_all_the_same(phones):
    operator = trunk(phones, "Orange", TRUNK, "--calls", "1")
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    phones.house.extension("1004", "Hall", "--rights", "none", "--outside-calls", "0")
    caller, other, hall = (phones.registered(number) for number in (A, B, "1004"))
    outgoing = caller.dial(ABROAD)
    incoming = operator.incoming()
    incoming.accept()
    outgoing.established()

    assert other.dial(ABROAD).refused().status == 503
    assert hall.dial(ABROAD).refused().status == 403
    assert hall.dial(A).refused().status == 403
    for phone, dialled in ((other, "112"), (hall, "0112")):
        in_need = phone.dial(dialled)
        helped = operator.incoming()
        assert helped.invite.uri.startswith(f"sip:112@{operator.host}")
        helped.accept()
        hang_up(in_need.established(), helped)
    hang_up(outgoing, incoming)


def test_who_forwards_abroad_pays_for_it_and_for_so_many_calls_only(phones):
    operator = trunk(phones, "Orange", TRUNK, "--calls", "9")
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    phones.house.extension("1004", "Home", "--rights", "international", "--outside-calls", "1")
    phones.house.extension("1005", "Guard")
    phones.house.program.run("extension", "forward", "1004", "always", ABROAD)
    caller, guard = phones.registered(A), phones.registered("1005")
    assert guard.dial(ABROAD).refused().status == 403
    outgoing = guard.dial("1004")
    incoming = operator.incoming()
    incoming.accept()
    outgoing.established()

    assert caller.dial("1004").refused().status == 403
    hang_up(outgoing, incoming)


@pytest.mark.parametrize("show_name", [False, True])
def test_the_provider_learns_no_number_of_the_house_and_no_name_unless_it_is_to(phones, show_name):
    operator = trunk(phones, "Orange", TRUNK, *(["--show-name"] if show_name else []))
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    phones.house.program.run("extension", "forward", B, "always", ABROAD)
    caller = phones.registered(A)
    for dialled in (ABROAD, B):
        outgoing = caller.dial(dialled)
        incoming = operator.incoming()
        assert (f"Office {A}" in incoming.invite["From"]) == show_name
        incoming.accept()
        hang_up(outgoing.established(), incoming)
    assert address(incoming.invite["Diversion"]) == f"sip:+22921301234@{operator.host}"


def test_a_short_national_number_leaves_by_the_own_post(phones):
    operator = trunk(phones, "Orange", TRUNK)
    phones.house.extension("1004", "Guard")
    caller, guard = phones.registered(A), phones.registered("1004")
    outgoing = caller.dial("0118")
    incoming = operator.incoming()
    assert incoming.invite.uri.startswith(f"sip:118@{operator.host}")
    incoming.accept()
    hang_up(outgoing.established(), incoming)

    assert guard.dial("0118").refused().status == 403, "it may call inside only"
    assert caller.dial("118").refused().status == 404, "there is a prefix to dial"
    explained = phones.house.program.run("sip", "explain", A, "0118")
    assert "118 may be a short number in BJ" in explained
    assert "The call goes out to 118." in explained


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


def test_a_provider_may_want_the_account_in_from_and_the_caller_beside_it(phones):
    options = ("--identity", "asserted", "--username", "embassy", "--password", "sesame-ouvre-toi")
    operator = trunk(phones, "Orange", TRUNK, *options)
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    caller = phones.registered(A)
    outgoing = caller.dial(ABROAD)
    incoming = operator.incoming()
    assert address(incoming.invite["From"]) == f"sip:embassy@{operator.host}"
    assert address(incoming.invite["P-Asserted-Identity"]) == f"sip:+22921301234@{operator.host}"
    incoming.accept()
    hang_up(outgoing.established(), incoming)


@pytest.mark.parametrize(("privacy", "shown"), [(None, "+33140506070"), ("none", "+33140506070"), ("user;id", "anonymous")])
def test_whom_the_provider_vouches_for_is_shown_unless_he_does_not_want_it(phones, privacy, shown):
    operator = trunk(phones, "Orange", TRUNK)
    phones.house.program.run("trunk", "number", "add", "--trunk", "Orange", "+2290121301001", A)
    callee = phones.registered(A)
    operator.user = "anonymous"
    outgoing = operator.dial("+2290121301001", {"P-Asserted-Identity": f"<sip:+33140506070@{operator.host}>", "Privacy": privacy})
    incoming = callee.incoming()
    assert address(incoming.invite["From"]) == f"sip:{shown}@{REALM}"
    assert address(incoming.invite["P-Asserted-Identity"]) == f"sip:{shown}@{REALM}"
    incoming.accept()
    hang_up(outgoing.established(), incoming)


def test_what_comes_from_elsewhere_is_no_trunk(phones):
    trunk(phones, "Orange", TRUNK)
    phones.house.program.run("trunk", "number", "add", "--trunk", "Orange", "+2290121301001", A)
    callee = phones.registered(A)
    stranger = phones.make("+33140506070", "")
    assert stranger.dial("+2290121301001").refused().status == 401
    assert not callee.has("INVITE")
