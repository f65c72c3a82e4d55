"""The server API takes participants to other rooms, and shows them there; the SDK is unmodified and follows."""

import asyncio

import pytest
from livekit import api, rtc

from conftest import Meeting, leave_all
from media import hear, publish_picture, publish_tone, see, subscribed_track


@pytest.fixture
async def elsewhere(program):
    meeting = Meeting(program, program.url)
    yield meeting
    await leave_all(meeting)


@pytest.fixture
async def server(program):
    async with api.LiveKitAPI(program.url, program.key, program.secret) as server:
        yield server


async def test_a_participant_that_is_moved_goes_on_speaking_in_the_other_room(meeting, elsewhere, server):
    ada = await meeting.join("ada")
    ben = await elsewhere.join("ben")
    _, playing = await publish_tone(ada, 440)

    await server.room.move_participant(
        api.MoveParticipantRequest(room=meeting.name, identity="ada", destination_room=elsewhere.name)
    )
    track = await subscribed_track(ben, rtc.TrackKind.KIND_AUDIO)
    hertz, _ = await hear(track)
    playing.cancel()

    assert abs(hertz - 440) < 3
    assert await identities(server, meeting) == []
    assert await identities(server, elsewhere) == ["ada", "ben"]


async def test_a_participant_that_is_forwarded_is_heard_and_seen_in_both_rooms(meeting, elsewhere, server):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    eve = await elsewhere.join("eve")
    _, playing = await publish_tone(ada, 440)
    _, filming = await publish_picture(ada, 640, 360)
    await subscribed_track(ben, rtc.TrackKind.KIND_AUDIO)

    await server.room.forward_participant(
        api.ForwardParticipantRequest(room=meeting.name, identity="ada", destination_room=elsewhere.name)
    )
    sound = await subscribed_track(eve, rtc.TrackKind.KIND_AUDIO)
    picture = await subscribed_track(eve, rtc.TrackKind.KIND_VIDEO)
    there, _ = await hear(sound)
    red, green, blue = (await see(picture))[10:100, 10:200].reshape(-1, 3).mean(axis=0)
    here, _ = await hear(await subscribed_track(ben, rtc.TrackKind.KIND_AUDIO))

    assert abs(there - 440) < 3 and abs(here - 440) < 3
    assert red > 150 and green < 90 and blue < 90
    assert eve.remote_participants["ada"].name == "Ada"
    assert list(ben.remote_participants) == ["ada"], "nobody here sees who listens for the other room"

    gone = asyncio.get_running_loop().create_future()
    eve.on("participant_disconnected", lambda who: gone.set_result(who.identity))
    playing.cancel()
    filming.cancel()
    await ada.disconnect()
    assert await asyncio.wait_for(gone, 20) == "ada"


async def identities(server, meeting):
    listed = await server.room.list_participants(api.ListParticipantsRequest(room=meeting.name))
    return sorted(participant.identity for participant in listed.participants)
