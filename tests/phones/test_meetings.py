"""Desk phones in meetings, beside participants that come with an unmodified SDK."""

import asyncio
from datetime import timedelta

import numpy as np
import pytest
import pytest_asyncio
from livekit import api, rtc

import prompts
from media import RATE, publish_tone
from network import phone_address
from office import Office
from raw_phones import A, B, C, TRUNK
from raw_sip import RawPhone

ACCESS = "8000"


@pytest.fixture
def office(house):
    for number in (A, B, C):
        house.extension(number, f"Office {number}")
    house.start()
    office = Office(house.program)
    office.put(f"/api/admin/conference/{ACCESS}")
    return office


class Meeting:
    """A meeting of the office, and people in it who came with an SDK."""

    def __init__(self, house, office, **more):
        self.program = house.program
        made = office.meeting("Bilatérale", **more)
        self.code, self.pin = made["code"], made["dial_in"]["pin"]
        self.rooms: list[rtc.Room] = []

    async def join(self, identity: str) -> rtc.Room:
        grants = api.VideoGrants(room_join=True, room=self.code)
        token = api.AccessToken(self.program.key, self.program.secret).with_identity(identity).with_grants(grants)
        room = rtc.Room()
        self.rooms.append(room)
        await room.connect(self.program.url, token.with_ttl(timedelta(minutes=5)).to_jwt())
        return room

    def server(self) -> api.LiveKitAPI:
        return api.LiveKitAPI(self.program.url, self.program.key, self.program.secret)

    async def leave(self) -> None:
        for room in self.rooms:
            await room.disconnect()


@pytest_asyncio.fixture
async def meeting(house, office):
    meeting = Meeting(house, office)
    yield meeting
    await meeting.leave()


async def test_a_phone_comes_in_by_pin_and_each_hears_the_other_and_not_itself(house, meeting):
    phone = house.phone(A, 440)
    ada = await meeting.join("ada")
    _, playing = await publish_tone(ada, 1_000)

    come_in(phone, meeting.pin)
    who, sound = await voice_of(ada, phone=True)
    await asyncio.to_thread(phone.wait_to_hear_lately, 1_000)

    assert who.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP
    assert who.name == f"Office {A}"
    assert who.attributes["sip.callStatus"] == "active"
    assert who.attributes["palabre.extension"] == A
    levels = await hear(sound, 440, 1_000)
    assert levels[440] > 0.1 and levels[1_000] < 0.01, levels
    assert phone.heard()[-1].last(1).amplitude(440) < 200, "nobody hears oneself"
    playing.cancel()

    gone = departure(ada)
    phone.command("hangup")
    assert await within(gone) == who.identity


async def test_phones_that_speak_differently_and_two_with_an_sdk_hear_each_other(house, meeting):
    # No more than three are heard at once: those who are not listened to just now are muted.
    phones = [
        house.phone(A, 440, codec="PCMA/8000/1"),
        house.phone(B, 620, codec="G722/16000/1"),
        house.phone(C, 880, codec="opus/48000/2"),
    ]
    rooms = [await meeting.join("ada"), await meeting.join("ben")]
    for phone in phones:
        come_in(phone, meeting.pin)
    for room in rooms:
        await until(lambda room=room: len(room.remote_participants) == 4, "not all have come")

    for speaker in phones:
        for other in phones:
            if other is not speaker:
                await mute(other, True)
        for listener in (phone for phone in phones if phone is not speaker):
            await asyncio.to_thread(listener.wait_to_hear_lately, speaker.hertz)
        for room in rooms:
            await until_heard(room, speaker.hertz)
        assert speaker.heard()[-1].last(0.5).amplitude(speaker.hertz) < 200, "nobody hears oneself"
        for other in phones:
            await mute(other, False)

    _, first = await publish_tone(rooms[0], 1_300)
    for phone in phones:
        await mute(phone, True)
    for phone in phones:
        await asyncio.to_thread(phone.wait_to_hear_lately, 1_300)
    first.cancel()
    _, second = await publish_tone(rooms[1], 1_700)
    for phone in phones:
        await asyncio.to_thread(phone.wait_to_hear_lately, 1_700)
    second.cancel()


async def test_who_dials_in_is_spoken_to_in_french(house, meeting, tmp_path):
    phone = house.phone(A, 440)
    phone.dial(ACCESS)
    phone.expect("CALL_ESTABLISHED")

    wanted = prompts.spoken(tmp_path, "pin-wanted")
    await until(lambda: prompts.likeness(phone.heard()[-1], wanted) > 0.8, "nobody asked for the PIN", seconds=20)
    for other in ("pin-wrong", "waiting-for-host"):
        assert prompts.likeness(phone.heard()[-1], prompts.spoken(tmp_path, other)) < 0.6

    press(phone, "00000000#")
    wrong = prompts.spoken(tmp_path, "pin-wrong")
    await until(lambda: prompts.likeness(phone.heard()[-1], wrong) > 0.8, "nobody said that the PIN is wrong", seconds=20)
    press(phone, meeting.pin + "#")
    inside = prompts.spoken(tmp_path, "you-are-in")
    await until(lambda: prompts.likeness(phone.heard()[-1], inside) > 0.8, "nobody said that one is in", seconds=20)


@pytest.mark.parametrize("sip_settings", ["[limits]\nwrong_pins_per_caller = 4"])
async def test_three_wrong_pins_end_the_call_and_guessing_is_stopped(house, meeting, tmp_path):
    phone = house.phone(A, 440)
    phone.dial(ACCESS)
    phone.expect("CALL_ESTABLISHED")
    press(phone, "11111111#22222222#33333333#")
    phone.expect("CALL_CLOSED", seconds=30)
    assert prompts.likeness(phone.heard()[-1], prompts.spoken(tmp_path, "pin-wrong-last")) > 0.8

    # The fifth guess of the hour is not looked at any more, and neither is the right PIN.
    phone.dial(ACCESS)
    phone.expect("CALL_ESTABLISHED", after=1)
    press(phone, "44444444#" + meeting.pin + "#")
    phone.expect("CALL_CLOSED", seconds=30, after=1)
    assert prompts.likeness(phone.heard()[-1], prompts.spoken(tmp_path, "try-later")) > 0.8


async def test_a_host_mutes_a_phone_and_the_phone_mutes_itself(house, meeting):
    phone = house.phone(A, 440)
    ada = await meeting.join("ada")
    come_in(phone, meeting.pin)
    who, _ = await voice_of(ada, phone=True)
    await until_heard(ada, 440)

    async with meeting.server() as server:
        track = next(iter(who.track_publications.values())).sid
        await server.room.mute_published_track(
            api.MuteRoomTrackRequest(room=meeting.code, identity=who.identity, track_sid=track, muted=True)
        )
    await until(lambda: muted(who), "the phone is not shown as muted")
    await until_not_heard(ada, 440)

    press(phone, "*6")
    await until(lambda: not muted(who), "the phone did not open its microphone again")
    await until_heard(ada, 440)
    press(phone, "*5")
    await until(lambda: who.attributes.get("palabre.hand"), "no hand was raised")
    press(phone, "*5")
    await until(lambda: not who.attributes.get("palabre.hand"), "the hand stayed up")


@pytest.mark.parametrize("decision", ["admit", "refuse"])
async def test_who_calls_from_outside_waits_until_the_host_has_decided(house, office, decision):
    trunk = office.post("/api/admin/trunks", {"name": "Orange", "host": phone_address(TRUNK)})["id"]
    office.put("/api/admin/numbers", {"trunk": trunk, "number": "+2290121308000", "target": ACCESS})
    meeting = Meeting(house, office, waiting_room=True)
    ada = await meeting.join("ada")
    operator = RawPhone(TRUNK, "+33140506070")
    try:
        call = operator.dial("+2290121308000").established()
        for key in meeting.pin + "#":
            body = f"Signal={key}\r\nDuration=160\r\n"
            assert call.ask("INFO", {"Content-Type": "application/dtmf-relay"}, body).status == 200
        knock = (await asyncio.to_thread(office.knocks, meeting.code))[0]
        assert knock["phone"] == "+33140506070"
        assert not ada.remote_participants

        office.post(f"/api/meetings/{meeting.code}/knocks/{knock['ticket']}/{decision}")
        if decision == "refuse":
            call.reply(200, to=await asyncio.to_thread(call.expect, "BYE"))
            assert not ada.remote_participants
        else:
            who = await until(lambda: next(iter(ada.remote_participants.values()), None), "the caller did not come in")
            assert who.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP
            gone = departure(ada)
            assert call.ask("BYE").status == 200
            await within(gone)
    finally:
        operator.close()
        await meeting.leave()


async def test_a_phone_of_the_house_does_not_wait_as_its_signed_in_user_would_not(house, office):
    meeting = Meeting(house, office, waiting_room=True)
    phone = house.phone(A, 440)
    try:
        # Nobody is there yet.
        come_in(phone, meeting.pin)
        ada = await meeting.join("ada")
        await until(lambda: len(ada.remote_participants) == 1, "the phone did not come in")
    finally:
        await meeting.leave()


@pytest.mark.parametrize("quiet", [False, True])
async def test_a_meeting_that_ends_says_goodbye_to_its_phones(house, meeting, office, tmp_path, quiet):
    phone = house.phone(A, 440)
    come_in(phone, meeting.pin)
    ada = await meeting.join("ada")
    await until(lambda: len(ada.remote_participants) == 1, "the phone did not come in")
    if quiet:
        inside = prompts.spoken(tmp_path, "you-are-in")
        await until(lambda: prompts.likeness(phone.heard()[-1], inside) > 0.8, "nobody said that one is in")

    office.post(f"/api/meetings/{meeting.code}/end")
    phone.expect("CALL_CLOSED", seconds=20)
    over = prompts.spoken(tmp_path, "meeting-over")
    assert prompts.likeness(phone.heard()[-1], over) > 0.8


def come_in(phone, pin: str) -> None:
    phone.dial(ACCESS)
    phone.expect("CALL_ESTABLISHED")
    press(phone, pin + "#")


def press(phone, keys: str) -> None:
    for key in keys:
        phone.command("sndcode", key)


async def mute(phone, wanted: bool) -> None:
    """Silences a phone at the phone, or lets it speak again."""
    if getattr(phone, "silenced", False) != wanted:
        phone.command("mute")
        phone.silenced = wanted


def muted(who: rtc.RemoteParticipant) -> bool:
    return all(publication.muted for publication in who.track_publications.values())


async def voice_of(room: rtc.Room, *, phone: bool):
    """The first participant of that sort whose voice arrives, and its track."""

    def found():
        for who in room.remote_participants.values():
            if (who.kind == rtc.ParticipantKind.PARTICIPANT_KIND_SIP) == phone:
                for publication in who.track_publications.values():
                    if publication.track is not None:
                        return who, publication.track
        return None

    return await until(found, "no voice has come", seconds=20)


async def hear(track, *tones: float, seconds: float = 1.0) -> dict[float, float]:
    """The amplitude of each tone in what comes from a track now, 1 being full scale."""
    stream = rtc.AudioStream(track, sample_rate=RATE, num_channels=1)
    pieces, size = [], 0
    try:
        async with asyncio.timeout(20):
            async for event in stream:
                piece = np.frombuffer(event.frame.data, dtype=np.int16).astype(float) / 32_768
                pieces.append(piece)
                size += len(piece)
                if size >= seconds * RATE:
                    break
    finally:
        await stream.aclose()
    sound = np.concatenate(pieces)
    turns = {hertz: np.exp(-2j * np.pi * hertz * np.arange(len(sound)) / RATE) for hertz in tones}
    return {hertz: 2 * abs(np.dot(sound, turn)) / len(sound) for hertz, turn in turns.items()}


async def loudest(room: rtc.Room, hertz: float) -> float:
    tracks = [p.track for who in room.remote_participants.values() for p in who.track_publications.values() if p.track]
    return max([(await hear(track, hertz, seconds=0.3))[hertz] for track in tracks], default=0.0)


async def until_heard(room: rtc.Room, hertz: float) -> None:
    async with asyncio.timeout(20):
        while await loudest(room, hertz) < 0.1:
            pass


async def until_not_heard(room: rtc.Room, hertz: float) -> None:
    async with asyncio.timeout(20):
        while await loudest(room, hertz) > 0.003:
            pass


def departure(room: rtc.Room) -> asyncio.Future:
    gone = asyncio.get_running_loop().create_future()
    room.on("participant_disconnected", lambda who: gone.done() or gone.set_result(who.identity))
    return gone


async def within(future, seconds: float = 20):
    return await asyncio.wait_for(asyncio.shield(future), seconds)


async def until(condition, failure: str, seconds: float = 15):
    try:
        async with asyncio.timeout(seconds):
            while not (found := condition()):
                await asyncio.sleep(0.1)
            return found
    except TimeoutError:
        raise AssertionError(failure) from None
