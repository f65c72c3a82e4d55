//! What the office does with those who are inside a meeting.

use livekit_protocol::{self as proto, DisconnectReason, leave_request::Action};
use proto::signal_request;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::browser::{Browser, Office};
use crate::meetings::meeting;
use crate::participant::Participant;

#[tokio::test]
async fn whoever_is_inside_is_counted() {
    let (office, mut host, path) = open().await;
    let mut guest = office.browser();
    let mut inside = enter(&mut guest, &path, "Coumba").await;
    let _host = enter(&mut host, &path, "").await;

    let seen = host.get("/api/meetings").await.json["meetings"][0].clone();
    assert_eq!((&seen["in_session"], &seen["participants"]), (&json!(true), &json!(2)));
    assert_eq!(guest.get(&path).await.json["in_session"], true);
    let metrics = guest.get("/metrics").await.json;
    let metrics = metrics.as_str().unwrap();
    assert!(metrics.contains("\npalabre_rooms 1\n"), "{metrics}");

    inside.says(signal_request::Message::Leave(proto::LeaveRequest::default())).await;
    host.post(&format!("{path}/end"), json!({})).await;
    assert_eq!(guest.get(&path).await.json["in_session"], false);
}

#[tokio::test]
async fn whoever_is_removed_leaves_and_no_token_leads_back() {
    let (office, mut host, path) = open().await;
    let mut guest = office.browser();
    let join = join(&mut guest, &path, "Coumba").await;
    let mut inside = Participant::enter(&join).await.unwrap();

    let identity = join["identity"].as_str().unwrap();
    let remove = format!("{path}/participants/{identity}/remove");
    assert_eq!(host.post(&remove, json!({})).await.status, 204);

    assert_eq!(inside.is_sent_away().await.reason(), DisconnectReason::ParticipantRemoved);
    assert_eq!(Participant::enter(&join).await.err(), Some(403), "a token that has not expired");
    let again = guest.post(&format!("{path}/join"), json!({"previous": join["token"]})).await;
    assert_eq!((again.status, again.code()), (403, "removed"));

    // With another name it is another guest, whom a waiting room would hold up.
    host.patch(&path, json!({"waiting_room": true})).await;
    let anew = guest.post(&format!("{path}/join"), json!({"name": "Coumba"})).await;
    assert_eq!(anew.json["state"], "waiting");
}

#[tokio::test]
async fn a_removed_user_is_kept_out_until_the_host_ends_the_meeting() {
    let (office, mut host, path) = open().await;
    let mut user = office.user(&mut host, "ben@example.org").await;
    let join = join(&mut user, &path, "").await;
    let _inside = Participant::enter(&join).await.unwrap();
    let identity = join["identity"].as_str().unwrap();

    host.post(&format!("{path}/participants/{identity}/remove"), json!({})).await;
    let refused = user.post(&format!("{path}/join"), json!({})).await;
    assert_eq!((refused.status, refused.code()), (403, "removed"));

    host.post(&format!("{path}/end"), json!({})).await;
    enter(&mut user, &path, "").await;
}

#[tokio::test]
async fn the_host_ends_the_meeting_for_everybody_but_is_never_removed() {
    let (office, mut host, path) = open().await;
    let mut guest = enter(&mut office.browser(), &path, "Coumba").await;
    let own = join(&mut host, &path, "").await;
    let mut own_presence = Participant::enter(&own).await.unwrap();

    let identity = own["identity"].as_str().unwrap();
    let refused = host.post(&format!("{path}/participants/{identity}/remove"), json!({})).await;
    assert_eq!(refused.code(), "not_allowed");
    assert_eq!(host.post(&format!("{path}/end"), json!({})).await.status, 204);

    for inside in [&mut guest, &mut own_presence] {
        let leave = inside.is_sent_away().await;
        assert_eq!((leave.reason(), leave.action()), (DisconnectReason::RoomDeleted, Action::Disconnect));
    }
}

#[tokio::test]
async fn nobody_makes_oneself_a_host_in_the_eyes_of_others() {
    let (office, _host, path) = open().await;
    let mut inside = enter(&mut office.browser(), &path, "Coumba").await;

    assert!(inside.sets("palabre.hand", "2026-11-24T12:00:00Z").await);
    assert!(!inside.sets("palabre.role", "host").await);
    assert!(!inside.sets("palabre.role", "").await);
}

#[tokio::test]
async fn with_an_account_or_a_meeting_go_the_tokens_it_gave() {
    let (office, mut host, path) = open().await;
    let mut user = office.user(&mut host, "ben@example.org").await;
    let (user_join, guest_join) =
        (join(&mut user, &path, "").await, join(&mut office.browser(), &path, "Coumba").await);
    let id = user.get("/api/me").await.json["id"].as_str().unwrap().to_owned();

    host.delete(&format!("/api/users/{id}")).await;
    assert_eq!(Participant::enter(&user_join).await.err(), Some(403));
    host.delete(&path).await;
    assert_eq!(Participant::enter(&guest_join).await.err(), Some(403));
}

#[tokio::test]
async fn a_full_meeting_says_so_before_the_media_do() {
    let office = Office::start_with(|config| config.limits.participants = 1).await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    let _inside = enter(&mut host, &path, "").await;

    let refused = office.browser().post(&format!("{path}/join"), json!({"name": "Coumba"})).await;
    assert_eq!((refused.status, refused.code()), (409, "meeting_full"));
    assert_eq!(join(&mut host, &path, "").await["state"], "admitted", "the host may come back");
}

#[tokio::test]
async fn a_host_mutes_what_is_there() {
    let (office, mut host, path) = open().await;
    let join = join(&mut office.browser(), &path, "Coumba").await;
    let _inside = Participant::enter(&join).await.unwrap();
    let identity = join["identity"].as_str().unwrap();
    let mut mute = async |identity: &str, body: Value| {
        let answer = host.post(&format!("{path}/participants/{identity}/mute"), body).await;
        (answer.status, answer.code().to_owned())
    };

    assert_eq!(mute(identity, json!({"source": "microphone"})).await.0, 204, "no microphone is a mute one");
    assert_eq!(mute(identity, json!({"track_sid": "TR_none"})).await, (404, "not_found".to_owned()));
    assert_eq!(mute("guest-none", json!({"source": "microphone"})).await, (404, "not_found".to_owned()));
    for wrong in [json!({}), json!({"source": "telepathy"})] {
        assert_eq!(mute(identity, wrong).await, (400, "invalid".to_owned()));
    }
}

#[tokio::test]
async fn a_server_that_stops_tells_everybody_to_come_back() {
    let (office, _host, path) = open().await;
    let mut inside = enter(&mut office.browser(), &path, "Coumba").await;

    let (leave, ()) = tokio::join!(inside.is_sent_away(), office.server.stop());

    assert_eq!((leave.reason(), leave.action()), (DisconnectReason::ServerShutdown, Action::Reconnect));
}

#[tokio::test]
async fn webhooks_tell_of_rooms_signed() {
    let receiver = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", receiver.local_addr().unwrap());
    let office = Office::start_with(|config| config.webhook.urls = vec![url]).await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral"})).await;

    let _inside = enter(&mut host, &path, "").await;

    let (mut stream, _) = receiver.accept().await.unwrap();
    let mut request = String::new();
    while !request.contains("room_started") {
        let mut chunk = [0; 4096];
        let length = stream.read(&mut chunk).await.unwrap();
        assert_ne!(length, 0, "{request}");
        request += std::str::from_utf8(&chunk[..length]).unwrap();
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    assert!(
        request.starts_with("POST /hook HTTP/1.1\r\n") && request.contains("authorization: ey"),
        "{request}"
    );
}

/// A server, a host and the path of a meeting that guests enter without waiting.
async fn open() -> (Office, Browser, String) {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    (office, host, path)
}

async fn join(browser: &mut Browser, path: &str, name: &str) -> Value {
    let join = browser.post(&format!("{path}/join"), json!({"name": name})).await.json;
    assert_eq!(join["state"], "admitted", "{join}");
    join
}

async fn enter(browser: &mut Browser, path: &str, name: &str) -> Participant {
    let join = join(browser, path, name).await;
    Participant::enter(&join).await.expect("an open door")
}
