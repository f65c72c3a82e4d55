//! Messages, from the caller's voice to the ear of whoever was called.

use palabre::accounts::Email;
use palabre::config::{Config, MailEncryption};
use palabre_tests::mail_server::MailServer;
use palabre_tests::telephone::Telephone;
use palabre_tests::tone::{Ear, RATE, strength_at};
use serde_json::json;

use crate::browser::{Browser, Office};
use crate::mail::read;

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

#[tokio::test]
async fn a_message_comes_by_mail_to_who_wants_it_with_its_sound() {
    let mut server = MailServer::start().await;
    let (office, _admin, mut ben) = open_with(21_500..=21_599, |config| {
        config.mail.server = Some("localhost".to_owned());
        config.mail.port = server.address.port();
        config.mail.encryption = MailEncryption::None;
        config.mail.from = Some(Email::new("palabre@example.org").unwrap());
    })
    .await;
    assert_eq!(
        ben.get("/api/me/mail").await.json,
        json!({"configured": true, "voicemail": false, "language": "fr"}),
        "nobody gets mails unasked"
    );
    assert_eq!(ben.put("/api/me/mail", json!({"voicemail": true, "language": "en"})).await.status, 204);

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

    let mail = server.next().await;
    assert_eq!(mail.to, "ben@example.org");
    let read = read(&mail);
    assert_eq!(read.subject, "Voice message from Awa (201)");
    assert!(
        read.text.contains("left you a message of") && read.text.contains("Porto-Novo time"),
        "{}",
        read.text
    );
    let (name, wav) = &read.attachments[0];
    assert_eq!((name.as_str(), &wav[..4], &wav[8..12]), ("message.wav", &b"RIFF"[..], &b"WAVE"[..]));
    let wav = sip_gateway_proto::media::wav::read(wav).expect("a WAV file");
    let samples: Vec<f32> = wav.samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect();
    assert!((8_000 * 2..8_000 * 8).contains(&samples.len()), "{}", samples.len());
    // Somewhere in it is the tone that was spoken.
    let loudest = samples.chunks(1_600).map(|chunk| strength_at(chunk, 440.0, 8_000)).fold(0.0, f32::max);
    assert!(wav.rate == 8_000 && loudest > 0.05, "{loudest}");
}

/// Two extensions with phones; 202 has a mailbox and is Ben's.
async fn open() -> (Office, Browser, Browser) {
    open_with(21_400..=21_499, |_| {}).await
}

async fn open_with(
    ports: std::ops::RangeInclusive<u16>,
    choose: impl FnOnce(&mut Config),
) -> (Office, Browser, Browser) {
    let office = Office::start_with(|config| {
        config.sip.listen = vec!["127.0.0.1:0".parse().expect("an address")];
        (config.sip.tls, config.sip.ws) = (Vec::new(), Vec::new());
        config.sip.rtp_ports = ports;
        choose(config);
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
