"""What carries SIP: long requests, WebSocket under TLS, another certificate (RFC 3261 §18.1.1, RFC 7118)."""

import hashlib
import shutil
import signal
import socket
import ssl
import subprocess

from conftest import wait_until
from network import SERVER
from raw_phones import A, B, REALM, connect, hang_up
from raw_sip import PORT, WSS_PORT, Message, fresh, whole_message


def test_a_browser_registers_and_calls_over_websocket_under_tls(phones):
    browser, desk = phones.registered(A, carrier="wss"), phones.registered(B)
    outgoing, incoming = connect(browser, desk)
    assert f"sip:{B}@{SERVER}" in outgoing.target and "transport=ws" in outgoing.target
    hang_up(outgoing, incoming)

    call = desk.dial(A)
    rung = browser.incoming()
    assert rung.invite["Via"].startswith("SIP/2.0/WSS ")
    rung.reply(486)
    rung.expect("ACK")
    assert call.refused().status == 486


def test_a_long_request_goes_over_tcp_to_a_phone_that_listens_there(phones):
    caller, callee = far_behind_a_long_address(phones)
    with socket.create_server((callee.host, PORT)) as listener:
        listener.settimeout(8)
        outgoing = caller.dial(B)
        connection, _ = listener.accept()
        with connection:
            invite = read_request(connection)
            assert invite.method == "INVITE" and invite["Via"].startswith("SIP/2.0/TCP ")
            assert len(repr(invite)) > 1_300
            connection.sendall(answer(invite, 486).encode())
            assert outgoing.refused().status == 486
            assert read_request(connection).method == "ACK"
    assert not callee.has("INVITE")


def test_a_long_request_goes_in_a_datagram_where_nobody_takes_connections(phones):
    caller, callee = far_behind_a_long_address(phones)
    outgoing = caller.dial(B)
    incoming = callee.incoming()
    assert incoming.invite["Via"].startswith("SIP/2.0/UDP ")
    incoming.accept()
    outgoing.established()
    incoming.expect("ACK")
    hang_up(outgoing, incoming)


def test_another_certificate_is_shown_without_a_restart_and_a_bad_one_is_not(phones, tmp_path, certificate):
    house = phones.house
    # A copy: the others of the session go on with the first.
    own = tmp_path / "certificate"
    shutil.copytree(certificate, own)
    house.program.use_certificate(own)
    house.start()
    https = house.program.https_port
    first = fingerprints(https)
    assert len(set(first)) == 1
    old = ssl_connect(5061)

    def renew(name: str) -> None:
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}"),
                *("-addext", f"subjectAltName=DNS:{REALM},IP:{SERVER}", "-keyout", own / "new.key", "-out", own / "new.pem"),
            ],
            check=True,
            capture_output=True,
        )
        for part in ("key", "pem"):
            (own / f"new.{part}").rename(own / f"server.{part}")

    renew("second")
    wait_until(lambda: not set(fingerprints(https)) & set(first), "the new certificate is not shown everywhere")
    second = fingerprints(https)
    assert len(set(second)) == 1
    assert options_over(old) == 200, "the old connection lives"

    (own / "server.pem").write_text("no certificate")
    house.program.signal(signal.SIGHUP)
    wait_until(lambda: "the new certificate is not shown" in house.program.log.read_text(), "the bad certificate is not told")
    assert fingerprints(https) == second
    assert options_over(old) == 200
    old.close()


def far_behind_a_long_address(phones):
    """A caller, and a callee whose address makes every request to it too long for a datagram."""
    caller, callee = phones.registered(A), phones.make(B)
    callee.contact_parameters = f";x-place={'bureau' * 120}"
    return caller, callee.register()


def read_request(connection: socket.socket) -> Message:
    buffer = b""
    connection.settimeout(8)
    while (end := whole_message(buffer)) is None:
        buffer += connection.recv(65_536)
    return Message(buffer[:end].decode())


def answer(request: Message, status: int) -> str:
    lines = [f"SIP/2.0 {status} Said by the test", *(f"{name}: {request[name]}" for name in ("Via", "From", "Call-ID", "CSeq"))]
    return "\r\n".join([*lines, f"To: {request['To']};tag=tcp", "Content-Length: 0", "", ""])


def ssl_connect(port: int, host: str = SERVER) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection((host, port), 8))


def fingerprints(https: int) -> list[str]:
    """What SIP over TLS, SIP over WebSocket and HTTPS show in a new handshake."""
    shown = []
    for host, port in ((SERVER, 5061), (SERVER, WSS_PORT), ("127.0.0.1", https)):
        with ssl_connect(port, host) as connection:
            shown.append(hashlib.sha256(connection.getpeercert(binary_form=True)).hexdigest())
    return shown


def options_over(connection: ssl.SSLSocket) -> int:
    host, port = connection.getsockname()
    lines = [
        f"OPTIONS sip:{REALM} SIP/2.0",
        f"Via: SIP/2.0/TLS {host}:{port};branch={fresh('z9hG4bK')}",
        *("From: <sip:probe@mfa.example>;tag=probe", f"To: <sip:{REALM}>", f"Call-ID: {fresh('probe')}"),
        *("CSeq: 1 OPTIONS", "Max-Forwards: 70", "Content-Length: 0", "", ""),
    ]
    connection.sendall("\r\n".join(lines).encode())
    return read_request(connection).status

