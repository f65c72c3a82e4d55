//! Who may speak, as the chair of a meeting wants it.

use livekit_protocol as proto;
use proto::signal_request;
use serde_json::{Value, json};

use crate::browser::{Browser, Office};
use crate::meetings::meeting;
use crate::participant::Participant;

#[tokio::test]
async fn the_chair_gives_the_floor_and_everybody_reads_who_has_it() {
    let mut table = Table::set().await;

    let view = table.chair.put(&table.at("floor"), json!({"limit_seconds": 300})).await;
    assert_eq!((view.status, &view.json["limit_seconds"]), (200, &json!(300)));
    assert_eq!(table.shown().await["holder"], Value::Null);
    assert!(table.delegate.sets("palabre.hand", "2026-11-29T12:00:00Z").await);
    table.give().await;

    let floor = table.shown().await;
    assert_eq!((&floor["holder"], &floor["limit_seconds"]), (&json!(table.identity), &json!(300)));
    assert!(floor["since"].is_string());
    let lowered = |own: &proto::ParticipantInfo| !own.attributes.contains_key("palabre.hand");
    table.delegate.sees(&table.identity, lowered).await;

    let close = table.at("floor/close");
    assert_eq!(table.chair.post(&close, json!({})).await.status, 204);
    let floor = table.shown().await;
    assert_eq!((&floor["holder"], &floor["spoken"][0]["name"]), (&Value::Null, &json!("Coumba")));
}

#[tokio::test]
async fn whoever_has_not_the_floor_is_muted_and_cannot_open_the_microphone() {
    let mut table = Table::set().await;
    table.chair.put(&table.at("floor"), json!({})).await;

    let sid = table.delegate.publishes_a_microphone().await;
    table.delegate.is_told_to_mute(&sid).await;
    assert!(!table.delegate.opens(&sid).await);

    table.give().await;
    assert!(table.delegate.opens(&sid).await);

    table.chair.post(&table.at("floor/close"), json!({})).await;
    table.delegate.is_told_to_mute(&sid).await;
    assert_eq!(table.chair.delete(&table.at("floor")).await.status, 204);
    assert!(table.delegate.opens(&sid).await);
}

#[tokio::test]
async fn the_floor_is_free_again_when_it_is_given_back_or_its_holder_leaves() {
    let mut table = Table::set().await;
    table.chair.put(&table.at("floor"), json!({})).await;
    table.give().await;
    table.shows_holder(true).await;

    table.delegate.sets("palabre.gesture", "yield").await;
    table.shows_holder(false).await;

    table.give().await;
    table.shows_holder(true).await;
    let mut observer = enter(&mut table.office.browser(), &table.path, "Eva").await;
    table.delegate.says(signal_request::Message::Leave(proto::LeaveRequest::default())).await;
    while !shown_to(&mut observer).await["holder"].is_null() {}
}

#[tokio::test]
async fn only_the_host_has_the_chair_and_only_of_a_meeting_with_people_in_it() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let mut user = office.user(&mut host, "ben@example.org").await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    let floor = format!("{path}/floor");

    assert_eq!(user.put(&floor, json!({})).await.code(), "not_allowed");
    assert_eq!(office.browser().put(&floor, json!({})).await.code(), "not_signed_in");
    assert_eq!(host.put(&floor, json!({})).await.code(), "conflict");
    assert_eq!(host.put(&floor, json!({"limit_seconds": 0})).await.code(), "invalid");
    for free in ["give", "close"] {
        let answer = host.post(&format!("{floor}/{free}"), json!({"identity": "guest-1"})).await;
        assert_eq!(answer.code(), "conflict", "everybody may speak");
    }
    assert_eq!(host.delete(&floor).await.status, 204, "it is as it was wanted");

    let _inside = enter(&mut host, &path, "").await;
    host.put(&floor, json!({})).await;
    let nobody = host.post(&format!("{floor}/give"), json!({"identity": "guest-1"})).await;
    assert_eq!(nobody.code(), "not_found");
}

/// A meeting with its chair, whose presence is not looked at, and one delegate.
struct Table {
    office: Office,
    chair: Browser,
    _presence: Participant,
    path: String,
    delegate: Participant,
    identity: String,
}

impl Table {
    async fn set() -> Self {
        let office = Office::start().await;
        let mut chair = office.administrator().await;
        let path = meeting(&mut chair, json!({"title": "Bilateral", "waiting_room": false})).await;
        let presence = enter(&mut chair, &path, "").await;
        let join = office.browser().post(&format!("{path}/join"), json!({"name": "Coumba"})).await.json;
        let identity = join["identity"].as_str().expect("an identity").to_owned();
        let delegate = Participant::enter(&join).await.expect("it is let in");
        Self { office, chair, _presence: presence, path, delegate, identity }
    }

    fn at(&self, what: &str) -> String {
        format!("{}/{what}", self.path)
    }

    async fn give(&mut self) {
        let answer = self.chair.post(&self.at("floor/give"), json!({"identity": self.identity})).await;
        assert_eq!(answer.status, 204);
    }

    /// What the room shows of the floor next.
    async fn shown(&mut self) -> Value {
        shown_to(&mut self.delegate).await
    }

    async fn shows_holder(&mut self, somebody: bool) {
        while self.shown().await["holder"].is_null() == somebody {}
    }
}

async fn shown_to(participant: &mut Participant) -> Value {
    loop {
        let room = participant.hears_of_the_room().await;
        // Before the first floor there is no word of one.
        if let Ok(shown) = serde_json::from_str::<Value>(&room.metadata) {
            return shown["floor"].clone();
        }
    }
}

async fn enter(browser: &mut Browser, path: &str, name: &str) -> Participant {
    let join = browser.post(&format!("{path}/join"), json!({"name": name})).await;
    Participant::enter(&join.json).await.expect("it is let in")
}
