//! The code beside the password, and from where one is signed in.

use std::time::Duration;

use aws_lc_rs::hmac;
use palabre::accounts::Role;
use serde_json::{Value, json};

use crate::browser::{ADMINISTRATOR_PASSWORD, Browser, Office, USER_PASSWORD};

#[tokio::test]
async fn whoever_has_set_up_an_authenticator_is_asked_for_its_code() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let mut elsewhere = office.browser();
    assert_eq!(elsewhere.post("/api/sign-in", who(None)).await.status, 200);
    let (secret, recovery, used) = enrol(&office, &mut awa).await;
    assert_eq!(recovery.len(), 10);
    assert_eq!(elsewhere.get("/api/me").await.json, Value::Null, "it has shown no code");
    assert_eq!(awa.get("/api/me").await.json["second_factor"], true);

    let mut browser = office.browser();
    let refused = browser.post("/api/sign-in", who(None)).await;
    assert_eq!((refused.status, refused.code()), (401, "code_needed"));
    assert!(browser.cookie.is_none());
    // The code with which the authenticator was set up is used up.
    assert_eq!(browser.post("/api/sign-in", who(Some(&used))).await.code(), "wrong_code");
    office.server.app.clock.advance(HALF_MINUTE);
    let next = code(&secret, &office);
    assert_eq!(browser.post("/api/sign-in", who(Some(&next))).await.status, 200);
    assert_eq!(
        office.browser().post("/api/sign-in", who(Some(&next))).await.code(),
        "wrong_code",
        "replayed"
    );
    let wrong = json!({"email": "awa@example.org", "password": "not the password", "code": next});
    assert_eq!(office.browser().post("/api/sign-in", wrong).await.code(), "wrong_credentials");

    assert_eq!(office.browser().post("/api/sign-in", who(Some(&recovery[0]))).await.status, 200);
    assert_eq!(office.browser().post("/api/sign-in", who(Some(&recovery[0]))).await.code(), "wrong_code");
    let standing = browser.get("/api/me/second-factor").await.json;
    assert_eq!(standing, json!({"enabled": true, "recovery_codes_left": 9}));
    let rows = palabre::audit::newest(&office.server.app.store, 30).await.unwrap();
    assert!(rows.iter().any(|row| row.action == "second-factor" && row.result == "ok"));
}

#[tokio::test]
async fn codes_cannot_be_guessed_by_whoever_knows_the_password() {
    let office = Office::start_with(|config| config.limits.sign_in_failures = 4).await;
    let mut awa = office.administrator().await;
    enrol(&office, &mut awa).await;
    let mut codes = Vec::new();
    for guess in 0..6 {
        let guess = format!("{guess:06}");
        codes.push(office.browser().post("/api/sign-in", who(Some(&guess))).await.code().to_owned());
    }

    assert_eq!(codes[..4], ["wrong_code"; 4]);
    assert_eq!(codes[4..], ["too_many_attempts"; 2]);
}

#[tokio::test]
async fn an_authenticator_is_set_up_and_removed_by_whoever_knows_the_password_only() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;

    let refused = awa.post("/api/me/second-factor", json!({"current": "a guess at it"})).await;
    assert_eq!(refused.json["error"]["field"], "current");
    assert_eq!(awa.post("/api/me/second-factor/confirm", json!({"code": "123456"})).await.code(), "conflict");
    let offered = awa.post("/api/me/second-factor", json!({"current": ADMINISTRATOR_PASSWORD})).await.json;
    assert!(offered["uri"].as_str().unwrap().starts_with("otpauth://totp/Palabre:awa%40example.org?secret="));
    assert!(offered["qr"]["path"].as_str().unwrap().starts_with("M4 4h1v1h-1z"));
    let wrong = awa.post("/api/me/second-factor/confirm", json!({"code": "12345"})).await;
    assert_eq!(wrong.json["error"]["field"], "code");
    assert_eq!(awa.get("/api/me").await.json["second_factor"], false, "not asked for before it is confirmed");

    let (secret, ..) = enrol(&office, &mut awa).await;
    let again = awa.post("/api/me/second-factor", json!({"current": ADMINISTRATOR_PASSWORD})).await;
    assert_eq!(again.code(), "conflict");
    office.server.app.clock.advance(HALF_MINUTE);
    let both = |code: &str| json!({"current": ADMINISTRATOR_PASSWORD, "code": code});
    let wrong = awa.post("/api/me/second-factor/remove", both("000000")).await;
    assert_eq!(wrong.json["error"]["field"], "code");
    let good = code(&secret, &office);
    assert_eq!(awa.post("/api/me/second-factor/remove", both(&good)).await.status, 204);
    assert_eq!(office.browser().post("/api/sign-in", who(None)).await.status, 200);
}

#[tokio::test]
async fn an_administrator_helps_whoever_has_lost_the_telephone() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    let begun = ben.post("/api/me/second-factor", json!({"current": USER_PASSWORD})).await.json;
    let good = code(begun["secret"].as_str().unwrap(), &office);
    assert_eq!(ben.post("/api/me/second-factor/confirm", json!({"code": good})).await.status, 200);
    let path = format!("/api/users/{}/second-factor", ben.get("/api/me").await.json["id"].as_str().unwrap());

    assert_eq!(ben.delete(&path).await.code(), "not_allowed");
    assert_eq!(awa.delete(&path).await.status, 204);
    assert_eq!(ben.get("/api/me").await.json, Value::Null);
    let who = json!({"email": "ben@example.org", "password": USER_PASSWORD});
    assert_eq!(ben.post("/api/sign-in", who).await.json["second_factor"], false);
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_sets_it_up_first_of_all() {
    let office = Office::start_with(|config| config.accounts.second_factor = vec![Role::Administrator]).await;
    let mut awa = office.administrator().await;

    assert_eq!(awa.get("/api/me").await.json["duties"], json!(["second-factor"]));
    assert_eq!(awa.get("/api/users").await.code(), "second_factor_missing");
    enrol(&office, &mut awa).await;
    assert_eq!(awa.get("/api/users").await.status, 200);
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    assert_eq!(ben.get("/api/meetings").await.status, 200, "another role");
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_and_ends_it_there() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let mut browsers = Vec::new();
    for agent in ["Firefox on the old laptop", "Chrome at the post"] {
        let mut browser = office.browser();
        let request = browser.request(reqwest::Method::POST, "/api/sign-in").header("user-agent", agent);
        let answer = request.json(&who(None)).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().map(str::to_owned);
        browser.cookie = cookie;
        browsers.push(browser);
    }

    let devices = awa.get("/api/me/devices").await.json["devices"].clone();
    let devices = devices.as_array().unwrap();
    assert_eq!(devices.len(), 3);
    assert_eq!(devices.iter().filter(|device| device["is_this"] == true).count(), 1);
    let laptop = devices.iter().find(|device| device["agent"] == "Firefox on the old laptop").unwrap();
    assert_eq!(laptop["address"], "127.0.0.1");
    let path = format!("/api/me/devices/{}", laptop["id"].as_str().unwrap());
    assert_eq!(awa.delete(&path).await.status, 204);
    assert_eq!(awa.delete(&path).await.code(), "not_found");
    assert_eq!(browsers[0].get("/api/me").await.json, Value::Null);
    assert_eq!(browsers[1].get("/api/me").await.json["name"], "Awa");
    // Nobody ends the sign-ins of others.
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    let own = ben.get("/api/me/devices").await.json["devices"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(awa.delete(&format!("/api/me/devices/{own}")).await.code(), "not_found");

    let mut page = browsers[1].events("/api/events").await;
    assert_eq!(awa.delete("/api/me/devices").await.status, 204);
    while page.next().await.is_some() {}
    assert_eq!(browsers[1].get("/api/me").await.json, Value::Null);
    assert_eq!(awa.get("/api/me").await.json["name"], "Awa");
    assert_eq!(ben.get("/api/me").await.json["name"], "Ben");
}

fn who(code: Option<&str>) -> Value {
    json!({"email": "awa@example.org", "password": ADMINISTRATOR_PASSWORD, "code": code})
}

/// Sets up an authenticator; its secret, the recovery codes, and the code that was used for it.
async fn enrol(office: &Office, browser: &mut Browser) -> (String, Vec<String>, String) {
    let begun = browser.post("/api/me/second-factor", json!({"current": ADMINISTRATOR_PASSWORD})).await;
    let secret = begun.json["secret"].as_str().unwrap_or_else(|| panic!("{begun:?}")).to_owned();
    let used = code(&secret, office);
    let confirm = json!({"code": used});
    let confirmed = browser.post("/api/me/second-factor/confirm", confirm).await;
    let codes = confirmed.json["recovery_codes"].as_array().unwrap_or_else(|| panic!("{confirmed:?}"));
    (secret, codes.iter().map(|code| code.as_str().expect("text").to_owned()).collect(), used)
}

/// What an authenticator shows, written anew after RFC 4226 and 6238 so that it is a witness.
fn code(secret: &str, office: &Office) -> String {
    let bits: String = secret
        .bytes()
        .map(|letter| match letter {
            b'A'..=b'Z' => letter - b'A',
            _ => letter - b'2' + 26,
        })
        .map(|value| format!("{value:05b}"))
        .collect();
    let key: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|byte| byte.iter().fold(0, |sum, bit| sum * 2 + (bit - b'0')))
        .collect();
    let counter = (office.server.app.clock.now().as_second() / 30).to_be_bytes();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key), &counter);
    let at = usize::from(tag.as_ref()[19] & 15);
    let number = u32::from_be_bytes(tag.as_ref()[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

const HALF_MINUTE: Duration = Duration::from_secs(30);
