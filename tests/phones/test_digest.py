"""Whose word the program takes: challenges and their answers on the wire (RFC 3261 §22, RFC 7616)."""

import pytest

from conftest import wait_until
from raw_phones import A, B, C, REALM, connect, hang_up
from raw_sip import Digest, parameter


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


@pytest.mark.parametrize("sip_settings", ['nonce_lifetime = "1s"'])
def test_a_nonce_expires(phones):
    phone = phones.registered(A)
    answers = []

    def is_expired() -> bool:
        answers.append(phone.register_once(phone.authorization()))
        return answers[-1].status == 401

    wait_until(is_expired, "the nonce was good for ever")
    assert parameter(answers[-1]["WWW-Authenticate"], "stale").lower() == "true", "nobody is to be asked for the password"
    phone.challenge(answers[-1])
    assert phone.register_once(phone.authorization()).status == 200


def test_a_nonce_of_the_run_before_is_stale(phones):
    phone = phones.registered(A)
    phones.house.program.stop()
    phones.house.program.start()

    answer = phone.register_once(phone.authorization())
    assert answer.status == 401
    assert parameter(answer["WWW-Authenticate"], "stale").lower() == "true"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_an_account_is_asked_for_its_own_algorithm_and_for_no_other(phones, algorithm):
    phones.house.extension("1004", "Guard", "--digest", algorithm.lower())
    phone, other = phones.make("1004"), phones.registered(A)
    asked = phone.register_once()
    assert [parameter(value, "algorithm") for value in asked.all("WWW-Authenticate")] == [algorithm]
    phone.challenge(asked)
    phone.digest.algorithm = "MD5" if algorithm == "SHA-256" else "SHA-256"
    refused = phone.register_once(phone.authorization())
    assert refused.status == 401, "the other algorithm is not taken, though the password is right"
    assert [parameter(value, "algorithm") for value in refused.all("WWW-Authenticate")] == [algorithm]

    phone.challenge(refused)
    assert phone.register_once(phone.authorization()).status == 200
    hang_up(*connect(phone, other))
    hang_up(*connect(other, phone))


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
