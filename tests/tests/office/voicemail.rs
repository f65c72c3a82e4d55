//! Messages, from the caller's voice to the ear of whoever was called.

use palabre_tests::telephone::Telephone;
use palabre_tests::tone::{Ear, RATE};
use serde_json::json;

use crate::browser::{Browser, Office};

#[tokio::test]
async fn a_message_is_left_by_telephone_and_heard_in_the_browser_and_by_telephone() {
    let (office, mut admin, mut ben) = open().await;
    let caller = phone(&office, "201").await;
    caller.dial("202");
    caller.until("it is greeted", |display| display.loudness() > SPEECH).await;
    caller.keys("1");
    caller.until("the beep is heard", |display| display.loudness() > SPEECH).await;
    caller.until("the beep is over", |display| display.loudness() < QUIET).await;
    caller.speak(Some(440.0));
    let begun = caller.display().heard.len();
    caller.until("two seconds are spoken", |display| display.heard.len() > begun + 16_000).await;
    caller.keys("#");
    caller.until("it is thanked and hung up on", |display| display.hung_up).await;

    let list = ben.get("/api/messages").await;
    let message = &list.json["messages"][0];
    assert_eq!((&message["from"], &message["name"]), (&json!("201"), &json!("Awa")), "{list:?}");
    assert_eq!(message["heard"], json!(false));
    assert!(message["length"].as_u64().is_some_and(|length| (1..=6).contains(&length)), "{message}");
    let path = format!("/api/messages/{}", message["id"].as_str().expect("an id"));
    assert_eq!(admin.get(&format!("{path}/sound")).await.status, 404, "nobody hears the messages of others");
    let sound = ben.request(reqwest::Method::GET, &format!("{path}/sound")).send().await.expect("an answer");
    assert_eq!(sound.headers()["content-type"], "audio/ogg");
    let sound = sound.bytes().await.expect("a body");
    assert!(strength(&sound, 440.0) > 0.05, "{}", strength(&sound, 440.0));

    assert_eq!(ben.put("/api/me/mailbox-pin", json!({"pin": "47"})).await.status, 400);
    assert_eq!(ben.put("/api/me/mailbox-pin", json!({"pin": "4711"})).await.status, 204);
    let own = phone(&office, "202").await;
    own.dial("*97");
    own.until("it is asked for the PIN", |display| display.loudness() > SPEECH).await;
    own.keys("1234#");
    own.until("it is asked again", |display| display.loudness() < QUIET).await;
    own.until("it is told that the PIN is wrong", |display| display.loudness() > SPEECH).await;
    own.keys("4711#");
    own.until("the message is heard", |display| display.strength(440.0) > 0.05).await;
    own.keys("2");
    own.until("there are no more", |display| display.hung_up).await;
    let list = ben.get("/api/messages").await;
    assert_eq!(list.json["messages"][0]["heard"], json!(true), "{list:?}");

    assert_eq!(ben.delete(&path).await.status, 204);
    assert_eq!(ben.get("/api/messages").await.json, json!({"messages": []}));
    assert_eq!(ben.get(&format!("{path}/sound")).await.status, 404);
}

/// Two extensions with phones; 202 has a mailbox and is Ben's.
async fn open() -> (Office, Browser, Browser) {
    let office = Office::start_with(|config| {
        config.sip.listen = vec!["127.0.0.1:0".parse().expect("an address")];
        (config.sip.tls, config.sip.ws) = (Vec::new(), Vec::new());
        config.sip.rtp_ports = 21_400..=21_499;
    })
    .await;
    let mut admin = office.administrator().await;
    for (path, body) in [
        ("posts", json!({"name": "Cotonou", "country": "BJ"})),
        ("extensions", json!({"number": "201", "name": "Awa", "password": password("201")})),
        (
            "extensions",
            json!({"number": "202", "name": "Ben", "password": password("202"), "voicemail_after": 5}),
        ),
    ] {
        let made = admin.post(&format!("/api/admin/{path}"), body).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    let mut ben = office.user(&mut admin, "ben@example.org").await;
    let id = ben.get("/api/me").await.json["id"].as_str().expect("an id").to_owned();
    let changed = admin.patch(&format!("/api/users/{id}"), json!({"extension": "202"})).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    (office, admin, ben)
}

async fn phone(office: &Office, number: &str) -> Telephone {
    let server = office.server.sip().expect("phones are on");
    Telephone::registered(server, "palabre", number, &password(number)).await
}

fn password(number: &str) -> String {
    format!("long-secret-of-{number}")
}

/// How strongly a tone sounds where it is strongest in a recording: Opus in Ogg (RFC 3533, RFC 7845).
fn strength(ogg: &[u8], hertz: f32) -> f32 {
    let (mut ear, mut strongest, mut packets, mut packet) = (Ear::default(), 0.0_f32, 0, Vec::new());
    let mut rest = ogg;
    while let Some(page) = rest.strip_prefix(b"OggS") {
        let segments = usize::from(page[22]);
        let (lacing, mut body) = page[23..].split_at(segments);
        for &size in lacing {
            let (piece, after) = body.split_at(usize::from(size));
            packet.extend_from_slice(piece);
            body = after;
            if size < 255 {
                packets += 1;
                // The first two are no sound.
                if packets > 2 {
                    ear.hear(&packet);
                    strongest = strongest.max(ear.strength(hertz));
                }
                packet.clear();
            }
        }
        rest = body;
    }
    assert!(packets > RATE / 960, "a second of sound at least: {packets}");
    strongest
}

/// How loud speech is, and what is none.
const SPEECH: f32 = 0.02;
const QUIET: f32 = 0.005;
