"""The words of a scenario of sipp."""

from xml.sax.saxutils import escape


def send(start: str, headers: str, body: str = "", *, retransmitted: bool = True) -> str:
    """Sends a message; a request is repeated until it is answered."""
    lines = [start, *(line.strip() for line in headers.strip().splitlines())]
    if body:
        lines += ["Content-Type: application/sdp", "Content-Length: [len]", "", *(line.strip() for line in body.strip().splitlines())]
    else:
        lines += ["Content-Length: 0", ""]
    retrans = ' retrans="500"' if retransmitted else ""
    return f"<send{retrans}><![CDATA[\n" + "\n".join(lines) + "\n\n]]></send>"


def receive(what: int | str, *actions: str, of: str = "", **attributes: str) -> str:
    """Waits for a response or a request, and fails at any other. A response may be wanted to a certain method."""
    kind = "response" if isinstance(what, int) else "request"
    if of:
        actions = (has("CSeq", f" {of}"), *actions)
    words = f"<recv {kind}=\"{what}\"" + "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f"{words}><action>{''.join(actions)}</action></recv>" + CHECKED if actions else f"{words}/>"


def has(header: str, pattern: str) -> str:
    """The received message has such a header, or the call fails."""
    return match(pattern, f'search_in="hdr" header="{header}:" check_it="true" assign_to="all"')


def lacks(header: str, pattern: str) -> str:
    """The received message has no such header, or the call fails."""
    return match(pattern, f'search_in="hdr" header="{header}:" check_it_inverse="true" assign_to="all"')


def says(pattern: str) -> str:
    """The received message has this in its body, or the call fails."""
    return match(pattern, 'search_in="body" check_it="true" assign_to="all"')


def keep(header: str, name: str, pattern: str = " *(.*)") -> str:
    """Keeps a part of a header, which is `[$name]` from here on."""
    return match(pattern, f'search_in="hdr" header="{header}:" check_it="true" assign_to="all,{name}"')


def match(pattern: str, attributes: str) -> str:
    assert '"' not in pattern, "sipp would read no further, and find everything"
    return f'<ereg regexp="{escape(pattern)}" {attributes}/>'


# Sipp takes a variable for a mistake that is set and never read.
CHECKED = '<Reference variables="all"/>'

SDP = """
v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio 20000 RTP/AVP 8
a=rtpmap:8 PCMA/8000
"""


def of_a_request(method: str, cseq: int | str, realm: str, to: str, branch: str = "[branch]") -> str:
    return f"""Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch={branch}
    Max-Forwards: 70
    From: <sip:[field0]@{realm}>;tag=[pid]f[call_number]
    To: <sip:{to}@{realm}>
    Call-ID: [call_id]
    CSeq: {cseq} {method}
    Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>"""
