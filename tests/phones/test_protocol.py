"""What the program answers on the wire, word by word: to phones, to trunks, and to those who want no good."""

import itertools
import socket
import time

import pytest

import sipp
from conftest import PHONES, REALM
from network import SERVER, phone_address
from raw_sip import Call, Digest, RawPhone, address, md5, parameter
from sipp import Sipp

A, B, C = "1001", "1002", "1003"


class Phones:
    """The phones of a test, each at an address of its own."""

    def __init__(self, house):
        self.house = house
        self._made: list[RawPhone] = []
        self._numbers = itertools.count()
        self._markers = itertools.count(9001)
        for number in (A, B, C):
            house.extension(number, f"Office {number}", "--rights", "international")

    def make(self, extension: str, password: str | None = None, **more) -> RawPhone:
        """A phone that has said nothing yet."""
        self.house.start()
        number = more.pop("number", None)
        phone = RawPhone(
            next(self._numbers) if number is None else number,
            extension,
            self.house.passwords.get(extension, "") if password is None else password,
            **more,
        )
        self._made.append(phone)
        return phone

    def registered(self, extension: str, **more) -> RawPhone:
        return self.make(extension, **more).register()

    def change(self, *command: str) -> None:
        """Changes the plan while the program runs, and waits until it goes by it: it then knows a number added later."""
        self.house.program.run(*command)
        marker = self.make(self.house.extension(str(next(self._markers)), "Marker"), number=PHONES - 1)
        deadline = time.monotonic() + 5
        marker.challenge(marker.register_once())
        while (answer := marker.register_once(marker.authorization())).status != 200:
            assert time.monotonic() < deadline, "the program does not see what an administrator changed"
            time.sleep(0.25)
            marker.challenge(answer)
        self._made.remove(marker)
        marker.close()

    def keep(self, phone: RawPhone) -> None:
        """Lets a phone end with the test."""
        self._made.append(phone)

    def close(self) -> None:
        for phone in self._made:
            phone.close()
        # Whether it stops well is another test's question: here it would wait for phones that are gone.
        if self.house.program.is_running:
            self.house.program.kill()


@pytest.fixture
def phones(house):
    phones = Phones(house)
    yield phones
    phones.close()


def connect(caller: RawPhone, callee: RawPhone) -> tuple[Call, Call]:
    """A call that both sides have confirmed."""
    outgoing = caller.dial(callee.user)
    incoming = callee.incoming()
    incoming.accept()
    outgoing.established()
    incoming.expect("ACK")
    return outgoing, incoming


def hang_up(one: Call, other: Call) -> None:
    """Ends a call, and sees that the other side hears of it: so the call lived until now."""
    bye = one.request("BYE")
    other.reply(200, to=other.expect("BYE"))
    assert one.phone.answer_to(bye).status == 200


# Digest (RFC 3261 §22, RFC 7616)


def test_a_wrong_password_is_refused_each_time(phones):
    phone = phones.make(A, "wrong")
    phone.challenge(phone.register_once())
    for _ in range(5):
        answer = phone.register_once(phone.authorization())
        assert answer.status == 401
        assert parameter(answer["WWW-Authenticate"], "stale") != "true"
        phone.challenge(answer)


@pytest.mark.parametrize("times", [10, 260])
def test_one_nonce_serves_many_registrations_with_a_rising_count(phones, times):
    phone = phones.make(A)
    phone.challenge(phone.register_once())
    for count in range(1, times + 1):
        assert phone.register_once(phone.authorization()).status == 200, f"count {count}"


def test_a_count_that_was_used_before_is_stale(phones):
    phone = phones.registered(A)
    captured = phone.authorization(count=5)
    assert phone.register_once(captured).status == 200

    replayed = phone.register_once(captured)
    assert replayed.status == 401
    assert parameter(replayed["WWW-Authenticate"], "stale").lower() == "true"
    phone.challenge(replayed)
    assert phone.register_once(phone.authorization()).status == 200


@pytest.mark.parametrize(
    "forge",
    [lambda nonce: "x", lambda nonce: "A" * len(nonce), lambda nonce: nonce[1:] + nonce[0], lambda nonce: nonce * 9],
)
def test_a_forged_nonce_is_never_taken(phones, forge):
    phone = phones.registered(A)
    phone.digest = Digest(f'realm="{REALM}", nonce="{forge(phone.digest.nonce)}"', A, phone.password)

    answer = phone.register_once(phone.authorization())
    assert answer.status == 401
    assert parameter(answer["WWW-Authenticate"], "stale").lower() == "true", "the password was right"
    phone.challenge(answer)
    assert phone.register_once(phone.authorization()).status == 200


def test_a_nonce_of_the_run_before_is_stale(phones):
    phone = phones.registered(A)
    phones.house.program.stop()
    phones.house.program.start()

    answer = phone.register_once(phone.authorization())
    assert answer.status == 401
    assert parameter(answer["WWW-Authenticate"], "stale").lower() == "true"


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_a_challenge_does_not_tell_who_exists(phones, method):
    phone = phones.make(A, "wrong")
    shapes = []
    for user in (A, "1999", "nobody", B):
        phone.user = user
        uri = f"sip:{REALM}" if method == "REGISTER" else f"sip:{C}@{REALM}"
        aor = {"From": f"<sip:{user}@{REALM}>;tag=t", "To": f"<sip:{user if method == 'REGISTER' else C}@{REALM}>"}
        first = phone.answer_to(phone.request(method, uri, dict(aor, Contact=phone.contact)))
        phone.digest = Digest(first["WWW-Authenticate"], user, "wrong")
        authorization = phone.authorization(method, uri)
        second = phone.answer_to(phone.request(method, uri, dict(aor, Contact=phone.contact, Authorization=authorization)))
        shapes.append([shape(first), shape(second)])
    assert all(known == shapes[0] for known in shapes), shapes
    assert shapes[0][0][0] == 401


def shape(response):
    """A response without what differs in any two."""
    challenge = response["WWW-Authenticate"]
    fields = [(name, parameter(challenge, name)) for name in ("realm", "algorithm", "qop", "stale", "opaque")]
    return response.status, [name for name, _ in response.headers], fields, len(parameter(challenge, "nonce"))


def test_a_password_opens_no_other_number(phones):
    phone = phones.registered(A)
    assert phone.register_once(phone.authorization(), user=B).status == 403


# Calls (RFC 3261 §13–15)


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


# Requests that must be refused (RFC 3261 §8.2)


def test_a_request_that_went_too_far_ends_here(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    assert caller.dial(B, {"Max-Forwards": "0"}).refused().status == 483
    assert not callee.has("INVITE")


def test_an_invitation_that_came_over_two_ways_rings_once(phones):
    caller, callee = phones.registered(A), phones.registered(B)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    uri = outgoing.invite.uri
    same = {name: outgoing.invite[name] for name in ("From", "To", "Call-ID", "CSeq", "Contact")}
    merged = caller.request("INVITE", uri, same | {"Authorization": caller.authorization("INVITE", uri)}, caller.sdp())
    answer = caller.answer_to(merged)
    assert answer.status == 482
    outgoing.ack(answer, merged)
    assert not callee.has("INVITE")
    incoming.accept()
    hang_up(outgoing.established(), incoming)


@pytest.mark.parametrize(("method", "statuses"), [("JUGGLE", {501, 405}), ("PUBLISH", {405, 501}), ("MESSAGE", {405, 501})])
def test_unknown_methods_are_refused_with_those_that_are_known(phones, method, statuses):
    answer = phones.registered(A).ask(method)
    assert answer.status in statuses
    assert {"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER"} <= {name.strip() for name in answer["Allow"].split(",")}


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "OPTIONS"])
def test_what_a_request_requires_and_we_cannot_is_named(phones, method):
    phone = phones.registered(A)
    headers = {"Require": "100rel, teleport", "Contact": phone.contact, "From": f"<sip:{A}@{REALM}>;tag=t"}
    answer = phone.ask(method, f"sip:{REALM}" if method == "REGISTER" else f"sip:{B}@{REALM}", headers)
    assert (answer.status, answer["Unsupported"]) == (420, "teleport")


def test_a_request_within_a_call_that_does_not_exist_has_no_answer_but_481(phones):
    phone = phones.registered(A)
    for method in ("BYE", "INVITE", "UPDATE", "INFO", "REFER", "PRACK"):
        gone = {"To": f"<sip:{B}@{REALM}>;tag=gone", "Contact": phone.contact, "Refer-To": f"<sip:{C}@{REALM}>"}
        assert phone.ask(method, f"sip:{SERVER}", gone).status == 481, method


# Garbage

GARBAGE = [
    b"\x00" * 100,
    b"\xff\xfe" * 600,
    b"REGISTER",
    b"INVITE sip:1002@mfa.example SIP/2.0\r\n\r\n",
    b"SIP/2.0 200 OK\r\n\r\n",
    b"SIP/2.0 999999999999 \r\nVia: \r\n\r\n",
    b"INVITE sip:1002@mfa.example SIP/2.0\r\nVia: SIP/2.0/UDP \r\nFrom: <\r\nTo: >\r\nCSeq: -1 INVITE\r\nCall-ID:\r\n\r\n",
    b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK\r\nFrom: a\r\nTo: b\r\nCall-ID: c\r\nCSeq: 99999999999 OPTIONS\r\n\r\n",
    b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: <sip:a@a>\r\nTo: <sip:a@a>\r\nCall-ID: c\r\n"
    b"CSeq: 1 OPTIONS\r\nContent-Length: 99999999\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: mfa.example\r\n\r\n",
    b"\r\n" * 500,
    b"A: " + b"b" * 60_000,
]


def test_garbage_in_datagrams_harms_nobody(phones):
    stranger, caller, callee = phones.make(C), phones.registered(A), phones.registered(B)
    outgoing, incoming = connect(caller, callee)
    for garbage in GARBAGE:
        for phone in (stranger, caller):
            phone.send(garbage[:60_000])
    invite = str(outgoing.invite).replace("\n", "\r\n").encode()
    for end in range(0, len(invite), 7):
        stranger.send(invite[:end])

    hang_up(outgoing, incoming)
    hang_up(*connect(callee, caller))


def test_garbage_on_connections_harms_nobody_else(phones):
    caller, callee = phones.registered(A, carrier="tcp"), phones.registered(B)
    outgoing, incoming = connect(caller, callee)
    invite = repr(outgoing.invite).replace("\n", "\r\n").encode()
    torn = [invite[:end] for end in range(1, len(invite), 29)]
    for garbage in [*GARBAGE, *torn]:
        with socket.create_connection((SERVER, 5060), source_address=(caller.host, 0)) as stranger:
            stranger.sendall(garbage)

    hang_up(outgoing, incoming)
    hang_up(*connect(callee, caller))


def test_a_message_may_come_in_many_pieces_and_many_in_one(phones):
    phone = phones.registered(A, carrier="tcp")
    sent: list[str] = []
    send, phone.send = phone.send, sent.append
    requests = [phone.request("OPTIONS", f"sip:{REALM}", {}) for _ in range(6)]
    phone.send = send

    pieces = "".join(sent[:3])
    for at in range(0, len(pieces), 11):
        phone.send(pieces[at : at + 11])
    phone.send("\r\n\r\n".join(sent[3:]))
    assert [phone.answer_to(request).status for request in requests] == [200] * 6


# Trunks

TRUNK = 4
ABROAD = "00033140506070"


def trunk(phones, name: str, number: int, *options: str) -> RawPhone:
    """The far side of a line to the public network, at a phone's address. To be set up before the program runs."""
    assert not phones.house.program.is_running
    host = phone_address(number)
    phones.house.program.run(
        *("trunk", "add", name, "--host", host, "--caller-id", "+22921301234", "--rights", "international", *options)
    )
    operator = RawPhone(number, "operator")
    phones.keep(operator)
    return operator


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


# Those who want no good

FLOOD = 3_000
MEBIBYTE = 1024 * 1024


def guess(stranger: RawPhone) -> None:
    stranger.request("REGISTER", f"sip:{REALM}", {"Authorization": stranger.authorization(), "Contact": stranger.contact})


def ask_for_challenges(stranger: RawPhone) -> None:
    stranger.request("REGISTER", f"sip:{REALM}", {"Contact": stranger.contact})


def call_without_password(stranger: RawPhone) -> None:
    stranger.dial(C, {"Authorization": None})


@pytest.mark.parametrize(("flood", "most_answers"), [(guess, 100), (ask_for_challenges, FLOOD), (call_without_password, FLOOD)])
def test_a_flood_from_one_address_does_not_disturb_a_phone_at_another(phones, flood, most_answers):
    phone, stranger = phones.registered(A), phones.make(B, "wrong")
    stranger.challenge(stranger.register_once())
    before = phones.house.program.resident_memory
    answered = 0
    for count in range(FLOOD):
        flood(stranger)
        if count % 50 == 0:
            answered += phone.register_once(phone.authorization()).status == 200

    assert answered == FLOOD / 50
    assert 10 < sum(message.status == 401 for message in stranger.received) <= most_answers
    assert phones.house.program.resident_memory < before + 64 * MEBIBYTE
