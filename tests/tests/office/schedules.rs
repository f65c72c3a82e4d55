//! Bilateral meetings: planned, announced by mail, and changed.

use palabre_tests::mail_server::MailServer;
use serde_json::{Value, json};

use crate::browser::Office;
use crate::mail::{Read, read, with_mail};

#[tokio::test]
async fn both_delegations_are_invited_each_in_its_language_and_time() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;

    let made = host.post("/api/schedules", bilateral(|_| {})).await;

    assert_eq!(
        (made.status, &made.json["mails"], &made.json["invited"]),
        (201, &json!(2), &json!(true)),
        "{made:?}"
    );
    assert_eq!((&made.json["time_zone"], &made.json["sequence"]), (&json!("Africa/Porto-Novo"), &json!(0)));
    let french = next(&mut server, "awa.diop@example.org").await;
    assert_eq!(french.subject, "Invitation : Commission mixte");
    assert!(
        french.text.contains("jeudi 3 décembre 2026\r\n  Bénin: 10:00 – 11:30\r\n  Inde: 14:30 – 16:00"),
        "{}",
        french.text
    );
    assert!(french.html.contains("Commission mixte") && french.html.contains("10:00 – 11:30"));
    let english = next(&mut server, "ravi@example.in").await;
    assert_eq!(english.subject, "Invitation: Commission mixte");
    assert!(
        english.text.contains("Thursday 3 December 2026\r\n  Inde: 14:30 – 16:00\r\n  Bénin: 10:00"),
        "{}",
        english.text
    );
    assert!(english.text.contains("Ouverture (15 min)"), "the agenda stands below: {}", english.text);

    for mail in [&french, &english] {
        assert_eq!(mail.method, "REQUEST");
        for line in [
            "METHOD:REQUEST",
            "SEQUENCE:0",
            "TZID:Africa/Porto-Novo",
            "DTSTART;TZID=Africa/Porto-Novo:20261203T100000",
            "STATUS:CONFIRMED",
        ] {
            assert!(mail.has(line), "{line} in {}", mail.calendar);
        }
        let (name, attached) = &mail.attachments[0];
        assert_eq!((name.as_str(), attached.as_slice()), ("invitation.ics", mail.calendar.as_bytes()));
    }
    assert_eq!(french.uid(), english.uid());
    assert!(english.has("ORGANIZER;CN=Awa;SENT-BY=\"mailto:palabre@example.org\":mailto:awa@example.org"));
    assert!(
        english.unfolded().contains("mailto:ravi@example.in") && !english.unfolded().contains("awa.diop")
    );
    let seats = host.get(&path(&made.json)).await.json["parties"].clone();
    assert_eq!(seats[0]["seats"][0]["mail"], "sent", "{seats}");
}

#[tokio::test]
async fn what_is_restricted_is_not_named_in_mails_and_the_preview_says_so_before() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let plan = bilateral(|plan| plan["marking"] = json!("restricted"));

    let mut asked = plan.clone();
    asked["seat"] = json!(1);
    let preview = host.post("/api/schedules/preview", asked).await.json;
    assert_eq!(
        (&preview["title"], &preview["discreet"], &preview["recipients"]),
        (&json!("Bénin – Inde"), &json!(true), &json!(2))
    );
    assert_eq!(
        host.get(&agenda("2026-12-01", "2026-12-31")).await.json["entries"],
        json!([]),
        "nothing is stored"
    );

    host.post("/api/schedules", plan).await;
    next(&mut server, "awa.diop@example.org").await;
    let mail = next(&mut server, "ravi@example.in").await;
    assert_eq!(mail.subject, "Invitation: Bénin – Inde");
    for part in [&mail.text, &mail.html, &mail.calendar] {
        assert!(!part.contains("Commission") && !part.contains("Ouverture"), "{part}");
    }
    assert!(mail.text.contains("[RESTRICTED]") && mail.has("CLASS:CONFIDENTIAL"));
    assert_eq!(preview["subject"], mail.subject);
    assert_eq!(links_cut(preview["text"].as_str().unwrap()), links_cut(&mail.text.replace("\r\n", "\n")));
    assert_eq!(links_cut(preview["html"].as_str().unwrap()), links_cut(&mail.html.replace("\r\n", "\n")));
}

#[tokio::test]
async fn a_draft_is_sent_to_nobody_until_it_is_wanted() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let draft = host.post("/api/schedules", bilateral(|plan| plan["send"] = json!(false))).await.json;
    assert_eq!((&draft["mails"], &draft["invited"]), (&json!(0), &json!(false)));

    let sent = host.put(&path(&draft), bilateral(|plan| keep(plan, &draft))).await.json;

    assert_eq!((&sent["mails"], &sent["sequence"]), (&json!(2), &json!(0)), "{sent}");
    assert_eq!(next(&mut server, "awa.diop@example.org").await.subject, "Invitation : Commission mixte");
}

#[tokio::test]
async fn a_change_keeps_the_uid_and_raises_the_sequence_and_whoever_is_gone_is_told() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let made = host.post("/api/schedules", bilateral(|_| {})).await.json;
    let first = next(&mut server, "awa.diop@example.org").await;
    next(&mut server, "ravi@example.in").await;

    let moved = bilateral(|plan| {
        keep(plan, &made);
        plan["start"] = json!("2026-12-03T11:00");
        plan["parties"][1]["seats"] =
            json!([{"name": "Meera", "email": "meera@example.in", "language": "en"}]);
    });
    let changed = host.put(&path(&made), moved).await.json;

    assert_eq!((&changed["sequence"], &changed["mails"]), (&json!(1), &json!(3)), "{changed}");
    let mut mails = Vec::new();
    for _ in 0..3 {
        let mail = server.next().await;
        mails.push((mail.to.clone(), read(&mail)));
    }
    mails.sort_by(|a, b| a.0.cmp(&b.0));
    let [(_, update), (_, invitation), (_, gone)] = &mails[..] else { panic!("three mails") };
    assert_eq!(update.subject, "Modifiée : Commission mixte");
    assert!(update.has("SEQUENCE:1") && update.has("DTSTART;TZID=Africa/Porto-Novo:20261203T110000"));
    assert_eq!((update.uid(), invitation.uid(), gone.uid()), (first.uid(), first.uid(), first.uid()));
    assert_eq!(invitation.subject, "Invitation: Commission mixte");
    assert_eq!((gone.subject.as_str(), gone.method.as_str()), ("Cancelled: Commission mixte", "CANCEL"));
    assert!(gone.has("METHOD:CANCEL") && gone.has("STATUS:CANCELLED") && !gone.text.contains("/i/"));
    assert_eq!(update.link(), first.link(), "whoever stays keeps the link");

    let code = made["code"].as_str().unwrap();
    assert_eq!(host.delete(&format!("/api/meetings/{code}")).await.status, 204);
    for _ in 0..2 {
        let mail = read(&server.next().await);
        assert!(mail.method == "CANCEL" && mail.has("SEQUENCE:2"), "{}", mail.calendar);
    }
}

#[tokio::test]
async fn one_meeting_of_a_series_is_moved_and_another_cancelled() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let made = host
        .post(
            "/api/schedules",
            bilateral(|plan| plan["recurrence"] = json!({"frequency": "weekly", "count": 4})),
        )
        .await
        .json;
    for to in ["awa.diop@example.org", "ravi@example.in"] {
        let invitation = next(&mut server, to).await;
        assert!(invitation.has("RRULE:FREQ=WEEKLY;COUNT=4"), "{}", invitation.calendar);
    }
    let occurrence =
        |day: &str| format!("{}/occurrences/{day}T10:00:00", path(&made).trim_end_matches("/schedule"));

    let moved = host.put(&occurrence("2026-12-10"), json!({"start": "2026-12-11T16:00"})).await;
    assert_eq!((moved.status, &moved.json["sequence"]), (200, &json!(1)), "{moved:?}");
    let told = next(&mut server, "awa.diop@example.org").await;
    assert!(
        told.method == "REQUEST" && told.has("RECURRENCE-ID;TZID=Africa/Porto-Novo:20261210T100000"),
        "{}",
        told.calendar
    );
    assert!(told.has("DTSTART;TZID=Africa/Porto-Novo:20261211T160000") && !told.calendar.contains("RRULE"));
    assert!(told.text.contains("vendredi 11 décembre 2026"), "{}", told.text);
    next(&mut server, "ravi@example.in").await;

    host.put(&occurrence("2026-12-17"), json!({"cancelled": true})).await;
    let told = next(&mut server, "awa.diop@example.org").await;
    assert!(
        told.method == "CANCEL" && told.has("RECURRENCE-ID;TZID=Africa/Porto-Novo:20261217T100000"),
        "{}",
        told.calendar
    );
    next(&mut server, "ravi@example.in").await;

    let entries = host.get(&agenda("2026-12-01", "2026-12-31")).await.json["entries"].clone();
    let seen: Vec<_> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["begins"].as_str().unwrap(), e["cancelled"].as_bool().unwrap()))
        .collect();
    let expected = [
        ("2026-12-03T09:00:00Z", false),
        ("2026-12-11T15:00:00Z", false),
        ("2026-12-17T09:00:00Z", true),
        ("2026-12-24T09:00:00Z", false),
    ];
    assert_eq!(seen, expected);
    assert_eq!(host.put(&occurrence("2026-12-18"), json!({"cancelled": true})).await.code(), "not_found");
    assert_eq!(
        host.put(&occurrence("2026-12-17"), json!({})).await.json["occurrences"][2]["cancelled"],
        false
    );

    // Who is told everything anew learns it whole.
    host.put(&occurrence("2026-12-17"), json!({"cancelled": true})).await;
    let again = bilateral(|plan| {
        keep(plan, &made);
        plan["recurrence"] = json!({"frequency": "weekly", "count": 4});
        plan["title"] = json!("Commission élargie");
    });
    host.put(&path(&made), again).await;
    let whole = loop {
        let mail = read(&server.next().await);
        if mail.subject == "Modifiée : Commission élargie" {
            break mail;
        }
    };
    assert!(whole.has("EXDATE;TZID=Africa/Porto-Novo:20261217T100000"), "{}", whole.calendar);
    assert!(whole.has("RECURRENCE-ID;TZID=Africa/Porto-Novo:20261210T100000"));
}

#[tokio::test]
async fn nobody_takes_over_the_seats_of_another_meeting() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let mut ben = office.user(&mut host, "ben@example.org").await;
    let made = host.post("/api/schedules", bilateral(|plan| plan["send"] = json!(false))).await.json;

    let theirs = bilateral(|plan| {
        keep(plan, &made);
        plan["send"] = json!(false);
        plan["parties"][0]["name"] = json!("Taken");
    });
    let taken = ben.post("/api/schedules", theirs.clone()).await.json;
    assert_ne!(taken["parties"][0]["id"], made["parties"][0]["id"]);
    ben.put(&path(&taken), theirs).await;

    assert_eq!(host.get(&path(&made)).await.json["parties"], made["parties"]);
}

#[tokio::test]
async fn no_text_of_a_plan_leaves_its_place_in_a_mail() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    for (place, field) in [
        ("/title", "title"),
        ("/mail_title", "mail_title"),
        ("/parties/0/name", "name"),
        ("/parties/0/seats/0/name", "name"),
        ("/parties/0/seats/0/title", "title"),
        ("/parties/0/seats/0/email", "email"),
        ("/agenda/0/title", "agenda"),
    ] {
        let plan = bilateral(|plan| {
            plan["mail_title"] = json!("x");
            *plan.pointer_mut(place).unwrap() = json!("a@b.org\r\nBcc: all@example.org");
        });
        let refused = host.post("/api/schedules", plan).await;
        assert_eq!((refused.code(), &refused.json["error"]["field"]), ("invalid", &json!(field)), "{place}");
    }
    let odd = bilateral(|plan| {
        plan["title"] = json!("Point; \"important\", <b>à</b> suivre \\n");
        plan["parties"][0]["seats"][0]["name"] = json!("Awa \"la\" Diop, <x@y>; =?utf-8?q?z?=");
    });
    assert_eq!(host.post("/api/schedules", odd).await.status, 201);
    let raw = server.next().await;
    assert_eq!(raw.to, "awa.diop@example.org");
    let mail = read(&raw);
    assert_eq!(mail.subject, "Invitation : Point; \"important\", <b>à</b> suivre \\n");
    assert!(mail.html.contains("&lt;b&gt;à&lt;/b&gt;") && !mail.html.contains("<b>"), "{}", mail.html);
    assert!(mail.has("SUMMARY:Point\\; \"important\"\\, <b>à</b> suivre \\\\n"), "{}", mail.calendar);
    let message = mail_parser::MessageParser::default().parse(&raw.message).unwrap();
    let to = message.to().and_then(|to| to.first()).unwrap();
    assert_eq!(to.address(), Some("awa.diop@example.org"), "{to:?}");
}

#[tokio::test]
async fn without_mail_a_meeting_is_planned_all_the_same_and_links_are_handed_over() {
    let office = Office::start().await;
    let mut host = office.administrator().await;

    let sent = host.post("/api/schedules", bilateral(|_| {})).await;
    assert_eq!((sent.status, sent.code()), (409, "no_mail"));
    let made = host.post("/api/schedules", bilateral(|plan| plan["send"] = json!(false))).await;
    assert_eq!((made.status, &made.json["parties"][0]["seats"][0]["mail"]), (201, &json!("none")));
}

/// Benin and India, on 3 December 2026 at ten in Porto-Novo.
pub(crate) fn bilateral(change: impl FnOnce(&mut Value)) -> Value {
    let mut plan = json!({
        "title": "Commission mixte", "start": "2026-12-03T10:00", "minutes": 90, "languages": ["fr", "en"],
        "parties": [
            {"name": "Bénin", "country": "BJ", "seats": [
                {"name": "Awa Diop", "title": "Directrice", "email": "awa.diop@example.org", "role": "chair", "is_head": true}]},
            {"name": "Inde", "country": "IN", "seats": [
                {"name": "Ravi", "title": "Secretary", "email": "ravi@example.in", "role": "head", "language": "en"}]},
        ],
        "agenda": [{"title": "Ouverture", "minutes": 15}],
        "send": true,
    });
    change(&mut plan);
    plan
}

/// The same seats as before.
pub(crate) fn keep(plan: &mut Value, made: &Value) {
    for party in 0..2 {
        plan["parties"][party]["id"] = made["parties"][party]["id"].clone();
        plan["parties"][party]["seats"][0]["id"] = made["parties"][party]["seats"][0]["id"].clone();
    }
}

pub(crate) fn path(made: &Value) -> String {
    format!("/api/meetings/{}/schedule", made["code"].as_str().expect("a code"))
}

pub(crate) fn agenda(from: &str, until: &str) -> String {
    format!("/api/agenda?from={from}T00:00:00Z&until={until}T00:00:00Z")
}

pub(crate) async fn next(server: &mut MailServer, to: &str) -> Read {
    let mail = server.next().await;
    assert_eq!(mail.to, to);
    read(&mail)
}

impl Read {
    /// Whether the calendar has a line.
    pub(crate) fn has(&self, line: &str) -> bool {
        self.unfolded().lines().any(|have| have == line)
    }

    /// The calendar with its long lines made whole (RFC 5545 §3.1).
    fn unfolded(&self) -> String {
        self.calendar.replace("\r\n ", "").replace("\r\n\t", "")
    }

    pub(crate) fn uid(&self) -> String {
        let line = self.calendar.lines().find(|line| line.starts_with("UID:"));
        line.expect("a name in calendars").to_owned()
    }

    pub(crate) fn link(&self) -> String {
        self.text.lines().find(|line| line.contains("/i/")).expect("a personal link").trim().to_owned()
    }
}

pub(crate) fn secret_of(link: &str) -> String {
    link.trim().rsplit('/').next().expect("a secret").to_owned()
}

/// A text with its secrets cut out.
fn links_cut(text: &str) -> String {
    let mut cut = String::new();
    for (at, part) in text.split("/i/").flat_map(|part| part.split("/r/")).enumerate() {
        let rest = if at == 0 {
            part
        } else {
            part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '…'))
        };
        cut += rest;
    }
    cut
}
