"""A phone that says word for word what a test wants said, and keeps all it is told (RFC 3261, RFC 7616).

It is no softphone: it has no timers, repeats nothing and draws no conclusions, so a test can be as wrong as it likes.
"""

import base64
import hashlib
import itertools
import re
import secrets
import select
import socket
import ssl
import threading
import time
from pathlib import Path

from network import SERVER, phone_address

PORT, WSS_PORT = 5060, 8443
PATIENCE = 8.0
_numbers = itertools.count(1)


class Message:
    """A request or a response, taken apart as far as a test asks."""

    def __init__(self, text: str):
        head, _, self.body = text.partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines if ":" in line]
        self.at = time.monotonic()

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def get(self, name: str, default: str = "") -> str:
        return next(iter(self.all(name)), default)

    def __getitem__(self, name: str) -> str:
        values = self.all(name)
        assert values, f"no {name} in {self}"
        return values[0]

    @property
    def status(self) -> int | None:
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self) -> str | None:
        return None if self.status else self.start.split()[0]

    @property
    def uri(self) -> str:
        return self.start.split()[1]

    @property
    def cseq(self) -> tuple[int, str]:
        number, method = self["CSeq"].split()
        return int(number), method

    @property
    def branch(self) -> str:
        return parameter(self["Via"], "branch")

    def is_a(self, what: int | str) -> bool:
        """Whether it has this status, or is a request with this method."""
        return what in (self.status, self.method)

    def __repr__(self) -> str:
        return "\n".join([self.start, *(": ".join(header) for header in self.headers), "", self.body])


def parameter(value: str, name: str) -> str:
    """A parameter of a header, quoted or not; empty if there is none."""
    found = re.search(rf'(?:^|[\s;,]){name}\s*=\s*(?:"([^"]*)"|([^\s;,>]*))', value)
    return (found[1] or found[2] or "") if found else ""


def address(value: str) -> str:
    """The URI of a From, To, Contact or Route."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.split(";")[0].strip()


class Digest:
    """Answers one challenge as often as it is asked to."""

    def __init__(self, challenge: str, user: str, password: str):
        self.realm, self.nonce = parameter(challenge, "realm"), parameter(challenge, "nonce")
        self.algorithm = parameter(challenge, "algorithm") or "MD5"
        self.user, self.password = user, password
        self.count = 0

    def answer(self, method: str, uri: str, count: int | None = None) -> str:
        self.count = count or self.count + 1
        nc, cnonce = f"{self.count:08x}", secrets.token_hex(8)
        hashed = {"MD5": md5, "SHA-256": sha256}[self.algorithm]
        ha1, ha2 = hashed(f"{self.user}:{self.realm}:{self.password}"), hashed(f"{method}:{uri}")
        response = hashed(f"{ha1}:{self.nonce}:{nc}:{cnonce}:auth:{ha2}")
        return (
            f'Digest username="{self.user}", realm="{self.realm}", nonce="{self.nonce}", uri="{uri}", '
            f'response="{response}", algorithm={self.algorithm}, qop=auth, nc={nc}, cnonce="{cnonce}"'
        )


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class WebSocket:
    """The client's side of SIP over WebSocket (RFC 6455, RFC 7118): one SIP message in each frame."""

    def __init__(self, stream: socket.socket, host: str):
        self._stream, self._buffer = stream, b""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = ["GET / HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}"]
        lines += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Protocol: sip", "", ""]
        stream.sendall("\r\n".join(lines).encode())
        while b"\r\n\r\n" not in self._buffer:
            data = stream.recv(4_096)
            assert data, f"no WebSocket, but {self._buffer}"
            self._buffer += data
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        expected = base64.b64encode(hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest())
        assert head.startswith(b"HTTP/1.1 101") and expected in head, head
        assert b"sec-websocket-protocol: sip" in head.lower()

    def fileno(self) -> int:
        return self._stream.fileno()

    def sendall(self, data: bytes) -> None:
        mask = secrets.token_bytes(4)
        length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self._stream.sendall(b"\x81" + length + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(data)))

    def recv(self) -> list[bytes] | None:
        """The frames that are whole by now; nothing if the connection has ended."""
        data = self._stream.recv(65_536)
        if not data:
            return None
        self._buffer += data
        # What TLS has opened already does not wake anybody.
        while pending := self._stream.pending():
            self._buffer += self._stream.recv(pending)
        frames = []
        while (frame := self._whole_frame()) is not None:
            frames.append(frame)
        return frames

    def _whole_frame(self) -> bytes | None:
        if len(self._buffer) < 4:
            return None
        length, start = self._buffer[1], 2
        if length == 126:
            length, start = int.from_bytes(self._buffer[2:4], "big"), 4
        if len(self._buffer) < start + length:
            return None
        frame, self._buffer = self._buffer[start : start + length], self._buffer[start + length :]
        return frame

    def close(self) -> None:
        self._stream.close()


class RawPhone:
    """One socket at a phone's address. Pings of the server are answered; everything else is left to the test."""

    def __init__(
        self,
        number: int,
        user: str,
        password: str = "",
        *,
        login: str | None = None,
        carrier: str = "udp",
        realm: str = "mfa.example",
        ca: Path | None = None,
        stream: socket.socket | None = None,
    ):
        self.user, self.password, self.realm = user, password, realm
        self.login = login or user
        self.carrier = carrier.upper()
        self.contact_parameters = ""
        self.digest: Digest | None = None
        self.received: list[Message] = []
        # What a ping of the server is answered with, and how many there were.
        self.pong, self.pings = 200, 0
        self._news = threading.Condition()
        self._ended = False
        # Whoever was connected to has its stream already.
        self._socket = stream or self._connect(phone_address(number))
        self.host, self.port = self._socket.getsockname()
        if self.carrier == "WSS":
            secure = ssl.create_default_context(cafile=ca).wrap_socket(self._socket, server_hostname=realm)
            self._socket = WebSocket(secure, realm)
        self.rtp_port = 20_000 + 100 * number
        self._register_call = fresh("register"), fresh("tag")
        self._cseq = itertools.count(1)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _connect(self, host: str) -> socket.socket:
        streams = self.carrier != "UDP"
        opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM if streams else socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, 0 if streams else PORT))
        opened.connect((SERVER, WSS_PORT if self.carrier == "WSS" else PORT))
        return opened

    def close(self) -> None:
        self._ended = True
        self._reader.join()
        self._socket.close()

    # Words

    @property
    def contact(self) -> str:
        if self.carrier == "WSS":
            return f"<sip:{self.user}@browser.invalid;transport=ws>"
        return f"<sip:{self.user}@{self.host}:{self.port};transport={self.carrier.lower()}{self.contact_parameters}>"

    def via(self, branch: str | None = None) -> str:
        return f"SIP/2.0/{self.carrier} {self.host}:{self.port};rport;branch={branch or fresh('z9hG4bK')}"

    def sdp(self, version: int = 1, *, port: int | None = None) -> str:
        lines = [
            *("v=0", f"o=- 4711 {version} IN IP4 {self.host}", "s=-", f"c=IN IP4 {self.host}", "t=0 0"),
            *(f"m=audio {port or self.rtp_port} RTP/AVP 8 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:101 telephone-event/8000"),
        ]
        return "\r\n".join(lines) + "\r\n"

    def send(self, text: str | bytes) -> None:
        """Says anything at all."""
        self._socket.sendall(text.encode() if isinstance(text, str) else text)

    def request(self, method: str, uri: str, headers: dict[str, str | None], body: str = "") -> Message:
        """Sends a request, and gives it as it was sent. A header that is `None` is left out."""
        known = {
            "Via": self.via(),
            "Max-Forwards": "70",
            "From": f"<sip:{self.user}@{self.realm}>;tag={fresh('tag')}",
            "To": f"<{uri}>",
            "Call-ID": fresh("call"),
            "CSeq": f"1 {method}",
        }
        text = write(f"{method} {uri} SIP/2.0", known | headers, body)
        self.send(text)
        return Message(text)

    def reply(self, request: Message, status: int, headers: dict[str, str] | None = None, body: str = "", *, tag: str = "") -> None:
        """Answers a request."""
        copied = [(name, value) for name in ("Via", "Record-Route") for value in request.all(name)]
        to = request["To"] if "tag=" in request["To"] or not tag else f"{request['To']};tag={tag}"
        copied += [("From", request["From"]), ("To", to), ("Call-ID", request["Call-ID"]), ("CSeq", request["CSeq"])]
        self.send(write(f"SIP/2.0 {status} Said by the test", copied + list((headers or {}).items()), body))

    # What is heard

    def expect(self, what: int | str, within: float = PATIENCE, where=lambda message: True) -> Message:
        """Takes the first message of a kind that was not taken yet, and waits for it."""

        def found():
            return next((message for message in self.received if message.is_a(what) and where(message)), None)

        with self._news:
            if not self._news.wait_for(found, within):
                raise AssertionError(f"{self.user} got no {what} within {within} s, but {self.received}")
            message = found()
            self.received.remove(message)
            return message

    def answer_to(self, request: Message, within: float = PATIENCE) -> Message:
        """The final response to a request."""

        def final(message):
            return message.status and message.status >= 200 and (message.branch, message.cseq) == (request.branch, request.cseq)

        with self._news:
            if not self._news.wait_for(lambda: any(map(final, self.received)), within):
                raise AssertionError(f"{self.user} got no answer to {request} within {within} s, but {self.received}")
            message = next(filter(final, self.received))
            self.received.remove(message)
            return message

    def has(self, what: int | str) -> bool:
        with self._news:
            return any(message.is_a(what) for message in self.received)

    def expect_ping(self, within: float = 15) -> None:
        """Waits until the server has asked whether it lives."""
        with self._news:
            before = self.pings
            assert self._news.wait_for(lambda: self.pings > before, within), f"{self.user} was not asked whether it lives"

    def catch_up(self) -> None:
        """Waits until all that the server had to say before now is here: its answer to a question comes after it."""
        assert self.ask("OPTIONS").status == 200

    # Requests that phones make

    def ask(self, method: str, uri: str | None = None, headers: dict[str, str | None] | None = None) -> Message:
        """The final response to a request outside calls."""
        return self.answer_to(self.request(method, uri or f"sip:{self.realm}", headers or {}))

    def register_once(self, authorization: str | None = None, *, user: str | None = None, expires: int = 600) -> Message:
        """One REGISTER, and what was answered."""
        aor = f"sip:{user or self.user}@{self.realm}"
        call_id, tag = self._register_call
        headers = {
            "From": f"<{aor}>;tag={tag}",
            "To": f"<{aor}>",
            "Call-ID": call_id,
            "CSeq": f"{next(self._cseq)} REGISTER",
            "Contact": self.contact,
            "Expires": str(expires),
            "Authorization": authorization,
        }
        return self.answer_to(self.request("REGISTER", f"sip:{self.realm}", headers))

    def register(self) -> "RawPhone":
        """Registers as a phone with the right password does."""
        self.challenge(self.register_once())
        assert self.register_once(self.authorization()).status == 200
        return self

    def challenge(self, response: Message) -> None:
        assert response.status == 401, response
        self.digest = Digest(response["WWW-Authenticate"], self.login, self.password)

    def authorization(self, method: str = "REGISTER", uri: str | None = None, **more) -> str:
        return self.digest.answer(method, uri or f"sip:{self.realm}", **more)

    def dial(self, number: str, headers: dict[str, str | None] | None = None, *, body: str | None = None) -> "Call":
        """Invites a number, with the password it was asked for when it registered."""
        return Call.to(self, f"sip:{number}@{self.realm}", headers or {}, self.sdp() if body is None else body)

    def incoming(self, within: float = PATIENCE, **more) -> "Call":
        """Takes the next call that comes."""
        return Call.of(self, self.expect("INVITE", within, **more))

    # The reader

    def _read(self) -> None:
        buffer = b""
        while not self._ended:
            if not select.select([self._socket], [], [], 0.1)[0]:
                continue
            if self.carrier == "WSS":
                if (frames := self._socket.recv()) is None:
                    return
                for frame in frames:
                    self._take(frame.decode(errors="replace"))
                continue
            try:
                data = self._socket.recv(65_536)
            except ConnectionError:
                continue
            if self.carrier == "UDP":
                self._take(data.decode(errors="replace"))
                continue
            if not data:
                return
            buffer += data
            while (end := whole_message(buffer)) is not None:
                text, buffer = buffer[:end], buffer[end:]
                self._take(text.decode(errors="replace"))

    def _take(self, text: str) -> None:
        if not text.strip():
            return
        message = Message(text)
        if message.method == "OPTIONS":
            self.reply(message, self.pong, tag="ping")
            with self._news:
                self.pings += 1
                self._news.notify_all()
            return
        with self._news:
            self.received.append(message)
            self._news.notify_all()


class Call:
    """A dialog, or what may become one, from one phone's side."""

    def __init__(self, phone: RawPhone, invite: Message, local: str, remote: str, target: str):
        self.phone, self.invite = phone, invite
        self.local, self.remote, self.target = local, remote, target
        self.routes: list[str] = []
        self.cseq = invite.cseq[0]

    @classmethod
    def to(cls, phone: RawPhone, uri: str, headers: dict[str, str | None], body: str) -> "Call":
        said = {
            "Contact": phone.contact,
            "Authorization": phone.authorization("INVITE", uri) if phone.digest else None,
        }
        invite = phone.request("INVITE", uri, said | headers, body)
        return cls(phone, invite, invite["From"], invite["To"], uri)

    @classmethod
    def of(cls, phone: RawPhone, invite: Message) -> "Call":
        local = f"{invite['To']};tag={fresh('tag')}"
        call = cls(phone, invite, local, invite["From"], address(invite["Contact"]))
        call.routes = invite.all("Record-Route")
        call.cseq = 0
        return call

    def expect(self, what: int | str, within: float = PATIENCE) -> Message:
        """The next message of a kind in this call. An answer to the INVITE that makes a dialog is remembered."""
        message = self.phone.expect(what, within, lambda message: message.get("Call-ID") == self.invite["Call-ID"])
        if message.status and message.status < 300 and message.cseq[1] == "INVITE" and message.get("Contact"):
            self.remote, self.target = message["To"], address(message["Contact"])
            self.routes = message.all("Record-Route")[::-1]
        return message

    def reply(self, status: int, headers: dict[str, str] | None = None, body: str = "", *, to: Message | None = None) -> None:
        contact = {"Contact": self.phone.contact}
        self.phone.reply(to or self.invite, status, contact | (headers or {}), body, tag=parameter(self.local, "tag"))

    def accept(self) -> None:
        self.reply(200, body=self.phone.sdp())

    def request(self, method: str, headers: dict[str, str | None] | None = None, body: str = "", *, cseq: int | None = None) -> Message:
        """Sends a request within the dialog."""
        if cseq is None:
            self.cseq += 1
        said = {
            "From": self.local,
            "To": self.remote,
            "Call-ID": self.invite["Call-ID"],
            "CSeq": f"{cseq or self.cseq} {method}",
            "Contact": self.phone.contact,
        }
        if self.routes:
            said["Route"] = ", ".join(self.routes)
        return self.phone.request(method, self.target, said | (headers or {}), body)

    def ask(self, method: str, headers: dict[str, str | None] | None = None, body: str = "") -> Message:
        """The final response to a request within the dialog."""
        return self.phone.answer_to(self.request(method, headers, body))

    def ack(self, response: Message, request: Message | None = None) -> None:
        """Confirms a final response: in the dialog if it accepts, in the transaction of the request if it refuses."""
        if response.status < 300:
            self.request("ACK", cseq=response.cseq[0])
        else:
            self._alongside(request or self.invite, "ACK", response["To"])

    def cancel(self) -> Message:
        """Gives the INVITE up."""
        return self._alongside(self.invite, "CANCEL", self.invite["To"])

    def _alongside(self, request: Message, method: str, to: str) -> Message:
        same = {name: request[name] for name in ("Via", "From", "Call-ID")}
        return self.phone.request(method, request.uri, same | {"To": to, "CSeq": f"{request.cseq[0]} {method}"})

    def established(self) -> "Call":
        """Waits for the answer and confirms it."""
        self.ack(self.expect(200))
        return self

    def refused(self) -> Message:
        """The refusal of the INVITE, confirmed."""
        response = self.phone.answer_to(self.invite)
        assert response.status >= 300, response
        self.ack(response)
        return response


def write(start: str, headers, body: str) -> str:
    """A message with its length; a `Content-Length` of the test's own is kept."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    lines = [start, *(f"{name}: {value}" for name, value in pairs if value is not None)]
    names = {name.lower() for name, _ in pairs}
    if body and "content-type" not in names:
        lines.append("Content-Type: application/sdp")
    if "content-length" not in names:
        lines.append(f"Content-Length: {len(body.encode())}")
    return "\r\n".join(lines) + "\r\n\r\n" + body


def whole_message(buffer: bytes) -> int | None:
    """Where the first message of a stream ends, if all of it is here."""
    if buffer.startswith(b"\r\n"):
        return 2
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    length = re.search(rb"\r\n(?:content-length|l)\s*:\s*(\d+)", buffer[:end], re.IGNORECASE)
    end += 4 + (int(length[1]) if length else 0)
    return end if len(buffer) >= end else None


def fresh(word: str) -> str:
    """A token that was not used before."""
    return f"{word}{secrets.token_hex(4)}{next(_numbers)}"
