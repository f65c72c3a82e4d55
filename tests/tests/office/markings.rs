//! The marking of a meeting decides who comes in at all.

use palabre::phones::desk;
use serde_json::{Value, json};
use sip_gateway_proto::call::{DoorWord, Entry, Visitor};

use crate::browser::{Browser, Office};
use crate::meetings::meeting;

#[tokio::test]
async fn the_house_says_what_its_markings_allow() {
    let office = Office::start_with(|config| {
        config.markings.internal.label = ["Maison".to_owned(), "House".to_owned()];
        config.markings.internal.allow("accounts").unwrap();
    })
    .await;

    let markings = office.browser().get("/api/markings").await.json["markings"].clone();

    assert_eq!(markings.as_array().map(Vec::len), Some(3));
    let internal = &markings[1];
    assert_eq!((&internal["level"], &internal["label"]["fr"]), (&json!("internal"), &json!("Maison")));
    assert_eq!(
        (&internal["accounts"], &internal["guests"], &internal["phones"]),
        (&json!(true), &json!(false), &json!(false))
    );
    let mut awa = office.administrator().await;
    let secret = awa.post("/api/meetings", json!({"title": "x", "marking": "secret"})).await;
    assert_eq!(secret.json["error"]["field"], "marking");
    assert!(secret.json["error"]["message"].as_str().unwrap().contains("anything higher"), "{secret:?}");
}

#[tokio::test]
async fn strangers_stay_out_of_what_is_internal_and_accounts_out_of_what_is_restricted() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    let mut seen = Vec::new();
    for level in ["public", "internal", "restricted"] {
        let path =
            meeting(&mut awa, json!({"title": "Point", "waiting_room": false, "marking": level})).await;
        assert_eq!(awa.get(&path).await.json["marking"]["level"], level);
        let host = join(&mut awa, &path, json!({})).await;
        let account = join(&mut ben, &path, json!({})).await;
        let stranger = join(&mut office.browser(), &path, json!({"name": "Coumba"})).await;
        seen.push([host, account, stranger]);
    }

    assert_eq!(
        seen,
        [
            ["admitted", "admitted", "admitted"],
            ["admitted", "admitted", "marking"],
            ["admitted", "marking", "marking"]
        ]
    );
}

#[tokio::test]
async fn a_guest_who_was_in_stays_out_once_the_meeting_is_marked() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let path = meeting(&mut awa, json!({"title": "Point", "waiting_room": false})).await;
    let before = office.browser().post(&format!("{path}/join"), json!({"name": "Coumba"})).await.json;

    assert_eq!(
        awa.patch(&path, json!({"marking": "restricted"})).await.json["marking"]["level"],
        "restricted"
    );

    assert_eq!(
        office.browser().get(&path).await.json["title"],
        "",
        "what it is about is nobody else's business"
    );
    let again = office.browser().post(&format!("{path}/join"), json!({"previous": before["token"]})).await;
    assert_eq!((again.status, again.code()), (403, "marking"));
}

#[tokio::test]
async fn a_telephone_stays_out_of_what_is_restricted_whoever_it_is() {
    let office = Office::start_with(|config| {
        config.sip.listen = vec!["127.0.0.1:0".parse().unwrap()];
        config.sip.tls = Vec::new();
    })
    .await;
    let mut awa = office.administrator().await;
    for (path, body) in [
        ("posts", json!({"name": "Cotonou", "country": "BJ"})),
        ("extensions", json!({"number": "201", "name": "Awa"})),
    ] {
        assert_eq!(awa.post(&format!("/api/admin/{path}"), body).await.status, 201);
    }
    let me = awa.get("/api/me").await.json["id"].as_str().unwrap().to_owned();
    awa.patch(&format!("/api/users/{me}"), json!({"extension": "201"})).await;
    awa.put("/api/admin/conference/800", json!({})).await;
    let path = meeting(&mut awa, json!({"title": "Point", "waiting_room": false})).await;
    let pin = awa.get(&path).await.json["dial_in"]["pin"].as_str().unwrap().to_owned();

    awa.patch(&path, json!({"marking": "restricted"})).await;

    assert_eq!(awa.get(&path).await.json["dial_in"], json!(null), "nobody is told a way that is closed");
    for (number, extension) in [("201", Some("201")), ("+33142685300", None)] {
        let visitor = Visitor {
            number: number.to_owned(),
            name: String::new(),
            extension: extension.map(str::to_owned),
            address_key: number.to_owned(),
        };
        let mut words = desk(office.server.app.clone()).enter(visitor, Entry::Pin(pin.clone()));
        assert_eq!(words.recv().await, Some(DoorWord::Refused), "{number}");
    }
    for (path, body) in [(format!("{path}/call"), json!({"number": "201"}))] {
        let called = awa.post(&path, body).await;
        assert_eq!((called.status, called.code()), (403, "marking"));
    }
}

async fn join(browser: &mut Browser, path: &str, body: Value) -> String {
    let answer = browser.post(&format!("{path}/join"), body).await;
    let state = answer.json["state"].as_str().unwrap_or(answer.code());
    state.to_owned()
}
