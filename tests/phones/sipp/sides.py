"""The two sides of a call, word by word, for scenarios that are not as usual."""

from sipp.words import SDP, keep, of_a_request, receive, send


class Outgoing:
    """A call that the user of `[field0]` makes with the credentials of `[field1]` to the number of `[field2]`.

    Its first INVITE is challenged, so that the second, whose number is 2, is the one that matters.
    """

    def __init__(self, realm: str):
        self._realm, self._to = realm, f"sip:[field2]@{realm}"

    def invite(self, cseq: int, more: str = "", *, hops: int = 70, challenged: bool = False) -> str:
        """An INVITE. One that is challenged is not repeated: each time another challenge would come."""
        headers = self._headers("INVITE", cseq, branch(cseq)).replace("Max-Forwards: 70", f"Max-Forwards: {hops}")
        return send(f"INVITE {self._to} SIP/2.0", f"{headers}\n{more}", SDP, retransmitted=not challenged)

    def invites(self, more: str = "", *, first: int = 1, hops: int = 70) -> str:
        """Invites, is challenged, and invites again with the next number. There may be more headers."""
        challenge = receive(401, auth="true", of="INVITE") + self.takes_refusal(first)
        return self.invite(first, more, hops=hops, challenged=True) + challenge + self.invite(first + 1, f"[field1]\n{more}", hops=hops)

    def takes_refusal(self, cseq: int = 2) -> str:
        """Confirms the refusal of an INVITE, in whose transaction that belongs."""
        return send(f"ACK {self._to} SIP/2.0", self._headers("ACK", cseq, branch(cseq), "[peer_tag_param]"), retransmitted=False)

    def is_refused(self, status: int, cseq: int = 2) -> str:
        return receive(100, optional="true") + receive(status, of="INVITE") + self.takes_refusal(cseq)

    def cancels(self) -> str:
        return send(f"CANCEL {self._to} SIP/2.0", self._headers("CANCEL", 2, branch(2)))

    def confirms(self, cseq: int = 2, body: str = "") -> str:
        """The ACK to an answer, which belongs to the dialog."""
        return self.asks("ACK", cseq, body=body)

    def asks(self, method: str, cseq: int, more: str = "", body: str = "") -> str:
        """A request within the dialog. The answer that made it was received with `rrs`."""
        headers = self._headers(method, cseq, branch(cseq, method), "[peer_tag_param]")
        return send(f"{method} [next_url] SIP/2.0", f"{headers}\n{more}", body, retransmitted=method != "ACK")

    def takes_refusal_within(self, cseq: int) -> str:
        """Confirms that an INVITE within the call was refused."""
        return self.confirms(cseq).replace(branch(cseq, "ACK"), branch(cseq))

    def hangs_up(self, cseq: int = 3) -> str:
        return self.asks("BYE", cseq) + receive(200, of="BYE")

    def _headers(self, method: str, cseq: int, branch: str, tag: str = "") -> str:
        return of_a_request(method, cseq, self._realm, "[field2]", branch).replace(f"To: <{self._to}>", f"To: <{self._to}>{tag}")


class Incoming:
    """A call that comes in at the user of `[field0]`. What the INVITE says is kept, for answers may come late."""

    def __init__(self, tag: str = "[pid]t[call_number]"):
        self._tag = tag

    def comes(self, *actions: str) -> str:
        """The INVITE that makes the call."""
        kept = {"Via": "via", "From": "them", "To": "us", "CSeq": "cseq"}
        there = keep("Contact", "there", ".*<(.*)>")
        return (
            receive("INVITE", *(keep(header, name) for header, name in kept.items()), there, *actions)
            + '<Reference variables="via,them,us,cseq,there"/>'
        )

    def answers(self, status: str, more: str = "", body: str = "", *, tag: str = "", contact: str = "") -> str:
        """Answers the INVITE. A final answer is repeated until the ACK comes."""
        headers = f"Via: [$via]\nFrom: [$them]\nTo: [$us];tag={tag or self._tag}\nCall-ID: [call_id]\nCSeq: [$cseq]"
        headers += f"\n{more}" if more else ""
        headers += f"\nContact: {contact}" if contact else f"\n{CONTACT}"
        return send(f"SIP/2.0 {status}", headers, body, retransmitted=not status.startswith("1"))

    def rings(self) -> str:
        return self.answers("180 Ringing")

    def accepts(self, *, tag: str = "") -> str:
        return self.answers("200 OK", body=SDP, tag=tag)

    def asks(self, method: str, cseq: int, more: str = "", body: str = "") -> str:
        """A request within the dialog."""
        return send(
            f"{method} [$there] SIP/2.0",
            f"""Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch={branch(cseq, method)}
            Max-Forwards: 70
            From: [$us];tag={self._tag}
            To: [$them]
            Call-ID: [call_id]
            CSeq: {cseq} {method}
            {CONTACT}
            {more}""",
            body,
            retransmitted=method != "ACK",
        )

    def confirms(self, cseq: int) -> str:
        """The ACK to the answer to an INVITE of its own."""
        return self.asks("ACK", cseq)

    def takes_refusal_within(self, cseq: int) -> str:
        """Confirms that an INVITE within the call was refused."""
        return self.confirms(cseq).replace(branch(cseq, "ACK"), branch(cseq))

    def hangs_up(self, cseq: int = 1) -> str:
        return self.asks("BYE", cseq) + receive(200, of="BYE")

    def is_hung_up(self, *actions: str) -> str:
        return receive("BYE", *actions) + agrees()


def agrees(status: str = "200 OK") -> str:
    """Answers the request that came last, and is no INVITE."""
    headers = f"[last_Via:]\n[last_From:]\n[last_To:]\n[last_Call-ID:]\n[last_CSeq:]\n{CONTACT}"
    return send(f"SIP/2.0 {status}", headers, retransmitted=False)


def is_asked(method: str, *actions: str, **attributes: str) -> str:
    """A request within a call that will not be answered at once."""
    kept = {"Via": "via", "From": "asker", "To": "asked", "CSeq": "cseq"}
    return (
        receive(method, *(keep(header, name) for header, name in kept.items()), *actions, **attributes)
        + '<Reference variables="via,asker,asked,cseq"/>'
    )


def answers_late(status: str, body: str = "") -> str:
    """Answers it when other things have come in between."""
    headers = f"Via: [$via]\nFrom: [$asker]\nTo: [$asked]\nCall-ID: [call_id]\nCSeq: [$cseq]\n{CONTACT}"
    return send(f"SIP/2.0 {status}", headers, body, retransmitted=False)


def branch(cseq: int, method: str = "INVITE") -> str:
    """The transaction of a request; those of a CANCEL and of the ACK to a refusal are the INVITE's."""
    return f"z9hG4bK-[pid]-[call_number]-{cseq}-{method}"


CONTACT = "Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>"
