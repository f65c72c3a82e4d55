//! Meetings and who may come into them.

use base64::Engine as _;
use serde_json::{Value, json};

use crate::browser::{Browser, Office};

#[tokio::test]
async fn a_meeting_has_a_link_and_its_maker_is_its_host() {
    let office = Office::start().await;
    let mut host = office.administrator().await;

    let made = host.post("/api/meetings", json!({"title": " Bilatérale "})).await;

    let code = made.json["code"].as_str().unwrap();
    assert_eq!((made.status, &made.json["title"]), (201, &json!("Bilatérale")));
    assert_eq!(made.json["link"], format!("{}/m/{code}", office.base()));
    assert_eq!(made.json["waiting_room"], true);
    assert_eq!(made.json["is_host"], true);
    assert_eq!(made.json["in_session"], false);
    assert!(made.json["created_at"].as_str().unwrap().ends_with('Z'));
    let listed = host.get("/api/meetings").await;
    assert_eq!(listed.json["meetings"][0], made.json);

    let door = office.browser().get(&format!("/api/meetings/{code}")).await;
    assert_eq!(door.json["marking"]["level"], "public");
    let mut told = door.json;
    told.as_object_mut().expect("an object").remove("marking");
    assert_eq!(
        told,
        json!({"code": code, "title": "Bilatérale", "waiting_room": true, "locked": false, "in_session": false,
            "is_host": false, "needs_name": true, "waits": true, "dial_in": null})
    );
}

#[tokio::test]
async fn meetings_are_listed_newest_first_to_their_owner_only() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    for title in ["one", "two"] {
        ben.post("/api/meetings", json!({"title": title})).await;
    }

    let listed = ben.get("/api/meetings").await.json;

    assert_eq!(
        (&listed["meetings"][0]["title"], &listed["meetings"][1]["title"]),
        (&json!("two"), &json!("one"))
    );
    assert_eq!(awa.get("/api/meetings").await.json, json!({"meetings": []}));
}

#[tokio::test]
async fn only_the_host_changes_a_meeting() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let mut other = office.user(&mut host, "ben@example.org").await;
    let path = meeting(&mut host, json!({"title": "Bilateral"})).await;

    for browser in [&mut other, &mut office.browser()] {
        for refused in [
            browser.patch(&path, json!({"locked": true})).await,
            browser.delete(&path).await,
            browser.post(&format!("{path}/end"), json!({})).await,
            browser.get(&format!("{path}/knocks")).await,
            browser.post(&format!("{path}/knocks/x/admit"), json!({})).await,
            browser.post(&format!("{path}/participants/x/remove"), json!({})).await,
            browser.post(&format!("{path}/participants/x/mute"), json!({"source": "microphone"})).await,
        ] {
            assert!(matches!(refused.code(), "not_allowed" | "not_signed_in"), "{refused:?}");
        }
    }
    let changed = host.patch(&path, json!({"locked": true, "title": "Trilateral"})).await.json;
    assert_eq!((&changed["locked"], &changed["title"]), (&json!(true), &json!("Trilateral")));
    assert_eq!(changed["waiting_room"], true, "what is not named stays");
    assert_eq!(host.patch(&path, json!({"title": "\n"})).await.json["error"]["field"], "title");
    assert_eq!(host.delete(&path).await.status, 204);
    assert_eq!(host.get(&path).await.code(), "not_found");
}

#[tokio::test]
async fn the_host_and_users_come_in_at_once_with_tokens_that_say_what_they_are() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let mut user = office.user(&mut host, "ben@example.org").await;
    let path = meeting(&mut host, json!({"title": "Bilateral"})).await;

    for (browser, role) in [(&mut host, "host"), (&mut user, "user")] {
        let join = browser.post(&format!("{path}/join"), json!({})).await.json;
        assert_eq!((&join["state"], &join["is_host"]), (&json!("admitted"), &json!(role == "host")));
        assert_eq!(join["url"], office.base().replace("http", "ws"));
        let claims = claims(&join);
        assert_eq!(claims["sub"], join["identity"]);
        assert!(join["identity"].as_str().unwrap().starts_with("user-"));
        assert_eq!(claims["attributes"]["palabre.role"], role);
        assert_eq!(claims["video"]["roomAdmin"].as_bool().unwrap_or(false), role == "host");
        assert_eq!(claims["video"]["room"], path.rsplit('/').next().unwrap());
        let lifetime = claims["exp"].as_i64().unwrap() - now();
        assert!((290..=300).contains(&lifetime), "{lifetime}");
    }
}

#[tokio::test]
async fn a_guest_needs_a_name_and_without_waiting_room_nothing_else() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    let mut guest = office.browser();

    let nameless = guest.post(&format!("{path}/join"), json!({})).await;
    let named = guest.post(&format!("{path}/join"), json!({"name": "Coumba"})).await;

    assert_eq!((nameless.code(), &nameless.json["error"]["field"]), ("invalid", &json!("name")));
    let claims = claims(&named.json);
    assert_eq!((&claims["name"], &claims["attributes"]["palabre.role"]), (&json!("Coumba"), &json!("guest")));
    assert!(claims["sub"].as_str().unwrap().starts_with("guest-"));
    assert!(!claims["video"]["roomAdmin"].as_bool().unwrap_or(false));
}

#[tokio::test]
async fn a_locked_meeting_opens_to_its_host_and_to_those_who_were_in() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let mut user = office.user(&mut host, "ben@example.org").await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    let join = format!("{path}/join");
    let mut guest = office.browser();
    let before = guest.post(&join, json!({"name": "Coumba"})).await.json;
    let user_before = user.post(&join, json!({})).await.json;

    host.patch(&path, json!({"locked": true, "waiting_room": true})).await;

    for refused in [
        office.browser().post(&join, json!({"name": "Dado"})).await,
        user.post(&join, json!({})).await,
        office.browser().post(&join, json!({"name": "Dado", "previous": "a.b.c"})).await,
        // Somebody else's admission is no admission of mine.
        user.post(&join, json!({"previous": before["token"]})).await,
    ] {
        assert_eq!((refused.status, refused.code()), (403, "meeting_locked"), "{refused:?}");
    }
    assert_eq!(host.post(&join, json!({})).await.json["state"], "admitted");
    let again = office.browser().post(&join, json!({"previous": before["token"]})).await.json;
    assert_eq!((&again["identity"], &again["name"]), (&before["identity"], &json!("Coumba")));
    let again = user.post(&join, json!({"previous": user_before["token"]})).await.json;
    assert_eq!(again["identity"], user_before["identity"]);
    // A user's token without the user's sign-in opens nothing.
    let stolen = json!({"name": "E", "previous": user_before["token"]});
    assert_eq!(office.browser().post(&join, stolen).await.code(), "meeting_locked");
}

#[tokio::test]
async fn what_is_no_meeting_is_not_found() {
    let office = Office::start().await;
    let mut browser = office.browser();
    for code in ["abc-defg-hij", "x", "..%2f..%2fetc", "abc-defg-hij/join/x"] {
        let answer = browser.get(&format!("/api/meetings/{code}")).await;
        assert_eq!((answer.status, answer.code()), (404, "not_found"), "{code}");
    }
}

#[tokio::test]
async fn one_user_keeps_only_so_many_meetings() {
    let office = Office::start_with(|config| config.limits.meetings_per_user = 1).await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "one"})).await;

    assert_eq!(host.post("/api/meetings", json!({"title": "two"})).await.code(), "conflict");
    host.delete(&path).await;
    assert_eq!(host.post("/api/meetings", json!({"title": "two"})).await.status, 201);
}

/// Makes a meeting; answers with its path.
pub(crate) async fn meeting(host: &mut Browser, what: Value) -> String {
    let made = host.post("/api/meetings", what).await;
    format!("/api/meetings/{}", made.json["code"].as_str().expect("a code"))
}

/// What the token of a `Join` says.
fn claims(join: &Value) -> Value {
    let token = join["token"].as_str().expect("a token");
    let payload = token.split('.').nth(1).expect("a payload");
    let payload = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(payload);
    serde_json::from_slice(&payload.expect("base64")).expect("JSON")
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.expect("after 1970").as_secs() as i64
}
