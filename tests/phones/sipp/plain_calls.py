"""Scenarios of whole and simple calls."""

from sipp.words import SDP, of_a_request, receive, send


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
