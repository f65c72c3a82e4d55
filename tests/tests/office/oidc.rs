//! Signing in at the ministry's own page.

use palabre::accounts::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::browser::{Browser, Office, USER_PASSWORD};
use crate::issuer::{Lie, SECRET, TestIssuer, query};

#[tokio::test]
async fn an_account_is_found_by_its_verified_address_and_then_by_the_issuers_name_for_it() {
    let (office, issuer, mut awa) = open(|_| {}).await;
    assert_eq!(awa.get("/api/server").await.json["sign_in"], json!(["password", "oidc"]));
    office.user(&mut awa, "ben@example.org").await;

    let mut ben = office.browser();
    let (_, back) = start(&mut ben, "/agenda").await;
    let back = issuer.sign_in(&back, &json!({}), Lie::Nothing);
    assert_eq!(come_back(&mut ben, &back).await, "/agenda");
    assert_eq!(ben.get("/api/me").await.json["email"], "ben@example.org");
    // Another address, the same person; and a key of another kind.
    let mut again = office.browser();
    let (_, back) = start(&mut again, "//evil.example").await;
    let moved = json!({"email": "ben.kouassi@example.org"});
    let back = issuer.sign_in(&back, &moved, Lie::Elliptic);
    assert_eq!(come_back(&mut again, &back).await, "/");
    assert_eq!(again.get("/api/me").await.json["email"], "ben@example.org");
    // Another person there with the address of an account that is taken.
    let mut other = office.browser();
    let (_, back) = start(&mut other, "/").await;
    let back = issuer.sign_in(&back, &json!({"sub": "u-2"}), Lie::Nothing);
    assert_eq!(come_back(&mut other, &back).await, "/sign-in?error=oidc_no_account");
    assert_eq!(other.get("/api/me").await.json, Value::Null);
}

#[tokio::test]
async fn no_token_is_believed_that_is_not_the_issuers_word_to_this_browser_of_this_moment() {
    let (office, issuer, mut awa) = open(|_| {}).await;
    office.user(&mut awa, "ben@example.org").await;
    let now = office.server.app.clock.now().as_second();

    for (claims, lie, word) in [
        (json!({"nonce": "another"}), Lie::Nothing, "oidc_token"),
        (json!({"nonce": null}), Lie::Nothing, "oidc_token"),
        (json!({"iss": "https://evil.example"}), Lie::Nothing, "oidc_token"),
        (json!({"aud": "another"}), Lie::Nothing, "oidc_token"),
        (json!({"aud": ["palabre", "another"]}), Lie::Nothing, "oidc_token"),
        (json!({"azp": "another"}), Lie::Nothing, "oidc_token"),
        (json!({"exp": now - 120}), Lie::Nothing, "oidc_token"),
        (json!({"exp": (now + 600).to_string()}), Lie::Nothing, "oidc_token"),
        (json!({"exp": null}), Lie::Nothing, "oidc_token"),
        (json!({"iat": now + 600}), Lie::Nothing, "oidc_token"),
        (json!({"nbf": now + 600}), Lie::Nothing, "oidc_token"),
        (json!({"sub": null}), Lie::Nothing, "oidc_token"),
        (json!({}), Lie::AlgorithmNone, "oidc_token"),
        (json!({}), Lie::NoSignature, "oidc_token"),
        (json!({}), Lie::Symmetric, "oidc_token"),
        (json!({}), Lie::StrangeKey, "oidc_token"),
        (json!({}), Lie::UnknownKid, "oidc_token"),
        (json!({}), Lie::Changed, "oidc_token"),
        (json!({"email_verified": false}), Lie::Nothing, "oidc_no_email"),
        (json!({"email_verified": "true"}), Lie::Nothing, "oidc_no_email"),
        (json!({"email": "nobody@example.org"}), Lie::Nothing, "oidc_no_account"),
    ] {
        let mut ben = office.browser();
        let (_, sent) = start(&mut ben, "/").await;
        let back = issuer.sign_in(&sent, &claims, lie);
        assert_eq!(come_back(&mut ben, &back).await, format!("/sign-in?error={word}"), "{claims} {lie:?}");
        assert_eq!(ben.get("/api/me").await.json, Value::Null, "{claims} {lie:?}");
    }
}

#[tokio::test]
async fn what_comes_back_must_belong_to_what_was_begun_in_this_browser() {
    let (office, issuer, mut awa) = open(|_| {}).await;
    office.user(&mut awa, "ben@example.org").await;
    let mut ben = office.browser();
    let (kept, sent) = start(&mut ben, "/").await;
    let good = issuer.sign_in(&sent, &json!({}), Lie::Nothing);

    // A link of somebody else's attempt, opened here.
    assert_eq!(come_back(&mut office.browser(), &good).await, "/sign-in?error=oidc_stray");
    let changed = |from: &str, to: &str| good.replace(from, to);
    let state = query(&sent)["state"].clone();
    for stray in [
        changed(&state, "another"),
        changed("state=", "stat="),
        changed("iss=http", "iss=https"),
        good.split("&iss=").next().unwrap().to_owned(),
        changed("code=", "cod="),
    ] {
        assert_eq!(come_back(&mut ben, &stray).await, "/sign-in?error=oidc_stray", "{stray}");
        ben.cookie.clone_from(&kept);
    }
    let refused = changed("code=", "error=access_denied&cod=");
    assert_eq!(come_back(&mut ben, &refused).await, "/sign-in?error=oidc_refused");
    ben.cookie = Some("palabre_oidc=AAAA".to_owned());
    assert_eq!(come_back(&mut ben, &good).await, "/sign-in?error=oidc_stray");
    ben.cookie.clone_from(&kept);
    assert_eq!(come_back(&mut ben, &good).await, "/");
    // The code is good once.
    ben.cookie = kept;
    assert_eq!(come_back(&mut ben, &good).await, "/sign-in?error=oidc_refused");
}

#[tokio::test]
async fn whoever_is_new_gets_an_account_if_the_operator_wants_that_and_the_role_of_the_groups() {
    let (office, issuer, _awa) = open(|config| {
        config.oidc.create = true;
        config.oidc.roles =
            vec![("protocole".to_owned(), Role::ProtocolOfficer), ("it".to_owned(), Role::Administrator)];
    })
    .await;
    let sign_in = async |claims: Value| {
        let mut browser = office.browser();
        let (_, sent) = start(&mut browser, "/").await;
        let back = issuer.sign_in(&sent, &claims, Lie::Nothing);
        assert_eq!(come_back(&mut browser, &back).await, "/");
        browser.get("/api/me").await.json
    };

    let me = sign_in(json!({"groups": ["staff", "protocole"]})).await;
    assert_eq!(
        (&me["name"], &me["origin"], &me["role"]),
        (&json!("Ben Kouassi"), &json!("oidc"), &json!("protocol-officer"))
    );
    assert_eq!(sign_in(json!({"groups": ["protocole", "it"]})).await["role"], "administrator");
    assert_eq!(sign_in(json!({"groups": []})).await["role"], "user", "taken out of the groups");
    let password = json!({"email": "ben@example.org", "password": ""});
    assert_eq!(office.browser().post("/api/sign-in", password).await.code(), "wrong_credentials");
    let guess = json!({"email": "ben@example.org", "password": USER_PASSWORD});
    assert_eq!(office.browser().post("/api/sign-in", guess).await.code(), "wrong_credentials");
    let log = palabre::audit::newest(&office.server.app.store, 20).await.unwrap();
    assert!(log.iter().any(|entry| entry.action == "sign-in.oidc" && entry.result == "ok"));
}

#[tokio::test]
async fn a_disabled_account_stays_out_whatever_the_issuer_says() {
    let (office, issuer, mut awa) = open(|_| {}).await;
    office.user(&mut awa, "ben@example.org").await;
    let id = awa.get("/api/users?q=ben").await.json["users"][0]["id"].as_str().unwrap().to_owned();
    awa.patch(&format!("/api/users/{id}"), json!({"disabled": true})).await;
    let mut ben = office.browser();
    let (_, sent) = start(&mut ben, "/").await;
    let back = issuer.sign_in(&sent, &json!({}), Lie::Nothing);

    assert_eq!(come_back(&mut ben, &back).await, "/sign-in?error=oidc_no_account");
    assert_eq!(ben.get("/api/me").await.json, Value::Null);
}

#[tokio::test]
async fn an_issuer_that_is_away_is_told_on_the_sign_in_page() {
    let office = Office::start_with(|config| {
        config.oidc.issuer = "http://127.0.0.1:9".to_owned();
    })
    .await;
    let answer = go(&mut office.browser(), "/api/oidc/start").await;

    assert_eq!(answer, "/sign-in?error=oidc_unreachable");
    let without = Office::start().await;
    assert_eq!(without.browser().get("/api/oidc/start").await.code(), "not_found");
    assert_eq!(without.browser().get("/api/oidc/callback").await.code(), "not_found");
}

/// An office with an issuer beside it, and an administrator.
async fn open(choose: impl FnOnce(&mut palabre::config::Config)) -> (Office, TestIssuer, Browser) {
    let issuer = TestIssuer::start().await;
    let office = Office::start_with(|config| {
        config.oidc.issuer.clone_from(&issuer.url);
        config.oidc.client_secret = SECRET.to_owned();
        choose(config);
    })
    .await;
    let awa = office.administrator().await;
    (office, issuer, awa)
}

/// Begins to sign in: the cookie that the browser keeps, and where it is sent.
async fn start(browser: &mut Browser, next: &str) -> (Option<String>, String) {
    let to = go(browser, &format!("/api/oidc/start?next={next}")).await;
    let cookie = browser.cookie.clone();
    assert!(cookie.as_deref().is_some_and(|cookie| cookie.starts_with("palabre_oidc=")), "{cookie:?}");
    (cookie, to)
}

/// Comes back from the issuer; where the browser is sent then.
async fn come_back(browser: &mut Browser, path: &str) -> String {
    go(browser, path).await
}

/// Follows nothing, as a test wants to see where it would lead.
async fn go(browser: &mut Browser, path: &str) -> String {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .expect("an answer");
    let mut request = browser.request(Method::GET, path).build().expect("an answer");
    request.headers_mut().remove("origin");
    let answer = client.execute(request).await.expect("an answer");
    assert_eq!(answer.status(), 303, "{path}");
    if let Some(cookie) = answer.headers().get("set-cookie") {
        browser.cookie = cookie.to_str().expect("an answer").split(';').next().map(str::to_owned);
    }
    answer.headers()["location"].to_str().expect("an answer").to_owned()
}
