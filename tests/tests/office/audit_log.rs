//! The audit log, as administrators read it.

use serde_json::{Value, json};

use crate::browser::Office;
use crate::meetings::meeting;

#[tokio::test]
async fn who_came_in_was_admitted_and_by_whom_is_in_the_log() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilatérale"})).await;
    host.post(&format!("{path}/join"), json!({})).await;
    let mut guest = office.browser();
    let waits = guest.post(&format!("{path}/join"), json!({"name": "Coumba"})).await.json;
    let ticket = waits["ticket"].as_str().unwrap();
    let mut at_door = guest.events(&format!("{path}/knocks/{ticket}")).await;
    at_door.next().await;
    assert_eq!(host.post(&format!("{path}/knocks/{ticket}/admit"), json!({})).await.status, 204);
    let (admitted, join) = at_door.next().await.unwrap();
    assert_eq!(admitted, "admitted");
    host.patch(&path, json!({"locked": true})).await;

    let log = host.get("/api/admin/audit").await.json;

    let seen: Vec<_> = log["entries"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    let expected = ["meeting.change", "meeting.join", "knock.admit", "meeting.join", "meeting.add", "setup"];
    assert_eq!(json!(seen), json!(expected));
    let identity = join["identity"].as_str().unwrap();
    let code = path.rsplit('/').next().unwrap();
    let entry = |n: usize| log["entries"][n].clone();
    assert_eq!(entry(1)["actor"], identity);
    assert_eq!(entry(1)["object"], format!("{code} Coumba"));
    assert_eq!(entry(2)["object"], format!("{code} {identity} Coumba"));
    assert_eq!((&entry(2)["actor_name"], &entry(2)["address"]), (&json!("Awa"), &json!("127.0.0.1")));

    let found = host.get("/api/admin/audit?person=coumba&action=knock").await.json;
    assert_eq!((&found["entries"][0]["action"], &found["entries"][1]), (&json!("knock.admit"), &Value::Null));
    let page = host.get("/api/admin/audit?limit=2").await.json;
    let rest = host.get(&format!("/api/admin/audit?limit=2&before={}", page["next"])).await.json;
    assert_eq!(rest["entries"][0]["action"], "knock.admit");
}

#[tokio::test]
async fn the_log_is_for_administrators_and_taking_it_away_is_in_it() {
    let office = Office::start().await;
    let mut admin = office.administrator().await;
    let mut user = office.user(&mut admin, "ben@example.org").await;
    for path in ["/api/admin/audit", "/api/admin/audit.csv", "/api/admin/audit/verify"] {
        assert_eq!(user.get(path).await.code(), "not_allowed", "{path}");
        assert_eq!(office.browser().get(path).await.code(), "not_signed_in", "{path}");
    }

    let table = admin.get("/api/admin/audit.csv").await;
    assert!(table.json.as_str().unwrap().starts_with("number,at,actor,"), "{table:?}");
    let checked = admin.get("/api/admin/audit/verify").await.json;
    assert_eq!((&checked["whole"], &checked["entries"]), (&json!(true), &json!(4)));
    assert!(checked["head"].as_str().unwrap().starts_with("4:"), "{checked}");
    let newest = admin.get("/api/admin/audit?limit=1").await.json["entries"][0]["action"].clone();
    assert_eq!(newest, "audit.export");
}
