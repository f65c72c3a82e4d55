//! Those who are invited: their links, their answers, reminders, and their calendars.

use std::time::Duration;

use base64::Engine as _;
use palabre_tests::mail_server::MailServer;
use serde_json::{Value, json};

use crate::browser::Office;
use crate::mail::with_mail;
use crate::participant::Participant;
use crate::schedules::{agenda, bilateral, keep, next, path, secret_of};

#[tokio::test]
async fn a_personal_link_admits_under_its_name_and_party_through_the_waiting_room() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let made =
        host.post("/api/schedules", bilateral(|plan| plan["marking"] = json!("restricted"))).await.json;
    next(&mut server, "awa.diop@example.org").await;
    let secret = secret_of(&next(&mut server, "ravi@example.in").await.link());
    let meeting = path(&made).trim_end_matches("/schedule").to_owned();
    let mut door = host.events(&format!("{meeting}/knocks")).await;
    door.next().await;

    let mut guest = office.browser();
    let invitation = guest.get(&format!("/api/invitations/{secret}")).await.json;
    assert_eq!(
        (&invitation["name"], &invitation["party"], &invitation["role"]),
        (&json!("Ravi"), &json!("Inde"), &json!("head"))
    );
    assert_eq!((&invitation["title"], &invitation["code"]), (&json!("Bénin – Inde"), &made["code"]));
    let join = guest
        .post(&format!("{meeting}/join"), json!({"invitation": secret, "name": "Somebody else"}))
        .await
        .json;
    assert_eq!(join["state"], "waiting", "{join}");
    let ticket = join["ticket"].as_str().unwrap().to_owned();
    let mut wait = guest.events(&format!("{meeting}/knocks/{ticket}")).await;
    wait.next().await;
    let (_, seen) = door.next().await.unwrap();
    let knock = &seen["knocks"][0];
    assert_eq!(
        (&knock["name"], &knock["party"], &knock["title"]),
        (&json!("Ravi"), &json!("Inde"), &json!("Secretary"))
    );
    host.post(&format!("{meeting}/knocks/{ticket}/admit"), json!({})).await;
    let admitted = loop {
        match wait.next().await.unwrap() {
            (event, join) if event == "admitted" => break join,
            (event, _) => assert_eq!(event, "table", "who else is there"),
        }
    };
    let claims = claims(&admitted);
    assert_eq!((&claims["name"], &claims["attributes"]["palabre.party"]), (&json!("Ravi"), &json!("Inde")));
    assert_eq!(claims["attributes"]["palabre.seat_role"], "head");
    let seat = &made["parties"][1]["seats"][0]["id"];
    assert_eq!(claims["sub"], format!("guest-seat-{seat}"));

    // Coming back needs no second word from the host; a link that is taken back leads nowhere, by no way.
    let back = json!({"previous": admitted["token"]});
    assert_eq!(guest.post(&format!("{meeting}/join"), back.clone()).await.json["state"], "admitted");
    assert_eq!(host.delete(&format!("{meeting}/seats/{seat}/link")).await.status, 204);
    assert_eq!(guest.post(&format!("{meeting}/join"), back).await.code(), "no_invitation");
    assert_eq!(
        guest.post(&format!("{meeting}/join"), json!({"invitation": secret})).await.code(),
        "no_invitation"
    );
    assert_eq!(guest.get(&format!("/api/invitations/{secret}")).await.code(), "no_invitation");
    assert_eq!(Participant::enter(&admitted).await.err(), Some(403));

    let anew = host.post(&format!("{meeting}/seats/{seat}/link"), json!({})).await.json;
    let anew = secret_of(anew["link"].as_str().unwrap());
    assert_eq!(
        guest.post(&format!("{meeting}/join"), json!({"invitation": anew})).await.json["state"],
        "waiting"
    );
}

#[tokio::test]
async fn a_link_dies_with_its_meeting_and_opens_no_other() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let made = host.post("/api/schedules", bilateral(|plan| plan["send"] = json!(false))).await.json;
    let other = host.post("/api/schedules", bilateral(|plan| plan["send"] = json!(false))).await.json;
    let meeting = path(&made).trim_end_matches("/schedule").to_owned();
    let seat = &made["parties"][1]["seats"][0]["id"];
    let link =
        host.get(&format!("{meeting}/seats/{seat}/link")).await.json["link"].as_str().unwrap().to_owned();
    let secret = secret_of(&link);
    assert!(link.starts_with(&format!("{}/i/", office.base())));
    let mut guest = office.browser();

    let elsewhere = path(&other).replace("/schedule", "/join");
    assert_eq!(guest.post(&elsewhere, json!({"invitation": secret})).await.code(), "no_invitation");
    let foreign =
        host.get(&format!("{}/seats/{seat}/link", path(&other).trim_end_matches("/schedule"))).await;
    assert_eq!(foreign.code(), "not_found");
    assert_eq!(guest.get(&format!("/api/invitations/{secret}")).await.status, 200);
    office.server.app.clock.advance(Duration::from_secs(366 * 24 * 3600));
    assert_eq!(guest.get(&format!("/api/invitations/{secret}")).await.code(), "no_invitation");
}

#[tokio::test]
async fn an_answer_is_given_by_a_word_and_not_by_looking() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let made = host.post("/api/schedules", bilateral(|_| {})).await.json;
    let mail = next(&mut server, "awa.diop@example.org").await;
    next(&mut server, "ravi@example.in").await;
    let secret =
        secret_of(mail.text.lines().find(|line| line.contains("/r/")).unwrap().split('?').next().unwrap());
    let mut scanner = office.browser();
    let answer_of = |view: &Value| view["parties"][0]["seats"][0]["answer"].clone();

    let asked = scanner.get(&format!("/api/answers/{secret}?answer=accepted")).await;
    assert_eq!((asked.status, &asked.json["answer"]), (200, &json!(null)));
    assert_eq!(answer_of(&host.get(&path(&made)).await.json), json!(null));
    assert_eq!(
        scanner.post(&format!("/api/answers/{secret}"), json!({"answer": "accepted"})).await.status,
        204
    );
    let seen = host.get(&path(&made)).await.json;
    assert_eq!(answer_of(&seen), "accepted");
    assert!(seen["parties"][0]["seats"][0]["answered"].is_string());
    assert_eq!(
        scanner.get(&format!("/api/invitations/{secret}")).await.code(),
        "no_invitation",
        "it lets nobody in"
    );
    let wrong =
        scanner.post(&format!("/api/answers/{}", "a".repeat(43)), json!({"answer": "declined"})).await;
    assert_eq!(wrong.code(), "no_invitation");

    // Another hour is another question.
    let moved = bilateral(|plan| {
        keep(plan, &made);
        plan["start"] = json!("2026-12-04T10:00");
    });
    assert_eq!(answer_of(&host.put(&path(&made), moved).await.json), json!(null));
}

#[tokio::test]
async fn whoever_comes_is_reminded_in_time() {
    let mut server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let start = office.server.app.clock.now() + Duration::from_secs(3 * 3600);
    // In universal time without the Z it is a local time of UTC.
    let start = start.to_string().trim_end_matches('Z').to_owned();
    let made = host
        .post(
            "/api/schedules",
            bilateral(|plan| {
                plan["start"] = json!(start);
                plan["time_zone"] = json!("UTC");
                plan["reminder"] = json!(30);
            }),
        )
        .await;
    assert_eq!(made.status, 201, "{made:?}");
    let mail = next(&mut server, "awa.diop@example.org").await;
    let declined = next(&mut server, "ravi@example.in").await;
    let secret = secret_of(
        declined.text.lines().find(|line| line.contains("/r/")).unwrap().split('?').next().unwrap(),
    );
    office.browser().post(&format!("/api/answers/{secret}"), json!({"answer": "declined"})).await;
    assert!(server.is_empty());

    office.server.app.clock.advance(Duration::from_secs(2 * 3600 + 35 * 60));
    office.server.app.mail.wake();

    let reminder = next(&mut server, "awa.diop@example.org").await;
    assert_eq!(reminder.subject, "Rappel : Commission mixte");
    assert_eq!((reminder.link(), reminder.calendar.as_str()), (mail.link(), ""));
    office.server.app.mail.wake();
    let changed = host.put(&path(&made.json), bilateral(|plan| keep(plan, &made.json))).await;
    assert_eq!(changed.json["mails"], 2);
    assert_eq!(
        next(&mut server, "awa.diop@example.org").await.subject,
        "Modifiée : Commission mixte",
        "and only once"
    );
}

#[tokio::test]
async fn a_calendar_program_reads_ones_meetings_at_a_secret_address() {
    let server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let mut ravi = office.user(&mut host, "ravi@example.in").await;
    let made = host.post("/api/schedules", bilateral(|_| {})).await.json;
    host.post("/api/schedules", bilateral(|plan| plan["send"] = json!(false))).await;
    assert_eq!(ravi.get("/api/me/calendar").await.json, json!({"since": null, "url": null}));

    let url = ravi.post("/api/me/calendar", json!({"language": "en"})).await.json["url"]
        .as_str()
        .unwrap()
        .to_owned();
    let address = url.trim_start_matches(&office.base()).to_owned();

    let feed = office.browser().get(&address).await;
    assert_eq!(feed.header("content-type"), "text/calendar; charset=utf-8");
    let feed = feed.json.as_str().unwrap().to_owned();
    assert!(feed.contains("METHOD:PUBLISH") && feed.contains("SUMMARY:Commission mixte"), "{feed}");
    assert_eq!(feed.matches("BEGIN:VEVENT").count(), 1, "drafts are nobody's business");
    assert!(feed.replace("\r\n ", "").contains(made["link"].as_str().unwrap()) && !feed.contains("/i/"));
    assert_eq!(office.browser().get(&format!("{address}.ics")).await.status, 200);

    let another = ravi.post("/api/me/calendar", json!({})).await.json;
    assert_ne!(another["url"], url);
    assert_eq!(office.browser().get(&address).await.status, 404, "the one before leads nowhere");
    assert_eq!(ravi.delete("/api/me/calendar").await.status, 204);
    let gone = another["url"].as_str().unwrap().trim_start_matches(&office.base()).to_owned();
    assert_eq!(office.browser().get(&gone).await.status, 404);
}

#[tokio::test]
async fn whoever_is_named_sees_the_meeting_and_comes_in_and_nobody_else() {
    let server = MailServer::start().await;
    let office = with_mail(&server, |_| {}).await;
    let mut host = office.administrator().await;
    let mut ravi = office.user(&mut host, "ravi@example.in").await;
    let mut ben = office.user(&mut host, "ben@example.org").await;
    let plan = bilateral(|plan| {
        plan["marking"] = json!("restricted");
        plan["waiting_room"] = json!(false);
    });
    let made = host.post("/api/schedules", plan).await.json;
    let join = path(&made).replace("/schedule", "/join");

    assert_eq!(ravi.get(&agenda("2026-12-01", "2026-12-31")).await.json["entries"][0]["code"], made["code"]);
    assert_eq!(ben.get(&agenda("2026-12-01", "2026-12-31")).await.json["entries"], json!([]));
    let seen = ravi.get(&path(&made)).await.json;
    assert_eq!((&seen["is_host"], &seen["parties"][0]["seats"][0]["email"]), (&json!(false), &json!(null)));
    assert_eq!(ben.get(&path(&made)).await.code(), "not_allowed");
    assert_eq!(ravi.put(&path(&made), bilateral(|_| {})).await.code(), "not_allowed");
    let admitted = ravi.post(&join, json!({})).await.json;
    assert_eq!(claims(&admitted)["attributes"]["palabre.party"], "Inde");
    assert_eq!(ben.post(&join, json!({})).await.code(), "marking");
}

pub(crate) fn claims(join: &Value) -> Value {
    let token = join["token"].as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}
