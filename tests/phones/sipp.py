"""Runs sipp, a SIP stack that we did not write, on scenarios of a test's own."""

import subprocess
from pathlib import Path

from network import SERVER, phone_address

SECONDS = 15


class Sipp:
    """One sipp process: it plays one scenario at a phone's address, once for each line of its table."""

    def __init__(
        self, directory: Path, number: int, steps: str, users: list[tuple[str, ...]], *, carrier: str = "udp", auth_uri: str = ""
    ):
        directory.mkdir(parents=True)
        self._directory = directory
        (directory / "scenario.xml").write_text(f'<?xml version="1.0" ?>\n<scenario name="test">\n{steps}\n</scenario>\n')
        (directory / "users.csv").write_text("\n".join(["SEQUENTIAL", *map(";".join, users)]) + "\n")
        command = [
            *("sipp", f"{SERVER}:5060", "-sf", "scenario.xml", "-inf", "users.csv"),
            *("-i", phone_address(number), "-p", "5060", "-t", {"udp": "u1", "tcp": "t1"}[carrier], "-m", str(len(users)), "-l", "1"),
            *("-nostdin", "-timeout", str(SECONDS), "-timeout_error", "-recv_timeout", str(1_000 * SECONDS)),
            *("-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages"),
            *(("-auth_uri", auth_uri) if auth_uri else ()),
        ]
        with (directory / "screen").open("wb") as screen:
            self._process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=screen, stderr=subprocess.STDOUT)

    @property
    def messages(self) -> str:
        """All it sent and got."""
        return self._read("messages")

    def succeeds(self) -> None:
        """Waits for its end: each call went as its scenario says."""
        code = self._process.wait(timeout=SECONDS + 5)
        assert code == 0, f"sipp ended with {code}:\n{self._read('errors')}\n{self.messages}\n{self._read('screen')[-2000:]}"

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _read(self, name: str) -> str:
        path = self._directory / name
        return path.read_text(errors="replace") if path.exists() else ""


def send(start: str, headers: str, body: str = "", *, retransmitted: bool = True) -> str:
    """Sends a message; a request is repeated until it is answered."""
    lines = [start, *(line.strip() for line in headers.strip().splitlines())]
    if body:
        lines += ["Content-Type: application/sdp", "Content-Length: [len]", "", *(line.strip() for line in body.strip().splitlines())]
    else:
        lines += ["Content-Length: 0", ""]
    retrans = ' retrans="500"' if retransmitted else ""
    return f"<send{retrans}><![CDATA[\n" + "\n".join(lines) + "\n\n]]></send>"


def receive(what: int | str, **attributes: str) -> str:
    """Waits for a response or a request, and fails at any other."""
    kind = "response" if isinstance(what, int) else "request"
    return f"<recv {kind}=\"{what}\"" + "".join(f' {name}="{value}"' for name, value in attributes.items()) + "/>"


SDP = """
v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 20000 RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""


def registers(realm: str) -> str:
    """Registers the user of `[field0]` with the credentials of `[field1]`."""

    def register(cseq: int, more: str = "") -> str:
        return send(f"REGISTER sip:{realm} SIP/2.0", of_a_request("REGISTER", cseq, realm, "[field0]") + f"\nExpires: 600{more}")

    return register(1) + receive(401, auth="true") + register(2, "\n[field1]") + receive(200)


def calls(realm: str) -> str:
    """Calls the number of `[field2]`, is answered, and hangs up."""
    to = f"sip:[field2]@{realm}"

    def invite(cseq: int, more: str = "") -> str:
        return send(f"INVITE {to} SIP/2.0", of_a_request("INVITE", cseq, realm, "[field2]") + more, SDP)

    def tagged(method: str, cseq: int, branch: str = "[branch]") -> str:
        return of_a_request(method, cseq, realm, "[field2]", branch).replace(f"<{to}>", f"<{to}>[peer_tag_param]")

    def in_dialog(method: str, cseq: int) -> str:
        return send(f"{method} [next_url] SIP/2.0", tagged(method, cseq) + "\n[routes]", retransmitted=method != "ACK")

    refused = send(f"ACK {to} SIP/2.0", tagged("ACK", 1, "[branch-2]"), retransmitted=False)
    return (
        invite(1) + receive(401, auth="true") + refused
        + invite(2, "\n[field1]") + receive(100, optional="true") + receive(180) + receive(200, rrs="true")
        + in_dialog("ACK", 2) + in_dialog("BYE", 3) + receive(200)
    )


def takes_calls() -> str:
    """Rings, answers, and waits for the other side to hang up."""
    to, contact = "[last_To:];tag=[pid]t[call_number]", "Contact: <sip:[service]@[local_ip]:[local_port];transport=[transport]>"

    def copied(to: str) -> str:
        return f"[last_Via:]\n[last_From:]\n{to}\n[last_Call-ID:]\n[last_CSeq:]\n[last_Record-Route:]\n{contact}"

    return (
        receive("INVITE")
        + send("SIP/2.0 180 Ringing", copied(to), retransmitted=False)
        + send("SIP/2.0 200 OK", copied(to), SDP)
        + receive("ACK") + receive("BYE")
        + send("SIP/2.0 200 OK", copied("[last_To:]"), retransmitted=False)
    )


def transfers(realm: str) -> str:
    """Takes a call, calls the number of `[field2]`, and joins the two others (RFC 5589 §7)."""
    # What comes before the slashes tells a second dialog of one call of sipp from its first.
    second, to = "consulted///[call_id]", f"sip:[field2]@{realm}"
    us, contact = "[$us]", "Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>"
    kept = "".join(
        f'<ereg regexp="{pattern}" search_in="hdr" header="{header}" assign_to="all,{name}"/>'
        for header, pattern, name in (("From:", " *(.*)", "them"), ("To:", " *(.*)", "us"), ("Contact:", ".*&lt;(.*)&gt;", "there"))
    )
    via = "Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch=[branch]\nMax-Forwards: 70"
    refer = f"""{via}
    From: {us};tag=[pid]t
    To: [$them]
    Call-ID: [call_id]
    CSeq: 1 REFER
    {contact}
    Refer-To: <{to}?Replaces=consulted%2F%2F%2F[call_id]%3Bto-tag%3D[$theirs]%3Bfrom-tag%3D[pid]f[call_number]>"""

    def answer(status: str, more: str = "", body: str = "") -> str:
        copied = f"[last_Via:]\n[last_From:]\n[last_To:]{more}\n[last_Call-ID:]\n[last_CSeq:]\n{contact}"
        return send(f"SIP/2.0 {status}", copied, body, retransmitted=bool(body))

    def consult(method: str, cseq: int, peer: str, more: str = "", body: str = "", branch: str = "[branch]") -> str:
        headers = of_a_request(method, cseq, realm, "[field2]", branch).replace("[call_id]", second)
        headers = headers.replace(f"To: <{to}>", f"To: <{to}>{peer}")
        return send(f"{method} {to} SIP/2.0", headers + more, body, retransmitted=method != "ACK")

    def with_action(received: str, action: str) -> str:
        return received.removesuffix("/>") + f"><action>{action}</action></recv>"

    theirs = '<ereg regexp=";tag=([^;]*)" search_in="hdr" header="To:" assign_to="all,theirs"/>'
    accepted = consult("ACK", 2, ";tag=[$theirs]").replace(f"ACK {to} SIP", "ACK [next_url] SIP")
    told = [
        with_action(receive("NOTIFY"), f'<ereg regexp="SIP/2.0 {status}" search_in="body" check_it="true" assign_to="all"/>') + answer("200 OK")
        for status in (100, 200)
    ]
    return (
        with_action(receive("INVITE"), kept)
        + answer("180 Ringing", ";tag=[pid]t") + answer("200 OK", ";tag=[pid]t", SDP) + receive("ACK")
        + consult("INVITE", 1, "", body=SDP) + receive(401, auth="true") + consult("ACK", 1, "[peer_tag_param]", branch="[branch-2]")
        + consult("INVITE", 2, "", "\n[field1]", SDP)
        + receive(100, optional="true") + receive(180, optional="true") + with_action(receive(200, rrs="true"), theirs) + accepted
        + send("REFER [$there] SIP/2.0", refer) + receive(202) + "".join(told)
        + receive("BYE") + answer("200 OK") + receive("BYE") + answer("200 OK")
        + '<Reference variables="all"/>'
    )


def of_a_request(method: str, cseq: int, realm: str, to: str, branch: str = "[branch]") -> str:
    return f"""Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch={branch}
    Max-Forwards: 70
    From: <sip:[field0]@{realm}>;tag=[pid]f[call_number]
    To: <sip:{to}@{realm}>
    Call-ID: [call_id]
    CSeq: {cseq} {method}
    Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>"""
