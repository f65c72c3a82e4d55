"""What breaks other servers, over both carriers: the torture messages of RFC 4475, and whoever asks for everything."""

import socket
from pathlib import Path

import pytest

from network import SERVER
from raw_phones import A, B, C, REALM, connect, hang_up
from raw_sip import PATIENCE, Message, fresh, whole_message
from test_digest import shape

MESSAGES = Path(__file__).parents[2] / "sip-gateway/proto/tests/rfc4475"
MEBIBYTE = 1024 * 1024
# What a server must answer to those that it can answer, by the sections of the RFC.
REFUSED = {
    **dict.fromkeys(("badinv01", "ncl", "scalar02", "quotbal", "ltgtruri", "lwsruri", "lwsstart", "trws", "escruri"), 400),
    **dict.fromkeys(("regbadct", "badaspec", "baddn", "mismatch01", "mismatch02", "insuf", "multi01", "mcl01"), 400),
    **{"badvers": 505, "unkscm": 416, "novelsc": 416, "unksm2": 404, "bext01": 420, "invut": 415, "zeromf": 483, "sdp01": 406},
    **{"intmeth": 501, "esc02": 501, "regaut01": 401},
}
# A length that is more than what there is: over a stream the rest may still come.
SHORT = {"clerr": 400}


def test_all_messages_are_there():
    names = {path.stem for path in MESSAGES.glob("*.dat")}
    assert len(names) == 49 and (REFUSED | SHORT).keys() <= names


@pytest.mark.parametrize("carrier", ["udp", "tcp"])
def test_torture_is_answered_as_the_rfc_wants_and_harms_nobody(phones, carrier):
    caller, callee, stranger = phones.registered(A), phones.registered(B), phones.make(C)
    outgoing, incoming = connect(caller, callee)
    before = phones.house.program.resident_memory
    wrong = {}
    for path in sorted(MESSAGES.glob("*.dat")):
        wanted = (REFUSED | (SHORT if carrier == "udp" else {})).get(path.stem)
        status = answered_in_a_datagram(stranger, path) if carrier == "udp" else answered_over_a_stream(stranger.host, path, wanted)
        if wanted and status != wanted:
            wrong[path.stem] = status
    assert not wrong
    assert not callee.has("INVITE"), "no phone rings for it"
    assert phones.house.program.resident_memory < before + 32 * MEBIBYTE
    hang_up(outgoing, incoming)
    hang_up(*connect(callee, caller))


def answered_in_a_datagram(stranger, path: Path) -> int | None:
    """What one is answered before the next thing that one asks is."""
    stranger.received.clear()
    stranger.send(path.read_bytes())
    stranger.catch_up()
    return next((message.status for message in stranger.received if message.status), None)


def answered_over_a_stream(host: str, path: Path, wanted: int | None) -> int | None:
    """The same over a connection of its own, which is closed after what nobody can find the end of."""
    buffer = b""
    with socket.create_connection((SERVER, 5060), source_address=(host, 0)) as stream:
        stream.settimeout(PATIENCE if wanted else 0.1)
        try:
            stream.sendall(path.read_bytes())
            while (end := whole_message(buffer)) is None:
                if not (data := stream.recv(65_536)):
                    return None
                buffer += data
        except (TimeoutError, ConnectionError):
            return None
    return Message(buffer[:end].decode(errors="replace")).status


@pytest.mark.parametrize("method", ["REGISTER", "INVITE", "SUBSCRIBE"])
def test_a_scanner_learns_no_number_and_leaves_nothing_behind(phones, method):
    callee, scanner = phones.registered(A), phones.make("100", "")
    before = phones.house.program.resident_memory
    answers = []
    for number in [*range(900, 1_100), *range(200)]:
        user = f"{number}" if number >= 900 else fresh("admin")
        aor = f"<sip:{user}@{REALM}>"
        uri = f"sip:{REALM}" if method == "REGISTER" else f"sip:{user}@{REALM}"
        said = {"From": f"{aor};tag={fresh('tag')}", "To": aor, "User-Agent": "friendly-scanner", "Contact": scanner.contact}
        if method == "SUBSCRIBE":
            said["Event"] = "message-summary"
        answers.append(scanner.answer_to(scanner.request(method, uri, said, scanner.sdp() if method == "INVITE" else "")))

    assert {str(shape(answer)) for answer in answers} == {str(shape(answers[0]))}, "1001 is answered like those that are none"
    assert answers[0].status == 401
    callee.catch_up()
    assert not callee.has("INVITE")
    assert phones.house.program.resident_memory < before + 16 * MEBIBYTE
    hang_up(*connect(callee, phones.registered(B)))
