"""The program as its operator meets it on the console: what it prints, and how it stops."""

import asyncio
import contextlib
import http.client
import re
import socket
import ssl
import time
import urllib.request

import pytest
from livekit import rtc

from conftest import Meeting, leave_all
from program import Program


@pytest.fixture
def fresh(tmp_path):
    """A program that was never started before."""
    program = Program(tmp_path)
    yield program
    if program.is_running:
        program.kill()


def test_both_addresses_and_a_link_that_is_good_once_are_printed(fresh):
    fresh.start()
    printed = greeting(fresh)
    here = re.search(r"On this machine: +(http://\S+)", printed)[1]
    elsewhere = re.search(r"From other machines: (https://\S+)", printed)[1]
    link = re.search(r"  (http://\S+/setup/\S+)", printed)[1]
    fingerprint = re.search(r"Certificate SHA-256: (\S+)", printed)[1]
    assert link.startswith(here)

    with urllib.request.urlopen(f"{here}/health", timeout=5) as answer:
        assert answer.status == 200
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    port = int(elsewhere.rsplit(":", 1)[1])
    secure = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=unverified)
    secure.request("GET", "/health")
    assert secure.getresponse().status == 200
    assert ssl.get_server_certificate(("127.0.0.1", port))
    assert len(fingerprint.replace(":", "")) == 64

    fresh.stop()
    fresh.start()
    again = re.findall(r"/setup/(\S+)", greeting(fresh, links=2))
    assert len(set(again)) == 2, "while there is no administrator each start makes another link"


async def test_a_stop_lets_nobody_in_and_tells_who_is_there_to_come_back(fresh):
    fresh.start()
    meeting = Meeting(fresh, fresh.url)
    ada = await meeting.join("ada")
    told = asyncio.get_running_loop().create_future()
    ada.on("reconnecting", lambda *_: told.done() or told.set_result(None))
    with waiting_request(fresh) as request:
        fresh.signal(15)
        await asyncio.wait_for(told, 5)
        with pytest.raises(rtc.ConnectError):
            await rtc.Room().connect(meeting.url, meeting.token("ben"))
        assert fresh.is_running, "a request that has begun is waited for"
        request.sendall(b"}")
        await ended(fresh, within=10)
    assert fresh.exit_code == 0
    await leave_all(meeting)


async def test_a_second_signal_ends_the_program_at_once(fresh):
    fresh.start()
    with waiting_request(fresh):
        fresh.signal(15)
        await asyncio.sleep(1)
        assert fresh.is_running, "it waits for a request that has begun"
        began = time.monotonic()
        fresh.signal(15)
        await ended(fresh, within=3)
        assert time.monotonic() - began < 3
    assert "ended at once, on request" in fresh.log.read_text()


@contextlib.contextmanager
def waiting_request(program):
    """A request of which the last byte of the body is missing."""
    body = b'{"email": "a@b", "password": "c"}'
    host = f"localhost:{program.http_port}"
    head = f"POST /api/sign-in HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", program.http_port)) as connection:
        connection.sendall(head.encode() + body[:-1])
        time.sleep(0.2)
        yield connection


def greeting(program, links: int = 1) -> str:
    """What it prints once it serves."""
    deadline = time.monotonic() + 10
    while (printed := program.log.read_text()).count("/setup/") < links:
        assert time.monotonic() < deadline, printed
        time.sleep(0.05)
    return printed


async def ended(program, within: float) -> None:
    deadline = time.monotonic() + within
    while program.is_running:
        assert time.monotonic() < deadline, "the program did not end"
        await asyncio.sleep(0.05)
