//! Trying the link before a meeting: a room of one's own for a few minutes, and nothing that could be kept or misused.

use serde_json::{Value, json};
use signaling_proto::token::Claims;

use crate::browser::Office;
use crate::invited::claims;
use crate::participant::Participant;
use crate::server_api::{add_key, sign};

#[tokio::test]
async fn anybody_gets_a_room_with_a_place_for_each_end_and_no_more() {
    let office = Office::start_with(add_key).await;
    let test = begin(&office).await;
    let [sender, receiver] = ends(&test);

    let (sends, hears) = (&claims(&sender)["video"], &claims(&receiver)["video"]);
    assert_eq!(sends["room"], hears["room"]);
    assert_eq!((&sends["canPublish"], &sends["canSubscribe"]), (&json!(true), &json!(false)));
    assert_eq!((&hears["canPublish"], &hears["canSubscribe"]), (&json!(false), &json!(true)));
    for may in [sends, hears] {
        assert_eq!(may["canPublishData"], json!(false));
        assert_eq!((&may["roomAdmin"], &may["roomList"]), (&Value::Null, &Value::Null));
    }
    let lasts = |end| claims(end)["exp"].as_u64().unwrap() - claims(end)["nbf"].as_u64().unwrap();
    assert_eq!((lasts(&sender), lasts(&receiver)), (180, 180));

    let _sender = Participant::enter(&sender).await.expect("its own room");
    let _receiver = Participant::enter(&receiver).await.expect("the same room");
    let third = forged(&office, &test, sends["room"].as_str().unwrap());
    assert!(Participant::enter(&third).await.is_err(), "there is no place for a third");
}

#[tokio::test]
async fn a_room_that_is_over_is_not_opened_by_any_token() {
    let office = Office::start_with(add_key).await;
    let test = begin(&office).await;
    let [sender, _] = ends(&test);
    let room = claims(&sender)["video"]["room"].as_str().unwrap().to_owned();

    office.server.app.link_tests.close(&room);

    assert_eq!(Participant::enter(&sender).await.err(), Some(403));
    assert_eq!(Participant::enter(&forged(&office, &test, &room)).await.err(), Some(403));
}

#[tokio::test]
async fn a_test_is_no_meeting() {
    let office = Office::start_with(add_key).await;
    let test = begin(&office).await;
    let room = claims(&ends(&test)[0])["video"]["room"].as_str().unwrap().to_owned();

    let mut browser = office.browser();
    assert_eq!(browser.get(&format!("/api/meetings/{room}")).await.code(), "not_found");
    // Its tokens are admissions to nothing else.
    let join = json!({"name": "Awa", "previous": test["sender"]});
    assert_eq!(browser.post(&format!("/api/meetings/{room}/join"), join).await.code(), "not_found");
}

#[tokio::test]
async fn one_address_tries_ten_times_a_minute() {
    let office = Office::start().await;
    let mut browser = office.browser();
    for _ in 0..10 {
        assert_eq!(browser.post("/api/connection-test", json!({})).await.status, 200);
    }

    let stopped = browser.post("/api/connection-test", json!({})).await;

    assert_eq!((stopped.status, stopped.code()), (429, "too_many_attempts"));
    assert!(!stopped.header("retry-after").is_empty());
}

async fn begin(office: &Office) -> Value {
    let answer = office.browser().post("/api/connection-test", json!({})).await;
    assert_eq!(answer.status, 200);
    answer.json
}

fn ends(test: &Value) -> [Value; 2] {
    ["sender", "receiver"].map(|end| json!({"url": test["url"], "token": test[end]}))
}

/// What somebody with an API key has signed for a third in the room.
fn forged(office: &Office, test: &Value, room: &str) -> Value {
    json!({"url": test["url"], "token": sign(office, Claims::join("third", room))})
}
