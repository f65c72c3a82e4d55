"""An unmodified Python SDK joins, publishes, subscribes, decodes and exchanges data, over one and over two peer connections."""

import asyncio

import pytest
from livekit import api, rtc

from media import hear, publish_picture, publish_tone, see, subscribed_track


async def test_participants_see_each_other_come_and_go(meeting):
    ada = await meeting.join("ada")
    gone = first(ada, "participant_disconnected")
    come = first(ada, "participant_connected")

    ben = await meeting.join("ben")

    assert (await within(come)).identity == "ben"
    assert [p.identity for p in ben.remote_participants.values()] == ["ada"]
    assert ben.remote_participants["ada"].name == "Ada"

    await ben.disconnect()
    assert (await within(gone)).identity == "ben"


async def test_a_tone_is_heard_at_its_own_frequency(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    _, playing = await publish_tone(ada, 440)

    track = await subscribed_track(ben, rtc.TrackKind.KIND_AUDIO)
    hertz, level = await hear(track)
    playing.cancel()

    assert abs(hertz - 440) < 3
    assert 0.2 < level < 0.5, "a sine of amplitude 0.5 has an RMS of 0.35"


async def test_a_tone_from_before_the_listener_came_is_heard(meeting):
    ada = await meeting.join("ada")
    _, playing = await publish_tone(ada, 700)

    ben = await meeting.join("ben")
    hertz, _ = await hear(await subscribed_track(ben, rtc.TrackKind.KIND_AUDIO))
    playing.cancel()

    assert abs(hertz - 700) < 3


async def test_a_picture_arrives_in_full_size_and_colour(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    _, filming = await publish_picture(ada, 640, 360)

    track = await subscribed_track(ben, rtc.TrackKind.KIND_VIDEO)
    picture = await see(track, frames=10, until=lambda frame: (frame.width, frame.height) == (640, 360))
    filming.cancel()

    red, green, blue = picture[10:100, 10:200].reshape(-1, 3).mean(axis=0)
    assert red > 150 and green < 90 and blue < 90


async def test_both_send_sound_and_picture_at_once(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    tasks = []
    for room, hertz in ((ada, 440), (ben, 880)):
        tasks.append((await publish_tone(room, hertz))[1])
        tasks.append((await publish_picture(room, 320, 180))[1])

    for room, expected in ((ada, 880), (ben, 440)):
        hertz, _ = await hear(await subscribed_track(room, rtc.TrackKind.KIND_AUDIO))
        assert abs(hertz - expected) < 3
        await see(await subscribed_track(room, rtc.TrackKind.KIND_VIDEO), frames=5)
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize("reliable", [True, False], ids=["reliable", "lossy"])
async def test_data_arrives_with_its_topic_and_sender(meeting, reliable):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    received = first(ben, "data_received")

    # The first lossy message may fall between the channel's opening and its being used: send until one arrives.
    while not received.done():
        await ada.local_participant.publish_data(b"bonjour", reliable=reliable, topic="greeting")
        await asyncio.wait([received], timeout=0.5)

    packet = received.result()
    assert packet.data == b"bonjour"
    assert packet.topic == "greeting"
    assert packet.participant.identity == "ada"


async def test_reliable_data_keeps_order_and_loses_nothing(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    numbers = []
    complete = asyncio.get_running_loop().create_future()

    def on_data(packet):
        numbers.append(int(packet.data))
        if len(numbers) == 200 and not complete.done():
            complete.set_result(None)

    ben.on("data_received", on_data)
    for number in range(200):
        await ada.local_participant.publish_data(str(number).encode(), reliable=True)

    await within(complete)
    assert numbers == list(range(200))


async def test_data_for_one_reaches_only_that_one(meeting):
    ada, ben, cyr = [await meeting.join(name) for name in ("ada", "ben", "cyr")]
    to_cyr = first(cyr, "data_received")
    to_ben = first(ben, "data_received")

    await ada.local_participant.publish_data(b"secret", destination_identities=["cyr"])
    await within(to_cyr)
    await ada.local_participant.publish_data(b"public")

    assert to_cyr.result().data == b"secret"
    assert (await within(to_ben)).data == b"public"


async def test_chat_travels_as_a_text_stream(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    received = asyncio.get_running_loop().create_future()

    def on_stream(reader, identity):
        async def read():
            received.set_result((identity, await reader.read_all()))

        asyncio.ensure_future(read())

    ben.register_text_stream_handler("lk.chat", on_stream)
    await ada.local_participant.send_text("Bonjour à tous", topic="lk.chat")

    assert await within(received) == ("ada", "Bonjour à tous")


async def test_attributes_reach_the_others(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    changed = first(ben, "participant_attributes_changed")

    await ada.local_participant.set_attributes({"palabre.hand": "2026-01-01T10:00:00Z"})

    await within(changed)
    assert ben.remote_participants["ada"].attributes["palabre.hand"] == "2026-01-01T10:00:00Z"


async def test_mute_is_seen_by_the_others(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    publication, playing = await publish_tone(ada, 440)
    track = await subscribed_track(ben, rtc.TrackKind.KIND_AUDIO)
    muted = first(ben, "track_muted")
    unmuted = first(ben, "track_unmuted")

    publication.track.mute()
    await within(muted)
    publication.track.unmute()
    await within(unmuted)
    playing.cancel()

    assert track.sid == publication.sid


async def test_who_may_not_publish_is_refused(meeting):
    await meeting.join("ada")
    ben = await meeting.join("ben", can_publish=False)

    with pytest.raises(Exception):
        await asyncio.wait_for(publish_tone(ben, 440), 15)


async def test_the_server_api_lists_mutes_and_removes(meeting):
    ada = await meeting.join("ada")
    ben = await meeting.join("ben")
    publication, playing = await publish_tone(ada, 440)
    await subscribed_track(ben, rtc.TrackKind.KIND_AUDIO)
    disconnected = first(ada, "disconnected")
    muted = first(ben, "track_muted")

    async with api.LiveKitAPI(meeting.program.url, meeting.program.key, meeting.program.secret) as server:
        listed = await server.room.list_participants(api.ListParticipantsRequest(room=meeting.name))
        assert sorted(p.identity for p in listed.participants) == ["ada", "ben"]

        await server.room.mute_published_track(
            api.MuteRoomTrackRequest(room=meeting.name, identity="ada", track_sid=publication.sid, muted=True)
        )
        await within(muted)

        await server.room.remove_participant(api.RoomParticipantIdentity(room=meeting.name, identity="ada"))
    await within(disconnected)
    playing.cancel()


async def test_a_procedure_is_called_over_the_server_api(meeting):
    ada = await meeting.join("ada")

    @ada.local_participant.register_rpc_method("greet")
    async def greet(call: rtc.RpcInvocationData):
        if call.payload == "nobody":
            raise rtc.RpcError(1_600, "whom?", "a name is missing")
        return f"Good day, {call.payload}"

    async with api.LiveKitAPI(meeting.program.url, meeting.program.key, meeting.program.secret) as server:
        answer = await perform_rpc(server, meeting.name, "ada", "greet", "Ben")
        assert answer == {"payload": "Good day, Ben"}

        refused = await perform_rpc(server, meeting.name, "ada", "greet", "nobody")
        assert (refused["code"], refused["msg"]) == ("aborted", "whom?")
        assert refused["meta"] == {"rpc_code": "1600", "rpc_data": "a name is missing"}

        unknown = await perform_rpc(server, meeting.name, "ada", "dance", "")
        assert unknown["meta"]["rpc_code"] == "1400"

        nobody = await perform_rpc(server, meeting.name, "eve", "greet", "")
        assert nobody["code"] == "not_found"


async def perform_rpc(server, room, identity, method, payload):
    """This version of the SDK has no name for the call yet."""
    grants = api.VideoGrants(room_admin=True, room=room)
    token = api.AccessToken(server.room.api_key, server.room.api_secret).with_grants(grants).to_jwt()
    body = {"room": room, "destination_identity": identity, "method": method, "payload": payload}
    async with server.room._client._session.post(
        f"{server.room._client.host}/twirp/livekit.RoomService/PerformRpc",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
    ) as response:
        return await response.json()


async def test_a_token_of_another_key_is_refused(meeting):
    stranger = api.AccessToken("testkey", "f" * 48).with_identity("eve")
    token = stranger.with_grants(api.VideoGrants(room_join=True, room=meeting.name)).to_jwt()
    # One good join first, so that the two-connection proxy has something to refuse either way.
    await meeting.join("ada")

    with pytest.raises(rtc.ConnectError):
        await rtc.Room().connect(meeting.url, token)


def first(room, event):
    """A future with the first argument of the next such event."""
    future = asyncio.get_running_loop().create_future()

    def on_event(*arguments):
        if not future.done():
            future.set_result(arguments[0] if arguments else None)

    room.on(event, on_event)
    return future


async def within(future, seconds=20):
    return await asyncio.wait_for(asyncio.shield(future), seconds)
