//! Who was in a meeting, as its host reads it afterwards.

use livekit_protocol::{self as proto, signal_request};
use palabre::config::Config;
use palabre::server::Server;
use palabre_tests::browser::Browser as Screen;
use serde_json::{Value, json};

use crate::browser::{Browser, Office};
use crate::meetings::meeting;

#[tokio::test]
async fn the_host_reads_who_was_there_from_when_to_when() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    place(&mut host).await;
    let path = meeting(&mut host, json!({"title": "Bilatérale", "waiting_room": false})).await;
    let awa = enter(&office, &mut host, &path, "").await;
    let coumba = enter(&office, &mut office.browser(), &path, "Coumba").await;

    let listed = until(&mut host, &path, "both are there", |list| people(list).len() == 2).await;
    assert_eq!(listed["time_zone"], "Africa/Porto-Novo");
    assert_eq!(listed["sittings"][0]["title"], "Bilatérale");
    let seen = &listed["sittings"][0]["people"][0];
    assert_eq!(
        (&seen["name"], &seen["post"], &seen["extension"]),
        (&json!("Awa"), &json!("Cotonou"), &json!("201"))
    );
    assert_eq!((&seen["kind"], &seen["left"]), (&json!("browser"), &Value::Null));

    coumba.say(signal_request::Message::Leave(proto::LeaveRequest::default()));
    let gone = until(&mut host, &path, "one has left", |list| !people(list)[1]["left"].is_null()).await;
    assert_eq!(
        (&gone["sittings"][0]["people"][1]["name"], &gone["sittings"][0]["ended"]),
        (&json!("Coumba"), &Value::Null)
    );
    assert!(people(&gone)[0]["left"].is_null());
    drop(awa);

    host.post(&format!("{path}/end"), json!({})).await;
    let over = until(&mut host, &path, "it is over", |list| !list["sittings"][0]["ended"].is_null()).await;
    assert!(people(&over).iter().all(|one| !one["left"].is_null()), "{over}");
}

#[tokio::test]
async fn the_list_is_for_the_host_only_and_taking_it_away_is_noted() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilatérale", "waiting_room": false})).await;
    let _inside = enter(&office, &mut host, &path, "").await;
    let mut other = office.user(&mut host, "ben@example.org").await;

    for list in ["attendance", "attendance.csv"] {
        let at = format!("{path}/{list}");
        assert_eq!(other.get(&at).await.code(), "not_allowed");
        assert_eq!(office.browser().get(&at).await.code(), "not_signed_in");
    }
    until(&mut host, &path, "the host is there", |list| !people(list).is_empty()).await;
    let table = host.get(&format!("{path}/attendance.csv")).await;

    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    let text = table.json.as_str().unwrap();
    assert!(text.starts_with("meeting,began,name,") && text.contains("\r\nBilatérale,"), "{text}");
    let log = palabre::audit::newest(&office.server.app.store, 1).await.unwrap();
    assert_eq!(log[0].action, "attendance.export");
}

#[tokio::test]
async fn whoever_was_inside_when_the_server_died_was_there_until_its_last_sign_of_life() {
    let dir = tempfile::tempdir().unwrap();
    let first = Server::start(config(dir.path())).await.unwrap();
    let mut host = administrator(&first).await;
    let path = meeting(&mut host, json!({"title": "Bilatérale", "waiting_room": false})).await;
    let join = host.post(&format!("{path}/join"), json!({})).await.json;
    let _inside = Screen::open(first.http, join["token"].as_str().unwrap()).await;
    until(&mut host, &path, "the host is there", |list| !people(list).is_empty()).await;
    // No stop: as if the machine had lost its power.
    drop(first);

    let second = Server::start(config(dir.path())).await.unwrap();
    let cookie = host.cookie.clone();
    let mut host = Browser::at(format!("http://{}", second.http));
    host.cookie = cookie;

    let list = host.get(&format!("{path}/attendance")).await.json;
    let seen = &people(&list)[0];
    assert!(!seen["left"].is_null() && !list["sittings"][0]["ended"].is_null(), "{list}");
    assert_eq!(seen["interrupted"], true);
}

async fn place(host: &mut Browser) {
    let post = host.post("/api/admin/posts", json!({"name": "Cotonou", "country": "BJ"})).await;
    assert_eq!(post.status, 201, "{post:?}");
    let made = host.post("/api/admin/extensions", json!({"number": "201", "name": "Awa"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    let me = host.get("/api/me").await.json;
    let path = format!("/api/users/{}", me["id"].as_str().expect("text"));
    assert_eq!(host.patch(&path, json!({"extension": "201"})).await.status, 200);
}

async fn enter(office: &Office, browser: &mut Browser, path: &str, name: &str) -> Screen {
    let join = browser.post(&format!("{path}/join"), json!({"name": name})).await.json;
    Screen::open(office.server.http, join["token"].as_str().expect("text")).await
}

fn people(list: &Value) -> &[Value] {
    list["sittings"][0]["people"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Asks until something is true.
async fn until(host: &mut Browser, path: &str, what: &str, seen: impl Fn(&Value) -> bool) -> Value {
    let begin = std::time::Instant::now();
    loop {
        let list = host.get(&format!("{path}/attendance")).await.json;
        if seen(&list) {
            return list;
        }
        assert!(begin.elapsed().as_secs() < 30, "waited in vain until {what}: {list}");
        tokio::task::yield_now().await;
    }
}

fn config(dir: &std::path::Path) -> Config {
    let mut config = Config::default();
    let free = "127.0.0.1:0".parse().expect("an address");
    (config.http.listen, config.https.listen) = (free, None);
    (config.sfu.listen, config.sfu.tcp, config.sfu.shards) = (free, None, 1);
    config.turn.enabled = false;
    config.sip.listen = Vec::new();
    config.store.dir = dir.to_owned();
    config
}

async fn administrator(server: &Server) -> Browser {
    let link = server.administrator_link().await.expect("a store").expect("there is no administrator yet");
    let secret = link.rsplit('/').next().expect("a secret");
    let mut browser = Browser::at(format!("http://{}", server.http));
    let who = json!({"name": "Awa", "email": "awa@example.org", "password": crate::browser::ADMINISTRATOR_PASSWORD});
    assert_eq!(browser.post(&format!("/api/setup/{secret}"), who).await.status, 201);
    browser
}
