"""Desk phones and browsers in one meeting: who hears whom, by tones."""

import time

import pytest

from browser import Browser
from office import Office
from raw_phones import A, B, C

ACCESS = "8000"
PHONES = {A: ("PCMA/8000/1", 440), B: ("G722/16000/1", 620), C: ("opus/48000/2", 880)}
BROWSERS = {"Ada": 1_300, "Ben": 1_750}
TONES = [hertz for _, hertz in PHONES.values()] + list(BROWSERS.values())


@pytest.fixture
def meeting(house):
    for number in PHONES:
        house.extension(number, f"Office {number}")
    house.start()
    office = Office(house.program)
    office.put(f"/api/admin/conference/{ACCESS}")
    return office.meeting("Bilatérale")


def test_three_phones_and_two_browsers_hear_each_other_and_not_themselves(house, meeting, tmp_path):
    browsers = [
        Browser(tmp_path / name, house.program.url, meeting["code"], name, hertz, TONES) for name, hertz in BROWSERS.items()
    ]
    try:
        phones = [house.phone(number, hertz, codec=codec) for number, (codec, hertz) in PHONES.items()]
        for phone in phones:
            phone.dial(ACCESS)
            phone.expect("CALL_ESTABLISHED")
            for key in meeting["dial_in"]["pin"] + "#":
                phone.command("sndcode", key)

        # Three at most are heard by phones at once, so that in the first round both browsers and one phone speak.
        for phone in phones[1:]:
            phone.command("mute")
        speaking = {phones[0].hertz, *BROWSERS.values()}
        for browser in browsers:
            until(lambda browser=browser: browser.hears() == speaking - {browser.hertz}, lambda browser=browser: browser.last())
        for phone in phones:
            for hertz in speaking - {phone.hertz}:
                phone.wait_to_hear_lately(hertz)
            assert phone.heard()[-1].last(0.5).amplitude(phone.hertz) < 200, "nobody hears oneself"
        assert all(f"Office {number}" in str(browsers[0].last()["tiles"]) for number in PHONES)

        # Then the two other phones, beside the browsers; who leaves is heard no more.
        phones[0].command("hangup")
        phones[1].command("mute")
        speaking = {phones[1].hertz, *BROWSERS.values()}
        for browser in browsers:
            until(lambda browser=browser: browser.hears() == speaking - {browser.hertz}, lambda browser=browser: browser.last())
        browsers[1].leave()
        phones[2].command("mute")
        until(lambda: browsers[0].hears() == {phones[1].hertz, phones[2].hertz}, browsers[0].last)
        phones[1].wait_to_hear_lately(phones[2].hertz)
        phones[2].wait_to_hear_lately(phones[1].hertz)
        browsers[0].leave()
    finally:
        for browser in browsers:
            browser.stop()


def until(condition, state, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, state()
        time.sleep(0.2)
