"""A softphone that we did not write, driven over its control port."""

import json
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

from network import SERVER, Elsewhere, phone_address
from tone import Heard, write_tone

MODULES = ["aufile", "aubridge", "g711", "g722", "opus", "srtp", "dtls_srtp", "stun", "turn", "ice", "uuid", "sndfile"]


def bracketed(address: str) -> str:
    """An address as it stands in front of a port."""
    return f"[{address}]" if ":" in address else address


class Baresip:
    """One phone: it speaks a tone of its own and records all it hears."""

    def __init__(
        self,
        directory: Path,
        number: int,
        account: str,
        hertz: int,
        *,
        codec_rate=8_000,
        ca: Path | None = None,
        mwi: bool = False,
        trace: bool = False,
        address: str | None = None,
        server: str = SERVER,
        options: tuple[str, ...] = (),
        elsewhere: Elsewhere | None = None,
    ):
        self.address = elsewhere.phone if elsewhere else address or phone_address(number)
        self._server = server
        self.hertz = hertz
        self.events: list[dict] = []
        self._directory = directory
        self._control = (self.address if elsewhere else "127.0.0.1", 4440 + number)
        self._enter = elsewhere.command if elsewhere else []
        self._changed = threading.Condition()
        self._answers: dict[str, dict] = {}
        self._tokens = 0
        self._buffer = b""
        directory.mkdir(parents=True)
        self._recordings = directory / "heard"
        self._recordings.mkdir()
        speech = directory / "speech.wav"
        channels = 2 if codec_rate == 48_000 else 1
        write_tone(speech, hertz, codec_rate, channels)
        lines = [
            "poll_method epoll",
            f"sip_listen {bracketed(self.address)}:5060",
            "call_max_calls 4",
            "audio_path /usr/share/baresip",
            "audio_player aubridge,sink",
            f"audio_source aufile,{speech}",
            "audio_alert aubridge,alert",
            f"rtp_ports {10_000 + 100 * number}-{10_098 + 100 * number}",
            "rtp_stats yes",
            "module_path /usr/lib/baresip/modules",
            *(f"module {name}.so" for name in MODULES),
            "module_tmp account.so",
            *(f"module_app {name}.so" for name in ("menu", "contact", "ctrl_tcp", "debug_cmd", *(["mwi"] if mwi else []))),
            f"snd_path {self._recordings}",
            f"ctrl_tcp_listen {self._control[0]}:{self._control[1]}",
        ]
        if channels == 1:
            lines += ["ausrc_channels 1", "auplay_channels 1"]
        else:
            lines += ["ausrc_srate 48000", "auplay_srate 48000"]
        if ca:
            lines.append(f"sip_cafile {ca}")
        lines += options
        (directory / "config").write_text("\n".join(lines) + "\n")
        (directory / "contacts").write_text("")
        (directory / "accounts").write_text(account + "\n")
        self._command = [*self._enter, "baresip", "-f", directory, *(["-s"] if trace else [])]
        self._process = None

    def start(self) -> "Baresip":
        log = (self._directory / "log").open("ab")
        self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 20
        while True:
            try:
                self._socket = socket.create_connection(self._control, 1)
                break
            except OSError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the phone did not start:\n{self.log}") from None
                time.sleep(0.05)
        self._socket.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                # After a call it waits half a minute for requests that may come again.
                self._process.kill()
                self._process.wait()

    def kill(self) -> None:
        """Ends the phone as a pulled plug would."""
        self._process.kill()
        self._process.wait()

    @property
    def log(self) -> str:
        return (self._directory / "log").read_text(errors="replace")

    def command(self, name: str, parameters: str = "") -> dict:
        self._tokens += 1
        token = str(self._tokens)
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        self._socket.sendall(b"%d:%s," % (len(text), text))
        return self._wait(lambda: self._answers.get(token), f"an answer to {name}", 10)

    def dial(self, number: str) -> None:
        target = number if number.startswith("sip") else f"sip:{number}@{bracketed(self._server)}"
        assert self.command("dial", target)["ok"]

    def expect(self, kind: str, seconds: float = 15, *, parameter: str | None = None, after: int = 0) -> dict:
        """Waits for an event; `after` skips as many of this kind."""

        def found():
            matching = [
                event
                for event in list(self.events)
                if event["type"] == kind and (parameter is None or parameter in event.get("param", ""))
            ]
            return matching[after] if len(matching) > after else None

        return self._wait(found, f"{kind} {parameter or ''}", seconds)

    def wait_until_registered(self, seconds: float = 15) -> None:
        """Reads it from the log: the event may have been told before anybody listened."""
        deadline = time.monotonic() + seconds
        while "200 OK" not in self.log:
            if time.monotonic() > deadline:
                raise AssertionError(f"the phone did not register:\n{self.log[-3000:]}")
            time.sleep(0.05)

    def dialog_with(self, number: str) -> str:
        """How its call with a number is named to the server (RFC 3891); to be read in its trace."""
        for message in re.findall(r"SIP/2\.0 200 OK\r?\n.*?\r?\n\r?\n", self.log, re.DOTALL):
            fields = dict(line.split(": ", 1) for line in message.splitlines()[1:] if ": " in line)
            if fields["CSeq"].endswith("INVITE") and f"{number}@" in fields["To"]:
                theirs, own = (fields[name].split("tag=")[1] for name in ("To", "From"))
                return f"{fields['Call-ID']};to-tag={theirs};from-tag={own}"
        raise AssertionError(f"the phone has no call with {number}:\n{self.log[-3000:]}")

    def count(self, kind: str) -> int:
        return sum(event["type"] == kind for event in list(self.events))

    def heard(self) -> list[Heard]:
        """What was heard, one recording a call or codec, in order."""
        return [Heard(path) for path in sorted(self._recordings.glob("*dec.wav"), key=lambda path: path.stat().st_mtime_ns)]

    def wait_to_hear(self, hertz: float, seconds: float = 1.0, within: float = 15) -> None:
        """Waits until a tone was heard loud for some time on end."""

        def heard():
            return any(recording.longest(hertz) >= seconds for recording in self.heard())

        deadline = time.monotonic() + within
        while not heard():
            if time.monotonic() > deadline:
                levels = [[round(level) for level in recording.windows(hertz)] for recording in self.heard()]
                raise AssertionError(f"{hertz} Hz was not heard for {seconds} s; amplitudes by 0.1 s: {levels}\n{self.log[-3000:]}")
            time.sleep(0.1)

    def heard_for(self, hertz: float) -> float:
        """For how many seconds a tone was heard loud so far, all in all."""
        return sum(0.1 * sum(level > 8_000 for level in heard.windows(hertz)) for heard in self.heard())

    def wait_to_hear_more(self, hertz: float, seconds: float) -> None:
        self._poll(lambda: self.heard_for(hertz) >= seconds, f"{hertz} Hz was not heard for {seconds} s", seconds + 15)

    def wait_to_hear_lately(self, hertz: float, seconds: float = 15) -> None:
        """Waits until a tone fills the last half second."""
        self._poll(lambda: self._last_half_second().amplitude(hertz) > 3_000, f"{hertz} Hz is not heard now", seconds)

    def wait_for_silence_of(self, hertz: float) -> None:
        """Waits until the last half second is without a tone."""
        self._poll(lambda: self._last_half_second().amplitude(hertz) < 200, f"{hertz} Hz did not stop")

    def wait_for_sound(self) -> None:
        """Waits until the last half second has sound of any kind."""
        self._poll(lambda: self._last_half_second().level > 300, "nothing was heard")

    def _last_half_second(self) -> Heard:
        return self.heard()[-1].last(0.5)

    def _poll(self, condition, failure: str, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{failure}\n{self.log[-3000:]}")
            time.sleep(0.1)

    def _wait(self, condition, what: str, seconds: float):
        with self._changed:
            if not self._changed.wait_for(condition, timeout=seconds):
                seen = [(event["type"], event.get("param", "")) for event in self.events]
                raise AssertionError(f"{what} did not come within {seconds} s; seen: {seen}\n{self.log[-3000:]}")
            return condition()

    def _read(self) -> None:
        while True:
            try:
                data = self._socket.recv(65_536)
            except OSError:
                return
            if not data:
                return
            self._buffer += data
            with self._changed:
                while b":" in self._buffer:
                    length, _, rest = self._buffer.partition(b":")
                    if len(rest) <= int(length):
                        break
                    message = json.loads(rest[: int(length)])
                    self._buffer = rest[int(length) + 1 :]
                    if message.get("event"):
                        self.events.append(message)
                    else:
                        self._answers[message.get("token", "")] = message
                self._changed.notify_all()
