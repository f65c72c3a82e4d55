//! The server as its operator sees it.

use serde_json::json;

use crate::browser::Office;
use crate::meetings::meeting;

#[tokio::test]
async fn a_server_that_drains_says_so_and_lets_nobody_in() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral"})).await;
    let mut door = host.events(&format!("{path}/knocks")).await;
    door.next().await;
    assert_eq!(host.get("/health").await.json, json!("ok"));

    office.server.app.drain();

    let health = host.get("/health").await;
    assert_eq!((health.status, &health.json), (503, &json!("draining")));
    assert_eq!(host.get("/api/server").await.json["draining"], true);
    let refused = host.post(&format!("{path}/join"), json!({})).await;
    assert_eq!((refused.status, refused.code()), (503, "draining"));
    assert_eq!(door.next().await, None, "streams end, so that pages look for a successor");
}

#[tokio::test]
async fn a_stopped_server_has_answered_everything_and_freed_its_port() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral"})).await;
    let mut door = host.events(&format!("{path}/knocks")).await;
    door.next().await;
    let address = office.server.http;

    office.server.stop().await;

    assert_eq!(door.next().await, None);
    std::net::TcpListener::bind(address).expect("the port is free");
}

#[tokio::test]
async fn what_was_stored_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::start_with(|config| config.store.dir = dir.path().to_owned()).await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    let join = format!("{path}/join");
    let before = office.browser().post(&join, json!({"name": "Coumba"})).await.json;
    let cookie = host.cookie.clone();
    host.patch(&path, json!({"waiting_room": true})).await;
    office.server.stop().await;

    let office = Office::start_with(|config| config.store.dir = dir.path().to_owned()).await;

    let mut host = office.browser();
    host.cookie = cookie;
    assert_eq!(host.get("/api/me").await.json["name"], "Awa", "whoever was signed in still is");
    let again = office.browser().post(&join, json!({"previous": before["token"]})).await.json;
    assert_eq!(again["identity"], before["identity"], "an admitted guest comes back without knocking");
}

#[tokio::test]
async fn metrics_are_for_the_addresses_that_may_read_them() {
    let office = Office::start().await;
    let metrics = office.browser().get("/metrics").await;
    let text = metrics.json.as_str().unwrap();
    for name in ["palabre_info{", "palabre_http_requests_total{", "process_resident_memory_bytes "] {
        assert!(text.contains(&format!("\n{name}")), "{text}");
    }

    let closed = Office::start_with(|config| config.metrics.allow.clear()).await;
    assert_eq!(closed.browser().get("/metrics").await.code(), "not_allowed");
}

#[tokio::test]
async fn behind_a_proxy_the_public_address_counts() {
    let office = Office::start_with(|config| {
        config.http.public_url = Some("https://meet.example.org".to_owned());
        config.http.trusted_proxies = vec![[127, 0, 0, 1].into()];
        config.metrics.allow = vec![[192, 0, 2, 7].into()];
    })
    .await;
    let link = office.server.administrator_link().await.unwrap().unwrap();
    assert!(link.starts_with("https://meet.example.org/setup/"), "{link}");

    let mut host = office.browser();
    host.origin = Some("https://meet.example.org".to_owned());
    let setup = link.replace("https://meet.example.org/", "/api/");
    let who = json!({"name": "Awa", "email": "awa@example.org", "password": "a very long password"});
    let made = host.post(&setup, who).await;
    assert!(made.header("set-cookie").contains("; Secure"), "{made:?}");
    let made = host.post("/api/meetings", json!({"title": "Bilateral"})).await;
    assert!(made.json["link"].as_str().unwrap().starts_with("https://meet.example.org/m/"));

    let forwarded = |chain: &'static str| {
        let request = host.request(reqwest::Method::GET, "/metrics");
        async move { request.header("x-forwarded-for", chain).send().await.unwrap().status().as_u16() }
    };
    assert_eq!(forwarded("192.0.2.7").await, 200);
    assert_eq!(forwarded("192.0.2.7, 198.51.100.1").await, 403, "only the proxy's own word counts");
}
