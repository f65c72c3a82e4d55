//! The waiting room, as its guests and hosts see it.

use serde_json::json;

use crate::browser::{Browser, Events, Office};
use crate::meetings::meeting;

#[tokio::test]
async fn a_guest_knocks_the_host_sees_it_and_lets_the_guest_in() {
    let (office, mut host, path) = held().await;
    let mut door = host.events(&format!("{path}/knocks")).await;
    assert_eq!(door.next().await, Some(("knocks".into(), json!({"knocks": []}))));

    let mut guest = office.browser();
    let (ticket, mut wait) = knock(&mut guest, &path, "Coumba").await;
    assert_eq!(wait.next().await, Some(("waiting".into(), json!({}))));
    let (_, seen) = door.next().await.unwrap();
    assert_eq!(
        (&seen["knocks"][0]["name"], &seen["knocks"][0]["ticket"]),
        (&json!("Coumba"), &json!(ticket))
    );
    assert!(seen["knocks"][0]["since"].as_str().unwrap().ends_with('Z'));

    assert_eq!(host.post(&format!("{path}/knocks/{ticket}/admit"), json!({})).await.status, 204);

    let (event, join) = wait.next().await.unwrap();
    assert_eq!(
        (event.as_str(), &join["state"], &join["name"]),
        ("admitted", &json!("admitted"), &json!("Coumba"))
    );
    assert_eq!(join["url"], office.base().replace("http", "ws"));
    assert!(join["identity"].as_str().unwrap().starts_with("guest-"));
    assert_eq!(wait.next().await, None, "the stream has told everything");
    assert_eq!(door.next().await, Some(("knocks".into(), json!({"knocks": []}))));
    let twice = host.post(&format!("{path}/knocks/{ticket}/refuse"), json!({})).await;
    assert_eq!(twice.code(), "not_found");
}

#[tokio::test]
async fn a_refused_guest_is_told_so() {
    let (office, mut host, path) = held().await;
    let (ticket, mut wait) = knock(&mut office.browser(), &path, "Coumba").await;

    host.post(&format!("{path}/knocks/{ticket}/refuse"), json!({})).await;

    assert_eq!(wait.next().await.unwrap().0, "waiting");
    assert_eq!(wait.next().await.unwrap().0, "refused");
    assert_eq!(wait.next().await, None);
}

#[tokio::test]
async fn when_the_host_ends_the_meeting_nobody_waits_on() {
    let (office, mut host, path) = held().await;
    let (_, mut wait) = knock(&mut office.browser(), &path, "Coumba").await;

    assert_eq!(host.post(&format!("{path}/end"), json!({})).await.status, 204);

    assert_eq!(wait.next().await.unwrap().0, "waiting");
    assert_eq!(wait.next().await.unwrap().0, "ended");
}

#[tokio::test]
async fn an_admission_is_not_lost_while_the_guest_is_away_for_a_moment() {
    let (office, mut host, path) = held().await;
    let mut guest = office.browser();
    let (ticket, wait) = knock(&mut guest, &path, "Coumba").await;
    drop(wait);

    host.post(&format!("{path}/knocks/{ticket}/admit"), json!({})).await;

    let mut wait = guest.events(&format!("{path}/knocks/{ticket}")).await;
    assert_eq!(wait.next().await.unwrap().0, "waiting");
    assert_eq!(wait.next().await.unwrap().0, "admitted");
}

#[tokio::test]
async fn a_guest_who_closes_the_page_is_seen_to_leave() {
    let (office, host, path) = held().await;
    let mut door = host.events(&format!("{path}/knocks")).await;
    door.next().await;
    let (_, wait) = knock(&mut office.browser(), &path, "Coumba").await;
    assert_eq!(door.next().await.unwrap().1["knocks"].as_array().map(Vec::len), Some(1));

    drop(wait);

    // Nothing but the guest's absence brings this event.
    assert_eq!(door.next().await, Some(("knocks".into(), json!({"knocks": []}))));
}

#[tokio::test]
async fn a_ticket_is_of_no_use_to_others_and_elsewhere() {
    let (office, mut host, path) = held().await;
    let elsewhere = meeting(&mut host, json!({"title": "Another"})).await;
    let (ticket, _wait) = knock(&mut office.browser(), &path, "Coumba").await;

    let mut stranger = office.browser();
    for wrong in [format!("{path}/knocks/{}", "a".repeat(43)), format!("{elsewhere}/knocks/{ticket}")] {
        assert_eq!(stranger.get(&wrong).await.code(), "not_found");
    }
    let own = stranger.post(&format!("{path}/knocks/{ticket}/admit"), json!({})).await;
    assert_eq!(own.code(), "not_signed_in");
}

#[tokio::test]
async fn only_so_many_wait_and_only_so_often_one_knocks() {
    let office = Office::start_with(|config| {
        config.limits.knocks_per_meeting = 2;
        config.limits.knocks_per_address = 4;
    })
    .await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral"})).await;
    let mut guest = office.browser();
    let join = format!("{path}/join");

    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer = guest.post(&join, json!({"name": "Coumba"})).await;
        assert!(answer.status == 200 || !answer.header("retry-after").is_empty());
        statuses.push(answer.status);
    }

    assert_eq!(statuses, [200, 200, 429, 429, 429]);
    let elsewhere = meeting(&mut host, json!({"title": "Another"})).await;
    let other = guest.post(&format!("{elsewhere}/join"), json!({"name": "Coumba"})).await;
    assert_eq!(other.status, 429, "the address has knocked too often");
}

/// A server, a host and the path of the host's meeting.
async fn held() -> (Office, Browser, String) {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral"})).await;
    (office, host, path)
}

async fn knock(guest: &mut Browser, path: &str, name: &str) -> (String, Events) {
    let join = guest.post(&format!("{path}/join"), json!({"name": name})).await.json;
    assert_eq!(join["state"], "waiting", "{join}");
    let ticket = join["ticket"].as_str().expect("a ticket").to_owned();
    let events = guest.events(&format!("{path}/knocks/{ticket}")).await;
    (ticket, events)
}
