//! Signing in, and what administrators do.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{ADMINISTRATOR_PASSWORD, Browser, Office, USER_PASSWORD};

#[tokio::test]
async fn the_administrator_link_is_good_once() {
    let office = Office::start().await;
    let link = office.server.administrator_link().await.unwrap().unwrap();
    let setup = format!("/api/setup/{}", link.rsplit('/').next().unwrap());
    let mut browser = office.browser();
    assert_eq!(browser.get(&setup).await.status, 204);

    let who = json!({"name": "Awa", "email": "Awa@example.org", "password": ADMINISTRATOR_PASSWORD});
    let made = browser.post(&setup, who.clone()).await;
    assert_eq!((made.status, &made.json["role"]), (201, &json!("administrator")));
    assert_eq!(browser.get("/api/me").await.json["email"], "awa@example.org");

    let mut second = office.browser();
    assert_eq!(second.get(&setup).await.code(), "not_found");
    assert_eq!(second.post(&setup, who).await.code(), "not_found");
    assert_eq!(office.server.administrator_link().await.unwrap(), None);
}

#[tokio::test]
async fn of_two_who_use_a_link_at_the_same_time_one_becomes_administrator() {
    let office = Office::start().await;
    let link = office.server.administrator_link().await.unwrap().unwrap();
    let setup = format!("/api/setup/{}", link.rsplit('/').next().unwrap());
    let who = |email: &str| json!({"name": "A", "email": email, "password": ADMINISTRATOR_PASSWORD});
    let (mut one, mut two) = (office.browser(), office.browser());

    let (first, second) =
        tokio::join!(one.post(&setup, who("a@example.org")), two.post(&setup, who("b@example.org")));

    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 404]);
}

#[tokio::test]
async fn an_administrator_link_ends_after_a_day_and_with_the_next_one() {
    let office = Office::start().await;
    let mut browser = office.browser();
    let mut check = async |link: &str| {
        let secret = link.rsplit('/').next().unwrap().to_owned();
        browser.get(&format!("/api/setup/{secret}")).await.status
    };
    let first = office.server.administrator_link().await.unwrap().unwrap();
    let second = office.server.administrator_link().await.unwrap().unwrap();
    assert_eq!((check(&first).await, check(&second).await), (404, 204));

    office.server.app.clock.advance(DAY + SECOND);

    assert_eq!(check(&second).await, 404);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let office = Office::start().await;
    office.administrator().await;
    let mut browser = office.browser();
    let mut sign_in = async |email: &str| {
        let who = json!({"email": email, "password": "not the password"});
        let answer = browser.post("/api/sign-in", who).await;
        (answer.status, answer.json, answer.headers.contains_key("set-cookie"))
    };

    let known = sign_in("awa@example.org").await;
    let unknown = sign_in("nobody@example.org").await;
    let impossible = sign_in("nobody").await;

    assert_eq!((known.0, known.2), (401, false));
    assert_eq!(known.1["error"]["code"], "wrong_credentials");
    assert_eq!((&known, &known), (&unknown, &impossible));
}

#[tokio::test]
async fn guessing_is_stopped_for_known_and_unknown_accounts_alike() {
    let office = Office::start_with(|config| config.limits.sign_in_failures = 2).await;
    office.administrator().await;
    for email in ["awa@example.org", "nobody@example.org"] {
        let mut browser = office.browser();
        let who = json!({"email": email, "password": "not the password"});
        for _ in 0..2 {
            assert_eq!(browser.post("/api/sign-in", who.clone()).await.status, 401);
        }

        let stopped = browser.post("/api/sign-in", who).await;

        assert_eq!((stopped.status, stopped.code()), (429, "too_many_attempts"));
        let seconds: u64 = stopped.header("retry-after").parse().unwrap();
        assert!((1..=900).contains(&seconds), "{seconds}");
    }
    // Not even the right password helps until the window has passed.
    let who = json!({"email": "awa@example.org", "password": ADMINISTRATOR_PASSWORD});
    assert_eq!(office.browser().post("/api/sign-in", who).await.status, 429);
}

#[tokio::test]
async fn a_sign_in_ends_when_idle_and_in_any_case_after_a_week() {
    let office = Office::start().await;
    let mut browser = office.administrator().await;
    let clock = &office.server.app.clock;

    for _ in 0..6 {
        clock.advance(DAY - SECOND);
        assert_eq!(browser.get("/api/me").await.json["name"], "Awa", "used each day");
    }
    clock.advance(DAY + SECOND);
    assert_eq!(browser.get("/api/me").await.json, Value::Null);

    let who = json!({"email": "awa@example.org", "password": ADMINISTRATOR_PASSWORD});
    assert_eq!(browser.post("/api/sign-in", who).await.status, 200);
    clock.advance(DAY + SECOND);
    assert_eq!(browser.get("/api/me").await.json, Value::Null, "idle for a day");
}

#[tokio::test]
async fn signing_out_ends_the_sign_in_and_not_only_the_cookie() {
    let office = Office::start().await;
    let mut browser = office.administrator().await;
    let stolen = browser.cookie.clone();

    let out = browser.post("/api/sign-out", json!({})).await;

    assert_eq!(out.status, 204);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    browser.cookie = stolen;
    assert_eq!(browser.get("/api/me").await.json, Value::Null);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sign_ins() {
    let office = Office::start().await;
    let mut administrator = office.administrator().await;
    let mut here = office.user(&mut administrator, "ben@example.org").await;
    let mut there = office.browser();
    let who = json!({"email": "ben@example.org", "password": USER_PASSWORD});
    assert_eq!(there.post("/api/sign-in", who).await.status, 200);

    let wrong = json!({"current": "not the password", "new": "another password"});
    let refused = here.post("/api/me/password", wrong).await;
    assert_eq!((refused.status, &refused.json["error"]["field"]), (400, &json!("current")));
    let right = json!({"current": USER_PASSWORD, "new": "another password"});
    assert_eq!(here.post("/api/me/password", right).await.status, 204);

    assert_ne!(here.get("/api/me").await.json, Value::Null);
    assert_eq!(there.get("/api/me").await.json, Value::Null);
    let who = json!({"email": "ben@example.org", "password": "another password"});
    assert_eq!(there.post("/api/sign-in", who).await.status, 200);
}

#[tokio::test]
async fn what_changes_something_must_come_from_our_own_pages() {
    let office = Office::start().await;
    let mut browser = office.administrator().await;
    let own = browser.origin.clone();
    let meeting = json!({"title": "Bilateral"});

    for foreign in [
        None,
        Some("https://elsewhere.example".to_owned()),
        Some("null".to_owned()),
        own.clone().map(|own| own.replace("http://", "https://")),
        own.clone().map(|own| own + "0"),
    ] {
        browser.origin.clone_from(&foreign);
        let refused = browser.post("/api/meetings", meeting.clone()).await;
        assert_eq!((refused.status, refused.code()), (403, "not_allowed"), "{foreign:?}");
    }
    browser.origin = own;
    assert_eq!(browser.get("/api/meetings").await.json, json!({"meetings": []}));
    assert_eq!(browser.post("/api/meetings", meeting).await.status, 201);
}

#[tokio::test]
async fn the_cookie_is_kept_from_scripts_and_over_https_from_the_open_network() {
    let office = Office::start().await;
    office.administrator().await;
    let who = json!({"email": "awa@example.org", "password": ADMINISTRATOR_PASSWORD});

    let plain = office.browser().post("/api/sign-in", who.clone()).await;
    let (address, _) = office.server.https.clone().unwrap();
    let mut encrypted = Browser::at(format!("https://{address}"));
    let encrypted = encrypted.post("/api/sign-in", who).await;

    for answer in [&plain, &encrypted] {
        let cookie = answer.header("set-cookie");
        for flag in ["palabre_session=", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
            assert!(cookie.contains(flag), "{cookie}");
        }
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert!(!plain.header("set-cookie").contains("Secure"));
    assert!(encrypted.header("set-cookie").contains("; Secure"));
}

#[tokio::test]
async fn only_an_administrator_sees_and_changes_accounts() {
    let office = Office::start().await;
    let mut administrator = office.administrator().await;
    let mut user = office.user(&mut administrator, "ben@example.org").await;
    let mut nobody = office.browser();
    let id = user.get("/api/me").await.json["id"].as_str().unwrap().to_owned();
    let who = json!({"name": "C", "email": "c@example.org", "role": "user", "password": USER_PASSWORD});

    for (browser, code) in [(&mut user, "not_allowed"), (&mut nobody, "not_signed_in")] {
        assert_eq!(browser.get("/api/users").await.code(), code);
        assert_eq!(browser.post("/api/users", who.clone()).await.code(), code);
        assert_eq!(browser.delete(&format!("/api/users/{id}")).await.code(), code);
    }
    let users = administrator.get("/api/users").await.json["users"].clone();
    assert_eq!(users.as_array().map(Vec::len), Some(2));
    assert!(!users.to_string().contains("argon2"));
}

#[tokio::test]
async fn a_removed_user_is_signed_out_and_nobody_removes_oneself() {
    let office = Office::start().await;
    let mut administrator = office.administrator().await;
    let mut user = office.user(&mut administrator, "ben@example.org").await;
    let id = async |browser: &mut Browser| {
        let me = browser.get("/api/me").await.json;
        format!("/api/users/{}", me["id"].as_str().unwrap())
    };
    let (own, other) = (id(&mut administrator).await, id(&mut user).await);

    assert_eq!(administrator.delete(&own).await.code(), "not_allowed");
    assert_eq!(administrator.delete(&other).await.status, 204);
    assert_eq!(administrator.delete(&other).await.code(), "not_found");
    assert_eq!(user.get("/api/me").await.json, Value::Null);
}

#[tokio::test]
async fn accounts_that_cannot_be_are_refused_with_the_field_that_is_wrong() {
    let office = Office::start().await;
    let mut administrator = office.administrator().await;
    let good = json!({"name": "C", "email": "c@example.org", "role": "user", "password": USER_PASSWORD});

    for (field, value) in [("name", " "), ("email", "c"), ("password", "elevenchars")] {
        let mut bad = good.clone();
        bad[field] = json!(value);
        let refused = administrator.post("/api/users", bad).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid"));
        assert_eq!(refused.json["error"]["field"], field);
    }
    let mut short_for_an_administrator = good.clone();
    short_for_an_administrator["role"] = json!("administrator");
    short_for_an_administrator["password"] = json!("long enough pw");
    let refused = administrator.post("/api/users", short_for_an_administrator).await;
    let message = refused.json["error"]["message"].as_str().unwrap();
    assert!(message.contains("at least 15 characters"), "{message}");

    assert_eq!(administrator.post("/api/users", good.clone()).await.status, 201);
    assert_eq!(administrator.post("/api/users", good).await.code(), "conflict");
}

#[tokio::test]
async fn a_body_that_is_not_what_a_call_takes_is_not_repeated_to_its_sender() {
    let office = Office::start().await;
    let mut browser = office.browser();
    for body in [json!("s3cret"), json!({"email": 3, "password": "s3cret"}), json!([])] {
        let refused = browser.post("/api/sign-in", body).await;
        assert_eq!((refused.status, refused.code()), (400, "invalid"));
        assert!(!refused.json.to_string().contains("s3cret"));
    }
    let huge = json!({"email": "a@b.c", "password": "x".repeat(100_000)});
    assert_eq!(browser.post("/api/sign-in", huge).await.status, 413);
}

#[tokio::test]
async fn what_administrators_and_strangers_do_is_in_the_audit_log() {
    let office = Office::start().await;
    let mut administrator = office.administrator().await;
    office.user(&mut administrator, "ben@example.org").await;
    let who = json!({"email": "ben@example.org", "password": "not the password"});
    office.browser().post("/api/sign-in", who).await;

    let store = &office.server.app.store;
    let log = palabre::audit::newest(store, 10).await.unwrap();
    let log: Vec<_> = log.iter().map(|entry| (&*entry.action, &*entry.result)).collect();

    assert_eq!(
        log,
        [("sign-in", "wrong_credentials"), ("sign-in", "ok"), ("user.add", "ok"), ("setup", "ok")]
    );
    let head = palabre::audit::inspect(store, None).await.unwrap().unwrap();
    assert_eq!(head.map(|head| head.entries), Some(4));
}

const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);
