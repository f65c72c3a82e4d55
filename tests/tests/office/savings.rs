//! What is saved, over HTTP: tariffs come in, calls are rated, the page adds up.

use std::time::{Duration, SystemTime};

use reqwest::Method;
use serde_json::{Value, json};
use sip_gateway::{Directory as _, Fact, LegState};
use sip_gateway_proto::call::{CallId, EndCause, LegId, MediaReport, RecordedRoute};
use sip_gateway_proto::plan::{PostId, TrunkId};

use crate::browser::{Browser, Office};

const TARIFFS: &str = "kind;owner;prefix;currency;per_minute;first;next;rounding;from\n\
                       old;Paris;229;EUR;0,89;60;60;up;2017-01-01\n\
                       trunk;Orange;229;EUR;0,11;1;1;nearest;2017-01-01\n";

#[tokio::test]
async fn calls_are_rated_by_the_tariffs_and_the_page_agrees_with_the_records() {
    let (office, mut admin) = open().await;
    import(&mut admin, "tariffs", TARIFFS, 200).await;
    import(&mut admin, "rates", "currency,month,rate\nEUR,2017-01,655.957\n", 200).await;
    // Paris calls Cotonou inside, and a mobile there over its trunk.
    record(&office, 1, RecordedRoute::OnNet { post: PostId(2) }, "202");
    record(&office, 2, RecordedRoute::Trunk { trunk: TrunkId(1), post: PostId(1) }, "+22997000000");

    let page = admin.get("/api/savings").await.json;

    assert_eq!((&page["total"]["records"], &page["total"]["talked"]), (&json!(2), &json!(122_000)), "{page}");
    assert_eq!((&page["total"]["old"], &page["total"]["actual"]), (&json!(2 * 1168), &json!(72)));
    assert_eq!((&page["total"]["share"], &page["goal"]), (&json!(97), &json!({"from": 30, "to": 70})));
    assert_eq!((&page["check"]["agrees"], &page["check"]["call_records"]), (&json!(true), &json!(2)));
    assert_eq!(
        (&page["pending"], &page["currency"], &page["decimals"]),
        (&json!(0), &json!("XOF"), &json!(0))
    );
    assert_eq!((&page["posts"][0]["name"], &page["posts"][1]), (&json!("Paris"), &Value::Null));
    let routes: Vec<_> =
        (0..2).map(|n| (&page["routes"][n]["to_post"], &page["routes"][n]["to_country"])).collect();
    assert_eq!(routes, [(&json!("Cotonou"), &json!("")), (&Value::Null, &json!("BJ"))]);
    let cdr = admin.get("/api/admin/cdr").await.json;
    assert_eq!(cdr["talked"], json!(4 * 61), "both sides of each call");

    let records = admin.get("/api/savings/records.csv").await;
    let text = records.json.as_str().unwrap();
    assert!(text.contains("\"229: 120 s, 1.78 EUR × 655.957\""), "{text}");
    let sums = admin.get("/api/savings.csv").await;
    let text = sums.json.as_str().unwrap();
    assert!(text.contains(",Paris,2,122.000,XOF,2336,72,2264,97,0,"), "{text}");
}

#[tokio::test]
async fn the_caller_sees_in_the_history_what_the_call_cost_and_would_have() {
    let (office, mut admin) = open().await;
    import(&mut admin, "tariffs", TARIFFS, 200).await;
    let me = admin.get("/api/me").await.json["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.patch(&format!("/api/users/{me}"), json!({"extension": "201"})).await.status, 200);
    record(&office, 1, RecordedRoute::OnNet { post: PostId(2) }, "202");

    let call = admin.get("/api/calls/history").await.json["calls"][0].clone();
    assert_eq!(
        call["cost"],
        json!({"currency": "XOF", "decimals": 0, "actual": 0, "old": null}),
        "no rate yet"
    );

    import(&mut admin, "rates", "currency,month,rate\nEUR,2017-01,655.957\n", 200).await;
    let call = admin.get("/api/calls/history").await.json["calls"][0].clone();
    assert_eq!((&call["cost"]["actual"], &call["cost"]["old"]), (&json!(0), &json!(1168)));
}

#[tokio::test]
async fn a_table_comes_in_whole_or_not_at_all_and_can_be_tried() {
    let (office, mut admin) = open().await;
    let wrong = format!(
        "{TARIFFS}old;Rome;39;EUR;0,5;60;60;up;2017-01-01\nold;Paris;39;EUR;much;60;60;up;2017-01-01\n"
    );

    let refused = import(&mut admin, "tariffs", &wrong, 422).await;
    let lines: Vec<_> = refused["faults"].as_array().unwrap().iter().map(|fault| &fault["line"]).collect();
    assert_eq!((lines, &refused["taken"]), (vec![&json!(4), &json!(5)], &json!(false)));
    let tried = import(&mut admin, "tariffs?dry_run=true", TARIFFS, 200).await;
    assert_eq!((&tried["lines"], &tried["taken"]), (&json!(2), &json!(false)));
    assert_eq!(admin.get("/api/admin/tariffs").await.json["tariffs"], json!([]));

    import(&mut admin, "tariffs", TARIFFS, 200).await;
    let one = "kind,prefix,currency,per_minute,from\nold,33,XOF,300,2017-01-01\n";
    import(&mut admin, "tariffs?replace=true", one, 200).await;
    let left = admin.get("/api/admin/tariffs").await.json["tariffs"].clone();
    assert_eq!(
        (&left[0]["prefix"], &left[0]["per_minute"], &left[1]),
        (&json!("33"), &json!("300"), &Value::Null)
    );
    let log = palabre::audit::newest(&office.server.app.store, 2).await.unwrap();
    assert!(log.iter().all(|entry| entry.action == "tariffs.import"), "{log:?}");
}

#[tokio::test]
async fn savings_are_for_administrators() {
    let (office, mut admin) = open().await;
    let mut user = office.user(&mut admin, "ben@example.org").await;
    for path in ["/api/savings", "/api/savings.csv", "/api/savings/records.csv", "/api/admin/tariffs"] {
        assert_eq!(user.get(path).await.code(), "not_allowed", "{path}");
        assert_eq!(office.browser().get(path).await.code(), "not_signed_in", "{path}");
    }
    assert_eq!(post(&user, "tariffs", TARIFFS).await.0, 403);
    assert_eq!(admin.get("/api/savings?month=2026-13").await.code(), "invalid");
    assert_eq!(admin.get("/api/savings?post=all").await.code(), "invalid");
}

/// Posts Paris (1) and Cotonou (2), the trunk Orange, and extensions 201 in Paris and 202 in Cotonou.
async fn open() -> (Office, Browser) {
    let office = Office::start().await;
    let mut admin = office.administrator().await;
    for (path, body) in [
        ("posts", json!({"name": "Paris", "country": "FR"})),
        ("posts", json!({"name": "Cotonou", "country": "BJ"})),
        ("trunks", json!({"name": "Orange", "host": "192.0.2.1", "post": 1})),
        ("extensions", json!({"number": "201", "name": "Awa", "post": 1})),
        ("extensions", json!({"number": "202", "name": "Ben", "post": 2})),
    ] {
        let made = admin.post(&format!("/api/admin/{path}"), body).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    (office, admin)
}

async fn import(admin: &mut Browser, path: &str, table: &str, status: u16) -> Value {
    let (seen, body) = post(admin, path, table).await;
    assert_eq!(seen, status, "{body}");
    body
}

async fn post(browser: &Browser, path: &str, table: &str) -> (u16, Value) {
    let request = browser.request(Method::POST, &format!("/api/admin/{path}"));
    let request = request.header("content-type", "text/csv; charset=utf-8").body(table.to_owned());
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

/// A call of 61 seconds from extension 201 that ended just now.
fn record(office: &Office, call: u64, to: RecordedRoute, reached: &str) {
    let directory = &office.server.app.directory;
    let began = SystemTime::now() - Duration::from_secs(70);
    let leg = |number: u64, inbound, route, to: &str| LegState {
        run: directory.run(),
        call: CallId(call),
        leg: LegId(call * 10 + number),
        inbound,
        from: "201".to_owned(),
        from_name: "Awa".to_owned(),
        dialled: reached.to_owned(),
        to: to.to_owned(),
        route,
        began,
        ringing: None,
        answered: Some(began),
        ended: Some((began + Duration::from_secs(61), EndCause::HungUp)),
        media: MediaReport::default(),
    };
    directory.record(Fact::Leg(Box::new(leg(0, true, RecordedRoute::OnNet { post: PostId(1) }, reached))));
    directory.record(Fact::Leg(Box::new(leg(1, false, to, reached))));
}
