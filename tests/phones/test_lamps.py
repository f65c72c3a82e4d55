"""Lamps for busy lines and waiting messages on the wire (RFC 6665, RFC 4235, RFC 3842)."""

from lamp import Lamp
from raw_phones import A, B, C, REALM, hang_up
from raw_sip import parameter


def test_a_lamp_shows_a_call_until_it_ends(phones):
    caller, callee, watcher = (phones.registered(number) for number in (A, B, C))
    lamp = Lamp(watcher, "dialog", B, accept="application/dialog-info+xml")
    assert lamp.answer["Expires"] == "600"
    lamp.shows(None)

    outgoing = caller.dial(B)
    incoming = callee.incoming()
    lamp.shows("trying")
    incoming.reply(180)
    lamp.shows("early")
    incoming.accept()
    outgoing.established()
    incoming.expect("ACK")
    lamp.shows("confirmed")
    hang_up(incoming, outgoing)
    lamp.shows("terminated")

    assert lamp.subscribe(0).status == 200
    last = lamp.told()
    assert last["Subscription-State"] == "terminated;reason=timeout"
    assert lamp.subscribe(600).status == 481


def test_notifications_come_over_the_connection_that_the_phone_has_open(phones):
    callee, watcher = phones.registered(B), phones.registered(A, carrier="tcp")
    lamp = Lamp(watcher, "dialog", B)
    lamp.shows(None)
    other = phones.registered(C)
    outgoing = other.dial(B)
    callee.incoming()
    lamp.shows("trying")
    other.answer_to(outgoing.cancel())
    lamp.shows("terminated")


def test_a_subscription_is_refused_without_a_password_and_for_what_there_is_not(phones):
    phone, other = phones.registered(A), phones.registered(B)
    uri = f"sip:{B}@{REALM}"
    stranger = phone.ask("SUBSCRIBE", uri, {"Event": "dialog", "Contact": phone.contact})
    assert stranger.status == 401 and stranger.get("WWW-Authenticate")

    unknown = Lamp(phone, "presence", B).answer
    assert unknown.status == 489
    assert set(unknown["Allow-Events"].split(", ")) == {"dialog", "message-summary"}
    brief = Lamp(phone, "dialog", B, expires=5).answer
    assert (brief.status, brief["Min-Expires"]) == (423, "60")
    assert Lamp(phone, "dialog", "9999").answer.status == 404
    assert Lamp(phone, "message-summary", B).answer.status == 403
    assert Lamp(phone, "dialog", B, accept="application/pidf+xml").answer.status == 406

    lamp = Lamp(phone, "dialog", B)
    lamp.shows(None)
    assert lamp.subscribe(0, authorized=False).status == 401, "nobody ends it who only overheard it"
    other.catch_up()


def test_who_answers_481_is_told_nothing_more(phones):
    caller, callee, watcher = (phones.registered(number) for number in (A, B, C))
    lamp = Lamp(watcher, "dialog", B)
    lamp.told(481)
    # The answer has arrived before what is asked after it.
    watcher.catch_up()
    outgoing = caller.dial(B)
    callee.incoming()
    caller.answer_to(outgoing.cancel())
    watcher.catch_up()
    assert not watcher.has("NOTIFY")
    assert lamp.subscribe(600).status == 481


def test_waiting_messages_are_told_to_their_owner(phones):
    phone = phones.registered(A)
    lamp = Lamp(phone, "message-summary", A, accept="application/simple-message-summary")
    assert lamp.answer.status == 200
    notify = lamp.told()
    assert notify["Content-Type"] == "application/simple-message-summary"
    assert notify.body.startswith("Messages-Waiting: no\r\n")
    assert f"Message-Account: sip:*97@{REALM}" in notify.body
    assert parameter(notify["Subscription-State"], "expires")


def test_a_softphone_asks_for_its_messages_and_is_told(house):
    house.extension(A, "Awa Diop")
    phone = house.phone(A, 440, mwi=True)

    told = phone.expect("MWI_NOTIFY")
    assert "Messages-Waiting: no" in told["param"]
