"""Desk phones register with the program and call each other; each hears the other's tone."""

import pytest

A, B = 440, 1_000


def both_hear(caller, callee):
    callee.wait_to_hear(caller.hertz)
    caller.wait_to_hear(callee.hertz)
    assert all(recording.amplitude(caller.hertz) < 200 for recording in caller.heard()), "a phone hears itself"


@pytest.mark.parametrize(
    ("carrier", "codec", "more"),
    [
        ("udp", "PCMA/8000/1", {}),
        ("tcp", "PCMU/8000/1", {}),
        ("tls", "PCMA/8000/1", {"mediaenc": "srtp-mand"}),
        ("tls", "G722/16000/1", {"mediaenc": "srtp-mand"}),
        ("udp", "opus/48000/2", {}),
    ],
)
def test_two_phones_of_a_kind_hear_each_other(house, carrier, codec, more):
    one, two = house.extension("1001", "Secrétariat"), house.extension("1002", "Chancellerie")
    callee = house.phone(two, B, carrier=carrier, codec=codec, **more)
    caller = house.phone(one, A, carrier=carrier, codec=codec, **more)

    caller.dial(two)
    caller.expect("CALL_ESTABLISHED")
    callee.expect("CALL_ESTABLISHED")
    both_hear(caller, callee)

    caller.command("hangup")
    callee.expect("CALL_CLOSED")


def test_phones_of_different_kinds_hear_each_other(house):
    one, two = house.extension("1001", "Secrétariat"), house.extension("1002", "Chancellerie")
    callee = house.phone(two, B, carrier="tls", codec="G722/16000/1", mediaenc="srtp-mand")
    caller = house.phone(one, A, carrier="udp", codec="PCMA/8000/1")

    caller.dial(two)
    both_hear(caller, callee)

    callee.command("hangup")
    caller.expect("CALL_CLOSED")


def test_a_wrong_password_registers_nobody(house):
    one = house.extension("1001", "Secrétariat")
    phone = house.phone(one, A, password="wrong")
    phone.expect("REGISTER_FAIL")
    assert "200 OK" not in phone.log


def test_keys_hold_and_resume(house):
    one, two = house.extension("1001", "Secrétariat"), house.extension("1002", "Chancellerie")
    callee, caller = house.phone(two, B), house.phone(one, A)
    caller.dial(two)
    both_hear(caller, callee)

    for key in "12#":
        caller.command("sndcode", key)
        callee.expect("CALL_DTMF_START", parameter=key)

    caller.command("hold")
    callee.wait_to_hear_music = None
    caller.command("resume")
    both_hear(caller, callee)
