"""Fixtures: one program for the whole run; each test meets in a room of its own, over one peer connection and over two."""

import uuid
from datetime import timedelta

import pytest
import pytest_asyncio
from livekit import api, rtc

from dual_peer_connection_proxy import DualPeerConnectionProxy
from program import Program


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    program = Program(tmp_path_factory.mktemp("palabre"))
    program.start()
    yield program
    program.stop()


class Meeting:
    """A room name, and ways into it."""

    def __init__(self, program, url):
        self.name = f"room-{uuid.uuid4().hex[:8]}"
        self.program = program
        self.url = url
        self.rooms = []

    def token(self, identity, **grants):
        wishes = api.VideoGrants(room_join=True, room=self.name, can_update_own_metadata=True, **grants)
        return (
            api.AccessToken(self.program.key, self.program.secret)
            .with_identity(identity)
            .with_name(identity.title())
            .with_ttl(timedelta(minutes=5))
            .with_grants(wishes)
            .to_jwt()
        )

    async def join(self, identity, **grants):
        room = rtc.Room()
        self.rooms.append(room)
        await room.connect(self.url, self.token(identity, **grants))
        return room


@pytest_asyncio.fixture(params=["one peer connection", "two peer connections"])
async def meeting(request, program):
    if request.param == "one peer connection":
        meeting = Meeting(program, program.url)
        yield meeting
        await leave_all(meeting)
    else:
        async with DualPeerConnectionProxy(program.http_port) as proxy:
            meeting = Meeting(program, proxy.url)
            yield meeting
            await leave_all(meeting)
            assert proxy.refused > 0, "the SDK was meant to try one peer connection first"


async def leave_all(meeting):
    for room in meeting.rooms:
        await room.disconnect()
