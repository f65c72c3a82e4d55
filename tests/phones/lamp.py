"""A subscription of a phone: a lamp (RFC 6665)."""

import re
import threading
import time

from raw_phones import REALM
from raw_sip import PATIENCE, RawPhone, address, fresh


class Lamp:
    """One subscription of a phone."""

    def __init__(self, phone: RawPhone, event: str, number: str, *, expires: int = 600, accept: str | None = None):
        self.phone, self.event = phone, event
        self.call_id, self.local = fresh("watch"), f"<sip:{phone.user}@{REALM}>;tag={fresh('tag')}"
        self.remote = self.target = f"sip:{number}@{REALM}"
        self.remote = f"<{self.remote}>"
        self.cseq = 0
        self.answer = self.subscribe(expires, accept)
        if self.answer.status == 200:
            self.remote, self.target = self.answer["To"], address(self.answer["Contact"])

    def subscribe(self, expires: int, accept: str | None = None, *, authorized: bool = True):
        self.cseq += 1
        headers = {
            "From": self.local,
            "To": self.remote,
            "Call-ID": self.call_id,
            "CSeq": f"{self.cseq} SUBSCRIBE",
            "Contact": self.phone.contact,
            "Event": self.event,
            "Expires": str(expires),
            "Accept": accept,
            "Authorization": self.phone.authorization("SUBSCRIBE", self.target) if authorized else None,
        }
        return self.phone.answer_to(self.phone.request("SUBSCRIBE", self.target, headers))

    def told(self, status: int = 200, within: float = PATIENCE):
        """The next NOTIFY, answered."""
        notify = self.phone.expect("NOTIFY", within, where=lambda message: message["Call-ID"] == self.call_id)
        self.phone.reply(notify, status)
        return notify

    def shows(self, state: str | None) -> None:
        """Waits until the lamp shows a state; the documents before must be older versions of the whole."""
        version = -1
        while True:
            notify = self.told()
            assert 'state="full"' in notify.body
            newer = int(re.search(r'info" version="(\d+)"', notify.body)[1])
            assert newer > version
            version = newer
            shown = re.findall(r"<state>(\w+)</state>", notify.body)
            if shown == ([state] if state else []):
                return


class Watched:
    """All that a lamp is told meanwhile, each answered at once."""

    def __init__(self, lamp: Lamp):
        self.bodies: list[str] = []
        self._lamp, self._ends = lamp, threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def tells(self, *words: str, seconds: float = 45) -> None:
        """Waits until the last that was told has these words."""
        deadline = time.monotonic() + seconds
        while not (self.bodies and all(word in self.bodies[-1] for word in words)):
            assert time.monotonic() < deadline, self.bodies
            time.sleep(0.05)

    def close(self) -> None:
        self._ends.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._ends.is_set():
            try:
                self.bodies.append(self._lamp.told(within=0.5).body)
            except AssertionError:
                continue
