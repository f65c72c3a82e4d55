//! Roles over HTTP: what the IT officer of a post may do there, and nobody else's.

use serde_json::{Value, json};

use crate::browser::{Browser, Office, USER_PASSWORD};

#[tokio::test]
async fn an_officer_sees_and_changes_the_phones_of_the_own_post_only() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let (paris, delhi) = furnish(&mut awa).await;
    let mut officer = it_officer(&office, &mut awa, paris).await;

    let seen = officer.get("/api/admin/extensions").await.json;
    assert_eq!(numbers(&seen["extensions"]), ["201"]);
    let posts = officer.get("/api/admin/posts").await.json;
    assert_eq!(posts["posts"].as_array().map(Vec::len), Some(1));

    let own = json!({"number": "203", "name": "Accueil"});
    assert_eq!(officer.post("/api/admin/extensions", own).await.json["extension"]["post"], paris);
    let elsewhere = json!({"number": "204", "name": "Accueil", "post": delhi});
    assert_eq!(officer.post("/api/admin/extensions", elsewhere).await.code(), "not_allowed");
    let quiet = json!({"do_not_disturb": true});
    assert_eq!(officer.patch("/api/admin/extensions/201", quiet.clone()).await.status, 200);
    assert_eq!(officer.patch("/api/admin/extensions/202", quiet).await.code(), "not_allowed");
    assert_eq!(
        officer.patch("/api/admin/extensions/201", json!({"post": delhi})).await.code(),
        "not_allowed"
    );
    assert_eq!(officer.delete("/api/admin/extensions/202").await.code(), "not_allowed");
    for (number, status) in [("201", 201), ("202", 403)] {
        let path = format!("/api/admin/extensions/{number}/devices");
        assert_eq!(officer.post(&path, json!({})).await.status, status, "{number}");
        let path = format!("/api/admin/extensions/{number}/mailbox-pin");
        let status = if status == 201 { 204 } else { status };
        assert_eq!(officer.put(&path, json!({"pin": "4711"})).await.status, status, "{number}");
    }
    let devices = awa.get("/api/admin/extensions").await.json["extensions"][1]["devices"].clone();
    let device = devices[0]["username"].as_str().expect("a device").to_owned();
    let path = format!("/api/admin/extensions/202/devices/{device}");
    assert_eq!(officer.post(&format!("{path}/password"), json!({})).await.code(), "not_allowed");
    assert_eq!(officer.delete(&path).await.code(), "not_allowed");
    let group =
        |post: i64| json!({"number": format!("30{post}"), "name": "Tous", "post": post, "members": ["201"]});
    assert_eq!(officer.post("/api/admin/groups", group(delhi)).await.code(), "not_allowed");
    assert_eq!(officer.post("/api/admin/groups", group(paris)).await.status, 201);
    assert_eq!(
        officer.patch(&format!("/api/admin/groups/30{paris}"), json!({"post": delhi})).await.code(),
        "not_allowed"
    );
    assert_eq!(awa.post("/api/admin/groups", group(delhi)).await.status, 201);
    assert_eq!(officer.delete(&format!("/api/admin/groups/30{delhi}")).await.code(), "not_allowed");
}

#[tokio::test]
async fn what_concerns_the_whole_house_stays_with_administrators() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let (paris, _) = furnish(&mut awa).await;
    let mut officer = it_officer(&office, &mut awa, paris).await;
    let protocol =
        json!({"name": "Cica", "email": "cica@example.org", "role": "protocol-officer", "post": paris});
    let mut protocol = office.member(&mut awa, protocol).await;

    for path in
        ["trunks", "routes", "numbers", "conference", "calls", "cdr", "cdr.csv", "problems", "posts.csv"]
    {
        for browser in [&mut officer, &mut protocol] {
            assert_eq!(browser.get(&format!("/api/admin/{path}")).await.code(), "not_allowed", "{path}");
        }
    }
    let post = json!({"name": "Tokyo", "country": "JP"});
    assert_eq!(officer.post("/api/admin/posts", post).await.code(), "not_allowed");
    assert_eq!(protocol.get("/api/admin/extensions").await.code(), "not_allowed");
    assert_eq!(protocol.get("/api/users").await.code(), "not_allowed");

    let may = |browser: &Value| browser["may"].clone();
    assert_eq!(
        may(&officer.get("/api/me").await.json),
        json!({"administer": false, "manage_phones": true, "manage_people": true, "schedule_for_others": false})
    );
    assert_eq!(
        may(&protocol.get("/api/me").await.json),
        json!({"administer": false, "manage_phones": false, "manage_people": false, "schedule_for_others": true})
    );
}

#[tokio::test]
async fn an_officer_looks_after_the_users_of_the_own_post_and_makes_nobody_more() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let (paris, delhi) = furnish(&mut awa).await;
    let mut officer = it_officer(&office, &mut awa, paris).await;
    let person = |email: &str, post: i64| json!({"name": "Ben", "email": email, "post": post, "password": USER_PASSWORD, "must_change": false});
    let there = awa.post("/api/users", person("delhi@example.org", delhi)).await.json;
    let here = officer.post("/api/users", json!({"name": "Dan", "email": "dan@example.org"})).await.json;

    assert_eq!(
        (&here["post"], &here["role"], &here["must_change"]),
        (&json!(paris), &json!("user"), &json!(true))
    );
    assert_eq!(here["initial_password"].as_str().map(str::len), Some(23));
    let seen = officer.get("/api/users").await.json;
    assert_eq!(seen["total"], 2, "the officer and Dan: {seen}");
    let path = |user: &Value| format!("/api/users/{}", user["id"].as_str().expect("an id"));
    let (here, there) = (path(&here), path(&there));
    for refused in [
        officer.patch(&there, json!({"name": "X"})).await,
        officer.delete(&there).await,
        officer.post(&format!("{there}/password"), json!({})).await,
        officer.delete(&format!("{there}/second-factor")).await,
        officer.patch(&here, json!({"role": "it-officer"})).await,
        officer.patch(&here, json!({"post": delhi})).await,
        officer.patch(&here, json!({"post": null})).await,
        officer.patch(&here, json!({"extension": "202"})).await,
        officer.post("/api/users", person("e@example.org", delhi)).await,
        officer
            .post("/api/users", json!({"name": "E", "email": "e@example.org", "role": "administrator"}))
            .await,
    ] {
        assert_eq!(refused.code(), "not_allowed", "{refused:?}");
    }
    let changed = officer
        .patch(
            &here,
            json!({"function": "Régisseur", "rank": 40, "languages": ["fr", "yo"], "extension": "201"}),
        )
        .await
        .json;
    assert_eq!(
        (&changed["function"], &changed["rank"], &changed["languages"], &changed["extension"]),
        (&json!("Régisseur"), &json!(40), &json!(["fr", "yo"]), &json!("201"))
    );
    let found = officer.get("/api/directory?q=regisseur").await.json;
    assert_eq!(found["entries"][0]["function"], "Régisseur");

    // Nobody makes more, or less, of oneself.
    let own = path(&officer.get("/api/me").await.json);
    assert_eq!(officer.patch(&own, json!({"role": "user"})).await.code(), "not_allowed");
    assert_eq!(officer.patch(&own, json!({"disabled": true})).await.code(), "not_allowed");
    assert_eq!(officer.patch(&own, json!({"post": delhi})).await.code(), "not_allowed");
    assert_eq!(officer.patch(&own, json!({"function": "Informaticien"})).await.status, 200);
}

#[tokio::test]
async fn a_password_that_others_have_chosen_is_changed_first_of_all() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let made = awa.post("/api/users", json!({"name": "Ben", "email": "ben@example.org"})).await.json;
    let initial = made["initial_password"].as_str().expect("a password").to_owned();
    let mut ben = office.browser();
    let who = json!({"email": "ben@example.org", "password": initial});

    let me = ben.post("/api/sign-in", who.clone()).await.json;
    assert_eq!(me["duties"], json!(["password"]));
    assert_eq!(ben.get("/api/meetings").await.code(), "password_must_change");
    let next = json!({"current": initial, "new": USER_PASSWORD});
    assert_eq!(ben.post("/api/me/password", next).await.status, 204);
    assert_eq!(ben.get("/api/meetings").await.status, 200);
    assert_eq!(office.browser().post("/api/sign-in", who).await.code(), "wrong_credentials");

    let path = format!("/api/users/{}", made["id"].as_str().expect("an id"));
    let given = awa.post(&format!("{path}/password"), json!({})).await.json;
    assert!(given["initial_password"].is_string());
    assert_eq!(ben.get("/api/me").await.json, Value::Null, "signed out by the new password");
}

#[tokio::test]
async fn who_is_disabled_is_signed_out_and_stays_out() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let mut ben = office.user(&mut awa, "ben@example.org").await;
    let path = format!("/api/users/{}", ben.get("/api/me").await.json["id"].as_str().expect("an id"));
    let who = json!({"email": "ben@example.org", "password": USER_PASSWORD});

    assert_eq!(awa.patch(&path, json!({"disabled": true})).await.json["disabled"], true);
    assert_eq!(ben.get("/api/me").await.json, Value::Null);
    assert_eq!(office.browser().post("/api/sign-in", who.clone()).await.code(), "wrong_credentials");
    assert_eq!(awa.patch(&path, json!({"disabled": false})).await.status, 200);
    assert_eq!(office.browser().post("/api/sign-in", who).await.status, 200);
}

#[tokio::test]
async fn a_post_says_where_it_is_and_what_its_link_carries() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let post = json!({"name": "Tokyo", "country": "JP", "city": "Tokyo", "down_kbit": 1024, "up_kbit": 512});

    let made = awa.post("/api/admin/posts", post).await.json;
    assert_eq!(
        (&made["city"], &made["down_kbit"], &made["up_kbit"]),
        (&json!("Tokyo"), &json!(1024), &json!(512))
    );
    let path = format!("/api/admin/posts/{}", made["id"]);
    let changed = awa.patch(&path, json!({"up_kbit": null})).await.json;
    assert_eq!((&changed["down_kbit"], &changed["up_kbit"]), (&json!(1024), &json!(null)));
    assert_eq!(awa.patch(&path, json!({"down_kbit": 1})).await.json["error"]["field"], "down_kbit");
    let trunk = json!({"name": "NTT", "host": "sip.example.jp", "post": made["id"]});
    assert_eq!(awa.post("/api/admin/trunks", trunk).await.status, 201);
    assert_eq!(awa.get("/api/admin/posts").await.json["posts"][0]["trunks"], json!(["NTT"]));
    let ben = json!({"name": "Ben", "email": "ben@example.org", "post": made["id"]});
    assert_eq!(awa.post("/api/users", ben).await.json["post_name"], "Tokyo");
    assert_eq!(awa.delete(&path).await.code(), "in_use");
}

#[tokio::test]
async fn everybody_is_told_the_time_at_the_own_post_and_in_the_capital() {
    let office = Office::start().await;
    let mut awa = office.administrator().await;
    let capital = json!({"place": "Porto-Novo", "time_zone": "Africa/Porto-Novo"});
    assert_eq!(awa.get("/api/me").await.json["clocks"], json!([capital]), "who is at no post");

    let post = json!({"name": "Ambassade", "country": "IN", "city": "New Delhi"});
    let post = awa.post("/api/admin/posts", post).await.json["id"].as_i64().expect("an id");
    let there = it_officer(&office, &mut awa, post).await.get("/api/me").await.json;

    let delhi = json!({"place": "New Delhi", "time_zone": "Asia/Kolkata"});
    assert_eq!(there["clocks"], json!([delhi, capital]));
}

/// Two posts with an extension each; their ids.
async fn furnish(awa: &mut Browser) -> (i64, i64) {
    let mut ids = Vec::new();
    for (name, country, number) in [("Paris", "FR", "201"), ("New Delhi", "IN", "202")] {
        let post = awa.post("/api/admin/posts", json!({"name": name, "country": country})).await;
        let id = post.json["id"].as_i64().expect("an id");
        let extension = json!({"number": number, "name": format!("Bureau de {name}"), "post": id});
        assert_eq!(awa.post("/api/admin/extensions", extension).await.status, 201);
        ids.push(id);
    }
    (ids[0], ids[1])
}

async fn it_officer(office: &Office, awa: &mut Browser, post: i64) -> Browser {
    let who = json!({"name": "Ola", "email": "ola@example.org", "role": "it-officer", "post": post});
    office.member(awa, who).await
}

fn numbers(extensions: &Value) -> Vec<&str> {
    extensions.as_array().into_iter().flatten().filter_map(|one| one["number"].as_str()).collect()
}
