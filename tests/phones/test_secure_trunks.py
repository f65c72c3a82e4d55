"""Lines to a provider under TLS: whom the server believes, and how the sound is protected there (RFC 5922, RFC 4568)."""

import base64
import re
import secrets
import socket
import ssl
import subprocess

import pytest

from network import phone_address
from raw_phones import ABROAD, A, TRUNK, hang_up
from raw_sip import RawPhone

HOST = phone_address(TRUNK)
SUITE = "AES_CM_128_HMAC_SHA1_80"


@pytest.fixture
def provider(phones, certificate, tmp_path):
    """Opens the far side, with a certificate for that address which an authority of the tests has signed."""
    listeners = []

    def listens(address: str) -> ssl.SSLSocket:
        request = ("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "csr.pem")
        openssl(*request, "-subj", "/CN=provider")
        (tmp_path / "names").write_text(f"subjectAltName=IP:{address}")
        authority = ("-CA", certificate / "ca.pem", "-CAkey", certificate / "ca.key", "-set_serial", "77")
        openssl("x509", "-req", "-in", tmp_path / "csr.pem", *authority, "-days", "30", "-extfile", tmp_path / "names", "-out", tmp_path / "cert.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
        listener = socket.create_server((HOST, 5061))
        listener.settimeout(20)
        listeners.append(context.wrap_socket(listener, server_side=True))
        return listeners[-1]

    phones.house.program.run("trunk", "add", "Orange", "--host", HOST, "--transport", "tls", "--srtp", "--rights", "international")
    phones.house.program.run("trunk", "route", "add", "any", "Orange")
    yield listens
    for listener in listeners:
        listener.close()


def openssl(*arguments) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def test_a_trunk_under_tls_carries_calls_whose_sound_is_encrypted(phones, provider, certificate):
    listener = provider(HOST)
    phones.house.program.trust(certificate / "ca.pem")
    phones.house.start()
    stream, _ = listener.accept()
    operator = RawPhone(TRUNK, "operator", carrier="tls", stream=stream)
    phones.keep(operator)
    caller = phones.registered(A)
    outgoing = caller.dial(ABROAD)
    incoming = operator.incoming()

    invite = incoming.invite
    assert invite["Via"].startswith("SIP/2.0/TLS ") and "+33140506070@" in invite.uri
    assert " RTP/SAVP " in invite.body and " RTP/AVP " not in invite.body
    tag = re.search(rf"a=crypto:(\d+) {SUITE} inline:", invite.body)[1]
    key = base64.b64encode(secrets.token_bytes(30)).decode()
    answer = operator.sdp().replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:{tag} {SUITE} inline:{key}\r\n"
    incoming.reply(200, body=answer)
    hang_up(outgoing.established(), incoming)


@pytest.mark.parametrize("fault", ["another name", "an authority that nobody knows"])
def test_a_provider_that_cannot_prove_who_it_is_is_told_nothing(phones, provider, certificate, fault):
    listener = provider(HOST if fault != "another name" else phone_address(TRUNK + 1))
    if fault == "another name":
        phones.house.program.trust(certificate / "ca.pem")
    phones.house.start()
    said = b""
    try:
        stream, _ = listener.accept()
        stream.settimeout(20)
        said = stream.recv(4_096)
    except (ssl.SSLError, ConnectionError):
        pass
    assert said == b"", "the connection ended before a word"
    # It is known to be down by now, or the call itself finds that out.
    assert phones.registered(A).dial(ABROAD).refused().status in (480, 503)
