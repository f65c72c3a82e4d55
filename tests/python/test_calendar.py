"""The calendars in our mails, as two programs read them that are not ours: `icalendar`, which takes a zone's rules from its own
tables, and `vobject`, which takes them from the VTIMEZONE that we wrote."""

import json
import urllib.request
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
import vobject

from mail_sink import MailSink
from program import Program

ZONES = {"FR": "Europe/Paris", "BJ": "Africa/Porto-Novo", "US": "America/New_York"}
PARTIES = [
    {"name": name, "country": country, "seats": [{"name": name, "email": f"{country.lower()}@example.org", "language": language}]}
    for name, country, language in [("France", "FR", "fr"), ("Bénin", "BJ", "fr"), ("United States", "US", "en")]
]


@pytest.fixture(scope="module")
def sink():
    sink = MailSink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory, sink):
    mail = f"""
            [mail]
            server = "127.0.0.1"
            port = {sink.port}
            encryption = "none"
            from = "palabre@example.org"
            """
    program = Program(tmp_path_factory.mktemp("calendar"), more=mail)
    program.start()
    yield Office(program)
    program.stop()


class Office:
    """Somebody who is signed in as administrator and plans meetings."""

    def __init__(self, program):
        self.url = program.url
        self.cookie = ""
        secret = program.run("admin-link").split("/setup/")[1].split()[0]
        who = {"name": "Awa", "email": "awa@example.org", "password": "a very long password"}
        self.call("POST", f"/api/setup/{secret}", who)

    def call(self, method, path, body=None):
        headers = {"origin": self.url, "content-type": "application/json", "cookie": self.cookie}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            if cookie := answer.headers["set-cookie"]:
                self.cookie = cookie.split(";")[0]
            text = answer.read()
            return json.loads(text) if text else None


def plan(zone, start, **more):
    return {"title": "Point", "start": start, "minutes": 60, "time_zone": zone, "parties": PARTIES, "send": True, **more}


def keeping(made, **more):
    """The same plan with the seats that are there."""
    parties = [
        {**party, "id": known["id"], "seats": [{**party["seats"][0], "id": known["seats"][0]["id"]}]}
        for party, known in zip(PARTIES, made["parties"])
    ]
    return {**more, "parties": parties}


def calendars(sink, count=3):
    """The calendars of so many mails, by who gets them."""
    found = {}
    for _ in range(count):
        mail = sink.next()
        part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
        attached = next(part for part in mail.walk() if part.get_filename() == "invitation.ics")
        text = part.get_content()
        assert attached.get_content().decode() == text
        assert part["content-type"].params["method"] == icalendar.Calendar.from_ical(text)["METHOD"]
        found[mail["to"].addresses[0].addr_spec] = text
    return found


def expanded(text, until=datetime(2028, 1, 1, tzinfo=timezone.utc), of=None):
    """Beginnings in universal time, as `icalendar` with its tables sees them; of one meeting, if it is named."""
    calendar = icalendar.Calendar.from_ical(text)
    events = recurring_ical_events.of(calendar).between(datetime(2026, 1, 1, tzinfo=timezone.utc), until)
    return sorted(event["DTSTART"].dt.astimezone(timezone.utc) for event in events if of in (None, event["UID"]))


def expanded_by_vtimezone(text):
    """Beginnings in universal time, as `vobject` sees them: only by what stands in the file."""
    events = vobject.readOne(text).vevent_list
    master = next(event for event in events if not hasattr(event, "recurrence_id"))
    zone = master.dtstart.value.tzinfo
    rules = master.getrruleset(addRDate=True)
    # The library gives beginnings without a zone, in the zone of the series.
    begins = {begin.replace(tzinfo=begin.tzinfo or zone).astimezone(timezone.utc) for begin in (rules or [master.dtstart.value])}
    for event in events:
        if event is not master:
            begins.discard(event.recurrence_id.value.astimezone(timezone.utc))
            begins.add(event.dtstart.value.astimezone(timezone.utc))
    return sorted(begins)


def local(begins, zone):
    return [begin.astimezone(ZoneInfo(zone)).strftime("%m-%d %H:%M") for begin in begins]


@pytest.mark.parametrize(
    "zone, start, expected",
    [
        # The clocks change in New York on 14 March, in Paris on 28 March 2027, in Cotonou never.
        (
            "Europe/Paris",
            "2027-03-08T15:00",
            {
                "FR": ["03-08 15:00", "03-15 15:00", "03-22 15:00", "03-29 15:00"],
                "BJ": ["03-08 15:00", "03-15 15:00", "03-22 15:00", "03-29 14:00"],
                "US": ["03-08 09:00", "03-15 10:00", "03-22 10:00", "03-29 09:00"],
            },
        ),
        (
            "Africa/Porto-Novo",
            "2027-03-08T15:00",
            {
                "FR": ["03-08 15:00", "03-15 15:00", "03-22 15:00", "03-29 16:00"],
                "BJ": ["03-08 15:00", "03-15 15:00", "03-22 15:00", "03-29 15:00"],
                "US": ["03-08 09:00", "03-15 10:00", "03-22 10:00", "03-29 10:00"],
            },
        ),
        (
            "America/New_York",
            "2027-10-25T09:00",
            {
                "FR": ["10-25 15:00", "11-01 14:00", "11-08 15:00", "11-15 15:00"],
                "BJ": ["10-25 14:00", "11-01 14:00", "11-08 15:00", "11-15 15:00"],
                "US": ["10-25 09:00", "11-01 09:00", "11-08 09:00", "11-15 09:00"],
            },
        ),
    ],
)
def test_a_weekly_meeting_is_at_the_same_moment_for_everybody(office, sink, zone, start, expected):
    office.call("POST", "/api/schedules", plan(zone, start, recurrence={"frequency": "weekly", "count": 4}))

    for text in calendars(sink).values():
        for begins in (expanded(text), expanded_by_vtimezone(text)):
            assert {country: local(begins, ZONES[country]) for country in ZONES} == expected


def test_one_meeting_is_moved_and_one_is_cancelled_and_the_series_stays(office, sink):
    again = {"recurrence": {"frequency": "weekly", "count": 4}}
    made = office.call("POST", "/api/schedules", plan("Europe/Paris", "2027-03-15T10:00", **again))
    first = calendars(sink)["fr@example.org"]
    path = f"/api/meetings/{made['code']}"

    office.call("PUT", f"{path}/occurrences/2027-03-22T10:00:00", {"cancelled": True})
    cancelled = calendars(sink)["fr@example.org"]
    event = icalendar.Calendar.from_ical(cancelled).walk("VEVENT")[0]
    assert (event["STATUS"], event["SEQUENCE"], event["UID"]) == ("CANCELLED", 1, uid(first))
    assert event["RECURRENCE-ID"].dt == datetime(2027, 3, 22, 10, tzinfo=ZoneInfo("Europe/Paris"))

    office.call("PUT", f"{path}/occurrences/2027-03-29T10:00:00", {"start": "2027-03-30T16:30"})
    moved = calendars(sink)["us@example.org"]
    event = icalendar.Calendar.from_ical(moved).walk("VEVENT")[0]
    assert (event["SEQUENCE"], event["UID"]) == (2, uid(first))
    assert event["RECURRENCE-ID"].dt == datetime(2027, 3, 29, 10, tzinfo=ZoneInfo("Europe/Paris"))
    # By the VTIMEZONE alone as well: it is summer in Paris by then.
    [by_file] = vobject.readOne(moved).vevent_list
    for begins in (event["DTSTART"].dt, by_file.dtstart.value):
        assert begins.astimezone(ZoneInfo("America/New_York")).strftime("%m-%d %H:%M") == "03-30 10:30"

    # Who is told everything anew sees the same.
    anew = plan("Europe/Paris", "2027-03-15T10:00", **again)
    whole = keeping(made, **{**anew, "title": "Point élargi"})
    office.call("PUT", f"{path}/schedule", whole)
    for text in calendars(sink).values():
        for begins in (expanded(text), expanded_by_vtimezone(text)):
            assert local(begins, "Europe/Paris") == ["03-15 10:00", "03-30 16:30", "04-05 10:00"]
        events = icalendar.Calendar.from_ical(text).walk("VEVENT")
        assert {event["SEQUENCE"] for event in events} == {3} and {event["UID"] for event in events} == {uid(first)}


def test_a_meeting_that_is_cancelled_is_taken_back_under_its_name(office, sink):
    made = office.call("POST", "/api/schedules", plan("Africa/Porto-Novo", "2026-12-03T10:00"))
    first = calendars(sink)["bj@example.org"]

    office.call("DELETE", f"/api/meetings/{made['code']}")

    last = calendars(sink)["bj@example.org"]
    calendar = icalendar.Calendar.from_ical(last)
    event = calendar.walk("VEVENT")[0]
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert event["UID"] == uid(first)
    assert event["ORGANIZER"] == "mailto:awa@example.org"
    assert vobject.readOne(last).vevent.attendee.value == "mailto:bj@example.org"


def test_the_feed_is_a_calendar_that_both_can_read(office, sink):
    office.call("POST", "/api/schedules", plan("America/New_York", "2027-03-12T09:00", recurrence={"frequency": "daily", "count": 4}))
    mailed = calendars(sink)
    url = office.call("POST", "/api/me/calendar", {"language": "fr"})["url"]

    with urllib.request.urlopen(url, timeout=30) as answer:
        text = answer.read().decode()

    calendar = icalendar.Calendar.from_ical(text)
    assert calendar["METHOD"] == "PUBLISH"
    # Other meetings are in it as well.
    begins = expanded(text, of=uid(mailed["bj@example.org"]))
    assert local(begins, "America/New_York") == ["03-12 09:00", "03-13 09:00", "03-14 09:00", "03-15 09:00"]
    assert len(vobject.readOne(text).vevent_list) == len(calendar.walk("VEVENT"))


def uid(text):
    return icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["UID"]
