"""The words of a scenario of sipp."""


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


def of_a_request(method: str, cseq: int, realm: str, to: str, branch: str = "[branch]") -> str:
    return f"""Via: SIP/2.0/[transport] [local_ip]:[local_port];rport;branch={branch}
    Max-Forwards: 70
    From: <sip:[field0]@{realm}>;tag=[pid]f[call_number]
    To: <sip:{to}@{realm}>
    Call-ID: [call_id]
    CSeq: {cseq} {method}
    Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>"""
