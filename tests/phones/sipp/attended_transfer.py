"""The scenario of somebody who joins two others and leaves (RFC 5589 §7)."""

from sipp.words import SDP, keep, of_a_request, receive, says, send


def transfers(realm: str) -> str:
    """Takes a call, calls the number of `[field2]`, and joins the two others (RFC 5589 §7)."""
    # What comes before the slashes tells a second dialog of one call of sipp from its first.
    second, to = "consulted///[call_id]", f"sip:[field2]@{realm}"
    us, contact = "[$us]", "Contact: <sip:[field0]@[local_ip]:[local_port];transport=[transport]>"
    kept = keep("From", "them"), keep("To", "us"), keep("Contact", "there", ".*<(.*)>")
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

    theirs = keep("To", "theirs", ";tag=([^;]*)")
    accepted = consult("ACK", 2, ";tag=[$theirs]").replace(f"ACK {to} SIP", "ACK [next_url] SIP")
    told = [receive("NOTIFY", says(f"SIP/2.0 {status}")) + answer("200 OK") for status in (100, 200)]
    return (
        receive("INVITE", *kept)
        + answer("180 Ringing", ";tag=[pid]t") + answer("200 OK", ";tag=[pid]t", SDP) + receive("ACK")
        + consult("INVITE", 1, "", body=SDP) + receive(401, auth="true") + consult("ACK", 1, "[peer_tag_param]", branch="[branch-2]")
        + consult("INVITE", 2, "", "\n[field1]", SDP)
        + receive(100, optional="true") + receive(180, optional="true") + receive(200, theirs, rrs="true") + accepted
        + send("REFER [$there] SIP/2.0", refer) + receive(202) + "".join(told)
        + receive("BYE") + answer("200 OK") + receive("BYE") + answer("200 OK")
    )
