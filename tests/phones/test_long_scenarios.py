"""Stories that take most of a minute, all told at once between phones that are sipp (RFC 3261 §13.3.1.4 and §14, RFC 4028)."""

import pytest

from conftest import House
from raw_phones import REALM, Phones
from sipp import SDP, Incoming, Outgoing, agrees, answers_late, has, is_answered, is_asked, is_rung, receive
from stage import CALLEE, CALLER, FOURTH, OTHER, Stage

OUTGOING, INCOMING = Outgoing(REALM), Incoming()
# A phone that names no methods takes no UPDATE, so that its session is renewed by INVITE, after half of its time.
BY_UAC, BY_UAS = (f"Supported: timer\nSession-Expires: 90;refresher={refresher}" for refresher in ("uac", "uas"))


def test_a_call_whose_answer_is_never_confirmed_is_hung_up_on_both_sides(stories):
    for playing in stories["unconfirmed"]:
        playing.succeeds()


@pytest.mark.parametrize("side", ["caller", "callee"])
def test_a_change_of_ours_that_meets_one_of_the_phone_is_made_again_later(stories, side):
    stories[side].succeeds()


BRIEF = has("Session-Expires", "90;refresher=uac")
# A renewal that came to nothing is tried again after 7.5 seconds, but one that collided after 4 at most.
IS_RENEWED = is_asked("INVITE", BRIEF, timeout="6500") + answers_late("200 OK", SDP) + receive("ACK")


def asks_again(side: Outgoing | Incoming, cseq: int) -> str:
    return side.asks("INVITE", cseq, BY_UAS, SDP) + is_answered() + side.confirms(cseq)


def collides(side: Outgoing | Incoming, cseq: int) -> str:
    """We want to renew the session, and so does the phone at the same moment: each refuses the other."""
    refused = side.asks("INVITE", cseq, BY_UAS, SDP) + receive(491, of="INVITE") + side.takes_refusal_within(cseq)
    return is_asked("INVITE", BRIEF) + refused + answers_late("491 Request Pending") + receive("ACK")


@pytest.fixture(scope="module")
def stories(network, certificate, tmp_path_factory):
    """What is being played, by its name."""
    directory = tmp_path_factory.mktemp("stories")
    phones = Phones(House(directory, certificate))
    phones.house.extension(FOURTH, "Guard")
    stage = Stage(phones, directory)
    stage.register(CALLER, CALLEE, OTHER, FOURTH)

    def play(part: str, steps: str, to: str = ""):
        return stage.play(part, steps, to, patient=True)

    answers = INCOMING.comes() + INCOMING.rings() + INCOMING.accepts() + receive("ACK")
    calls = OUTGOING.invites() + is_rung() + receive(200)
    hung_up = receive("BYE") + agrees()
    # Whoever has not made the call goes first after a collision (RFC 3261 §14.1).
    short = INCOMING.answers("200 OK", f"Require: timer\n{BY_UAC}", SDP)
    callee = INCOMING.comes() + INCOMING.rings() + short + receive("ACK") + collides(INCOMING, 1) + asks_again(INCOMING, 2) + IS_RENEWED
    caller = OUTGOING.invites(BY_UAS) + is_rung() + is_answered() + OUTGOING.confirms()
    caller += collides(OUTGOING, 3) + IS_RENEWED + asks_again(OUTGOING, 4)
    yield {
        "unconfirmed": [play(CALLEE, answers + hung_up), play(CALLER, calls + hung_up, to=CALLEE)],
        "callee": play(FOURTH, callee),
        "caller": play(OTHER, caller, to=FOURTH),
    }
    stage.close()
    phones.close()
