"""Messages left for those who do not answer: by telephone, with the lamp, in the mailbox and in the browser."""

import itertools
import subprocess

import pytest

import prompts
from conftest import wait_until
from lamp import Lamp, Watched
from office import Office
from raw_phones import A, B
from tone import Heard

PIN = "4711"
HERTZ = 440


@pytest.fixture
def office(house, phones):
    house.start()
    office = Office(house.program)
    office.patch(f"/api/admin/extensions/{B}", {"voicemail_after": 5})
    office.put(f"/api/admin/extensions/{B}/mailbox-pin", {"pin": PIN})
    host = next(user["id"] for user in office.get("/api/users")["users"])
    office.patch(f"/api/users/{host}", {"extension": B})
    return office


def test_a_message_is_left_its_lamp_is_lit_and_it_is_heard_by_telephone_and_in_the_browser(house, phones, office, tmp_path):
    absent = phones.registered(B, number=5)
    lamp = Watched(Lamp(absent, "message-summary", B, accept="application/simple-message-summary"))
    lamp.tells("Messages-Waiting: no")
    caller = house.phone(A, HERTZ)

    caller.dial(B)
    rings = absent.incoming()
    rings.reply(180)
    caller.expect("CALL_ESTABLISHED", seconds=20)
    rings.reply(200, to=rings.expect("CANCEL"))
    rings.reply(487)
    greeting = prompts.spoken(tmp_path, "leave-message")
    wait_until(lambda: prompts.likeness(caller.heard()[-1], greeting) > 0.8, "nobody asked for a message", 30)
    # The message is what is said behind the signal.
    asked = caller.heard()[-1].seconds
    wait_until(lambda: caller.heard()[-1].seconds > asked + 5, "the call did not go on", 30)
    caller.command("sndcode", "#")
    caller.expect("CALL_CLOSED", seconds=20)
    lamp.tells("Messages-Waiting: yes", "Voice-Message: 1/0")

    # In the browser.
    message = office.get("/api/messages")["messages"][0]
    assert (message["from"], message["heard"]) == (A, False), message
    sound = decoded(office.read(f"/api/messages/{message['id']}/sound"), tmp_path)
    assert 1.5 < sound.seconds < 10
    middle = sound.seconds / 2
    assert sound.amplitude(HERTZ, middle - 0.4, middle + 0.4) > 1_000, "the caller's tone is in it"

    # By telephone: a wrong PIN opens nothing.
    listener = house.phone(B, 1_000, register=False)
    listener.dial("*97")
    listener.expect("CALL_ESTABLISHED")
    press(listener, "0000#")
    wrong = prompts.spoken(tmp_path, "mailbox-pin-wrong")
    wait_until(lambda: prompts.likeness(listener.heard()[-1], wrong) > 0.8, "the wrong PIN was not refused", 30)
    press(listener, PIN + "#")
    listener.wait_to_hear_lately(HERTZ, seconds=30)
    lamp.tells("Messages-Waiting: no", "Voice-Message: 0/1")
    press(listener, "3")
    lamp.tells("Messages-Waiting: no", "Voice-Message: 0/0")
    assert office.get("/api/messages")["messages"] == []
    listener.command("hangup")
    lamp.close()
    assert all(before != after for before, after in itertools.pairwise(lamp.bodies)), f"something was told twice: {lamp.bodies}"


def press(phone, keys: str) -> None:
    for key in keys:
        phone.command("sndcode", key)


def decoded(ogg: bytes, directory) -> Heard:
    """A sound in Ogg, decoded by a program that is not ours."""
    (directory / "message.ogg").write_bytes(ogg)
    command = ["opusdec", "--quiet", "--rate", "16000", directory / "message.ogg", directory / "message.wav"]
    subprocess.run(command, check=True, capture_output=True)
    return Heard(directory / "message.wav")
