//! The phones' administration over HTTP.

use serde_json::{Value, json};
use sip_gateway_proto::call::{CallId, EndCause, LegId, MediaReport, RecordedRoute};
use sip_gateway_proto::plan::PostId;

use crate::browser::{Browser, Office};

#[tokio::test]
async fn an_extension_is_added_with_what_its_phone_needs_told_once() {
    let (_office, mut admin) = open().await;
    let post = post(&mut admin, "Cotonou").await;

    let made = admin.post("/api/admin/extensions", json!({"number": "201", "name": "Awa"})).await;

    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json["extension"]["post"], post);
    assert_eq!(made.json["credentials"]["username"], "201");
    let password = made.json["credentials"]["password"].as_str().unwrap();
    assert_eq!(password.len(), 24);
    let server = &made.json["credentials"]["server"];
    assert_eq!(server["transports"][0]["transport"], "tls", "{server}");

    let listed = admin.get("/api/admin/extensions").await;
    assert_eq!(listed.json["extensions"][0]["devices"], json!([{"username": "201", "label": ""}]));
    assert!(!listed.json.to_string().contains(password));

    let other = admin.post("/api/admin/extensions/201/devices", json!({"label": "Wi-Fi"})).await;
    assert_eq!((other.status, &other.json["username"]), (201, &json!("201-2")));
    let anew = admin.post("/api/admin/extensions/201/devices/201/password", json!({})).await;
    assert_ne!(anew.json["password"], password);
    assert_eq!(admin.delete("/api/admin/extensions/201/devices/201-2").await.status, 204);
    assert_eq!(admin.delete("/api/admin/extensions/201/devices/201-2").await.code(), "not_found");
}

#[tokio::test]
async fn only_administrators_see_and_change_the_phones() {
    let (office, mut admin) = open().await;
    let mut user = office.user(&mut admin, "ben@example.org").await;
    let mut nobody = office.browser();

    for path in [
        "posts",
        "extensions",
        "groups",
        "trunks",
        "routes",
        "numbers",
        "registrations",
        "calls",
        "cdr",
        "cdr.csv",
        "phones",
    ] {
        let path = format!("/api/admin/{path}");
        assert_eq!(user.get(&path).await.code(), "not_allowed", "{path}");
        assert_eq!(nobody.get(&path).await.code(), "not_signed_in", "{path}");
    }
    let refused = user.post("/api/admin/posts", json!({"name": "Paris", "country": "FR"})).await;
    assert_eq!(refused.code(), "not_allowed");
    assert_eq!(admin.get("/api/admin/posts").await.json, json!({"posts": []}));
}

#[tokio::test]
async fn values_that_cannot_be_taken_are_named() {
    let (_office, mut admin) = open().await;
    let mut field = async |path: &str, body: Value| {
        let answer = admin.post(&format!("/api/admin/{path}"), body).await;
        (answer.status, answer.json["error"]["field"].as_str().unwrap_or_default().to_owned())
    };
    let invalid = |field: &str| (400, field.to_owned());

    assert_eq!(field("posts", json!({"name": "Paris", "country": "France"})).await, invalid("country"));
    assert_eq!(field("extensions", json!({"number": "201", "name": "Awa"})).await, invalid("post"));
    assert_eq!(field("posts", json!({"name": "Paris", "country": "FR"})).await.0, 201);
    assert_eq!(field("posts", json!({"name": "Paris", "country": "FR"})).await.0, 409);
    assert_eq!(field("extensions", json!({"number": "2", "name": "Awa"})).await, invalid("number"));
    assert_eq!(
        field("extensions", json!({"number": "201", "name": "Awa", "rights": "all"})).await,
        invalid("rights")
    );
    assert_eq!(
        field("trunks", json!({"name": "T", "host": "sip.example.org", "srtp": true})).await,
        invalid("srtp")
    );
    assert_eq!(
        field("trunks", json!({"name": "T", "host": "sip.example.org", "username": "u"})).await,
        invalid("password")
    );
    assert_eq!(admin.get("/api/admin/cdr?limit=many").await.code(), "invalid");
    assert_eq!(admin.delete("/api/admin/posts/first").await.code(), "not_found");
}

#[tokio::test]
async fn what_is_changed_stays_what_it_was_where_nothing_was_said() {
    let (_office, mut admin) = open().await;
    let post = post(&mut admin, "Cotonou").await;
    let changed =
        admin.patch(&format!("/api/admin/posts/{post}"), json!({"emergency": ["112", "117"]})).await;
    assert_eq!(changed.json["country"], "BJ");
    admin
        .post("/api/admin/extensions", json!({"number": "201", "name": "Awa", "pickup_group": "cabinet"}))
        .await;

    let forward = json!({"always": "+33 1 23", "no_answer": null});
    let changed = admin.patch("/api/admin/extensions/201", json!({"forward": forward})).await;
    assert_eq!(changed.json["forward"]["always"], "+33123");
    assert_eq!(changed.json["pickup_group"], "cabinet");
    let changed = admin.patch("/api/admin/extensions/201", json!({"pickup_group": null})).await;
    assert_eq!(
        (&changed.json["pickup_group"], &changed.json["forward"]["always"]),
        (&json!(null), &json!("+33123"))
    );

    let trunk = json!({"name": "Orange", "host": "sip.example.org", "username": "u", "password": "sésame"});
    let trunk = admin.post("/api/admin/trunks", trunk).await;
    assert!(!trunk.json.to_string().contains("sésame"));
    let path = format!("/api/admin/trunks/{}", trunk.json["id"]);
    let registers = admin.patch(&path, json!({"register": true})).await;
    assert_eq!((registers.status, &registers.json["username"]), (200, &json!("u")));
    let anonymous = admin.patch(&path, json!({"register": false, "username": null})).await;
    assert_eq!(anonymous.json["username"], json!(null));
}

#[tokio::test]
async fn groups_routes_and_public_numbers_hold_together() {
    let (_office, mut admin) = open().await;
    let post = post(&mut admin, "Cotonou").await;
    admin.post("/api/admin/extensions", json!({"number": "201", "name": "Awa"})).await;
    let group = json!({"number": "300", "name": "Accueil", "post": post, "members": ["201"]});
    assert_eq!(admin.post("/api/admin/groups", group).await.status, 201);
    let trunk = admin.post("/api/admin/trunks", json!({"name": "Orange", "host": "192.0.2.1"})).await;
    let trunk = trunk.json["id"].clone();

    let route = json!({"prefix": "+33", "trunks": [trunk]});
    assert_eq!(admin.put("/api/admin/routes", route).await.status, 204);
    let number = json!({"trunk": trunk, "number": "+229 21 30 00 00", "target": "300"});
    assert_eq!(admin.put("/api/admin/numbers", number).await.status, 204);
    assert_eq!(admin.get("/api/admin/routes").await.json["routes"][0]["trunk_names"], json!(["Orange"]));
    assert_eq!(admin.get("/api/admin/numbers").await.json["numbers"][0]["number"], "+22921300000");

    assert_eq!(admin.delete("/api/admin/groups/300").await.code(), "in_use");
    assert_eq!(admin.delete("/api/admin/extensions/201").await.code(), "in_use");
    let number = format!("/api/admin/numbers?trunk={trunk}&number=%2B22921300000");
    assert_eq!(admin.delete(&number).await.status, 204);
    assert_eq!(admin.delete("/api/admin/routes?prefix=%2B33").await.status, 204);
    assert_eq!(admin.delete("/api/admin/groups/300").await.status, 204);
    assert_eq!(admin.delete("/api/admin/extensions/201").await.status, 204);
}

#[tokio::test]
async fn registrations_and_calls_are_seen_as_they_are_told() {
    use sip_gateway::{Directory as _, Fact};
    let (office, mut admin) = open().await;
    let directory = &office.server.app.directory;
    let mut removals = directory.removals();
    directory.record(Fact::Bound(binding("201")));
    let seen = admin.get("/api/admin/registrations").await.json["registrations"][0].clone();
    assert_eq!((&seen["transport"], &seen["address"]), (&json!("tls"), &json!("192.0.2.7:5061")));
    assert_eq!(admin.delete("/api/admin/registrations?number=201&key=k").await.status, 204);
    assert_eq!(admin.get("/api/admin/registrations").await.json["registrations"], json!([]));
    assert_eq!(removals.recv().await.unwrap(), ("201".to_owned(), "k".to_owned()));

    for leg in 1..=3 {
        directory.record(Fact::Leg(Box::new(call(directory.run(), leg, leg < 3))));
    }
    assert_eq!(admin.get("/api/admin/calls").await.json["calls"].as_array().unwrap().len(), 1);
    let page = admin.get("/api/admin/cdr?limit=2").await.json;
    assert_eq!((&page["legs"], &page["answered"], &page["talked"]), (&json!(3), &json!(2), &json!(20)));
    assert_eq!(page["calls"].as_array().unwrap().len(), 2);
    let rest = admin.get(&format!("/api/admin/cdr?limit=2&before={}", page["next"])).await.json;
    assert_eq!((rest["calls"].as_array().unwrap().len(), &rest["next"]), (1, &json!(null)));
    assert_eq!(admin.get("/api/admin/cdr?number=999").await.json["legs"], 0);

    let csv = admin.get("/api/admin/cdr.csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let csv = csv.json.as_str().unwrap();
    assert_eq!(csv.lines().count(), 4);
    assert!(csv.contains(",'=Awa,"), "a caller's name is no formula: {csv}");
}

#[tokio::test]
async fn a_number_is_explained_in_the_language_asked_for() {
    let (_office, mut admin) = open().await;
    post(&mut admin, "Cotonou").await;
    admin.post("/api/admin/extensions", json!({"number": "201", "name": "Awa"})).await;

    let french = admin.get("/api/admin/explain?from=201&number=112").await.json;
    let english = admin.get("/api/admin/explain?from=201&number=112&language=en").await.json;
    assert_eq!((&french["outcome"], &english["outcome"]), (&json!("emergency"), &json!("emergency")));
    assert_ne!(french["sentences"], english["sentences"]);

    let nobody = admin.get("/api/admin/explain?from=999&number=112").await;
    assert_eq!(nobody.json["error"]["field"], "from");
    let problems = admin.get("/api/admin/problems?language=en").await.json;
    assert_eq!(
        problems["problems"].as_array().map(Vec::len),
        Some(1),
        "no trunk for emergencies: {problems}"
    );
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_with_who_and_from_where() {
    let (office, mut admin) = open().await;
    post(&mut admin, "Cotonou").await;
    let id = admin.get("/api/me").await.json["id"].as_str().unwrap().to_owned();

    let log = palabre::audit::newest(&office.server.app.store, 1).await.unwrap();

    assert_eq!(
        (log[0].action.as_str(), log[0].object.as_str(), log[0].actor.as_str()),
        ("post.add", "Cotonou", id.as_str())
    );
}

async fn open() -> (Office, Browser) {
    let office = Office::start_with(|config| {
        // Nothing listens there; the pages tell phones where it would.
        config.sip.listen = vec!["127.0.0.1:0".parse().expect("an address")];
        config.sip.tls = vec!["127.0.0.1:0".parse().expect("an address")];
    })
    .await;
    let admin = office.administrator().await;
    (office, admin)
}

async fn post(admin: &mut Browser, name: &str) -> Value {
    let made = admin.post("/api/admin/posts", json!({"name": name, "country": "BJ"})).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json["id"].clone()
}

fn binding(aor: &str) -> sip_gateway::Binding {
    sip_gateway::Binding {
        aor: aor.to_owned(),
        key: "k".to_owned(),
        contact: "<sip:201@192.0.2.7>".to_owned(),
        flow: "tls 192.0.2.7:5061 192.0.2.1:5061 3".to_owned(),
        path: Vec::new(),
        q: 1000,
        call_id: "c".to_owned(),
        cseq: 1,
        user_agent: "Yealink".to_owned(),
        device: aor.to_owned(),
        expires: std::time::SystemTime::now() + std::time::Duration::from_secs(3600),
    }
}

/// A leg that has ended after ten seconds of talk, or goes on ringing.
fn call(run: u64, leg: u64, ended: bool) -> sip_gateway::LegState {
    let began = std::time::SystemTime::now() - std::time::Duration::from_secs(60);
    let answered = ended.then_some(began);
    sip_gateway::LegState {
        run,
        call: CallId(leg),
        leg: LegId(leg),
        inbound: true,
        from: "201".to_owned(),
        from_name: "=Awa".to_owned(),
        dialled: "202".to_owned(),
        to: "202".to_owned(),
        route: RecordedRoute::OnNet { post: PostId(1) },
        began,
        ringing: None,
        answered,
        ended: answered.map(|at| (at + std::time::Duration::from_secs(10), EndCause::HungUp)),
        media: MediaReport::default(),
    }
}
