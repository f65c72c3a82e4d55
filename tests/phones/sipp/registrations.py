"""Registrations."""

from sipp.words import of_a_request, receive, send


def register(realm: str, cseq: int | str, credentials: str = "") -> str:
    """Asks once for the user of `[field0]` to be registered. Without credentials it is not repeated: each time another
    challenge would come."""
    headers = of_a_request("REGISTER", cseq, realm, "[field0]", f"z9hG4bK-[pid]-[call_number]-{cseq}-REGISTER")
    return send(f"REGISTER sip:{realm} SIP/2.0", f"{headers}\nExpires: 600\n{credentials}", retransmitted=bool(credentials))


def registers(realm: str) -> str:
    """Registers the user of `[field0]` with the credentials of `[field1]`."""
    return register(realm, 1) + receive(401, auth="true") + register(realm, 2, "[field1]") + receive(200)
