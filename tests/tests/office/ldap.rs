//! The ministry's directory: a real one, over TLS.

use std::time::Duration;

use palabre::accounts::Role;
use serde_json::{Value, json};

use crate::browser::{Browser, Office, USER_PASSWORD};
use crate::slapd::{BASE, READER, READER_PASSWORD, Slapd};

#[tokio::test]
async fn the_people_of_the_directory_sign_in_with_its_password_and_are_what_it_says() {
    let slapd =
        Slapd::start(&(person("ben", "Ben Kouassi", "title: Consul\n") + &person("cica", "Cica", PROTOCOL)));
    let (office, mut awa) = open(&slapd, |_| {}).await;

    let mut ben = office.browser();
    let me = sign_in(&mut ben, "ben@mae.example", "sesame de ben").await;
    assert_eq!(
        (&me["name"], &me["function"], &me["origin"]),
        (&json!("Ben Kouassi"), &json!("Consul"), &json!("ldap"))
    );
    assert_eq!((&me["role"], &me["duties"]), (&json!("user"), &json!([])));
    assert_eq!(ben.get("/api/meetings").await.status, 200);
    // By the name of the directory, too; and the same account again.
    let me = sign_in(&mut office.browser(), "cica", "sesame de cica").await;
    assert_eq!(me["role"], "protocol-officer");
    sign_in(&mut office.browser(), "ben", "sesame de ben").await;
    assert_eq!(awa.get("/api/users").await.json["total"], 3);
    let other = json!({"current": "sesame de ben", "new": USER_PASSWORD});
    assert_eq!(ben.post("/api/me/password", other).await.code(), "conflict");
    let id = awa.get("/api/users?q=kouassi").await.json["users"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(awa.post(&format!("/api/users/{id}/password"), json!({})).await.code(), "conflict");

    // An account that an administrator has closed stays closed.
    assert_eq!(awa.patch(&format!("/api/users/{id}"), json!({"disabled": true})).await.status, 200);
    assert_eq!(refused(&office, "ben", "sesame de ben").await, "wrong_credentials");
    let report = awa.post("/api/users/directory", json!({})).await.json;
    assert_eq!((&report["same"], &report["done"]), (&json!(2), &json!(true)), "{report}");
    assert_eq!(refused(&office, "ben", "sesame de ben").await, "wrong_credentials");
}

#[tokio::test]
async fn nothing_that_is_typed_is_a_question_to_the_directory() {
    let slapd = Slapd::start(&person("ben", "Ben Kouassi", ""));
    let (office, mut awa) = open(&slapd, |_| {}).await;

    for (login, password) in [
        ("ben", "not the password"),
        ("ben", ""),
        ("*", "sesame de ben"),
        ("b*", "sesame de ben"),
        ("ben)(objectClass=*", "sesame de ben"),
        ("*))(|(uid=ben", "sesame de ben"),
        ("ben\\2a", "sesame de ben"),
        ("nobody", "sesame de ben"),
    ] {
        assert_eq!(refused(&office, login, password).await, "wrong_credentials", "{login}");
    }
    assert_eq!(awa.get("/api/users").await.json["total"], 1, "nobody has got an account by that");
    // An account of ours is not the directory's, whoever has its address there.
    office.user(&mut awa, "ben@mae.example").await;
    assert_eq!(refused(&office, "ben@mae.example", "sesame de ben").await, "wrong_credentials");
    assert_eq!(refused(&office, "ben", "sesame de ben").await, "wrong_credentials");
    sign_in(&mut office.browser(), "ben@mae.example", USER_PASSWORD).await;
}

#[tokio::test]
async fn accounts_follow_the_directory_and_whoever_leaves_it_is_signed_out() {
    let both = person("ben", "Ben Kouassi", "") + &person("cica", "Cica", "");
    let mut slapd = Slapd::start(&both);
    let (office, mut awa) = open(&slapd, |_| {}).await;
    let mut import = async |how: &str| awa.post(&format!("/api/users/directory{how}"), json!({})).await.json;
    let tried = import("?dry_run=true").await;
    assert_eq!((&tried["added"], &tried["done"]), (&json!(2), &json!(false)), "{tried}");
    assert_eq!(import("").await["added"], 2);
    let mut ben = office.browser();
    sign_in(&mut ben, "ben", "sesame de ben").await;

    // Ben leaves, Cica is promoted.
    slapd.hold(&person("cica", "Cica", "title: Ambassadrice\n"));
    let left = import("").await;
    assert_eq!((&left["changed"], &left["added"]), (&json!(2), &json!(0)), "{left}");
    assert_eq!(ben.get("/api/me").await.json, Value::Null);
    assert_eq!(refused(&office, "ben", "sesame de ben").await, "wrong_credentials");
    // A directory that names nobody is one that was asked wrongly.
    slapd.hold("");
    assert_eq!(import("").await["error"]["field"], "table");
    assert_eq!(sign_in_is_open(&office, &mut slapd, &both).await, "Ben Kouassi");
}

#[tokio::test]
async fn people_whom_a_filter_closes_do_not_come_in() {
    let slapd = Slapd::start(&(person("ben", "Ben", "employeeType: left\n") + &person("cica", "Cica", "")));
    let (office, mut awa) =
        open(&slapd, |config| config.ldap.closed = "(employeeType=left)".to_owned()).await;

    assert_eq!(refused(&office, "ben", "sesame de ben").await, "wrong_credentials");
    assert_eq!(awa.post("/api/users/directory", json!({})).await.json["added"], 1);
    sign_in(&mut office.browser(), "cica", "sesame de cica").await;
}

#[tokio::test]
async fn a_directory_that_is_away_or_not_the_one_we_trust_is_told_so() {
    let mut slapd = Slapd::start(&person("ben", "Ben", ""));
    let other = Slapd::start("");
    let (strange, _) = open(&slapd, |config| config.ldap.ca = Some(other.certificate())).await;
    assert_eq!(refused(&strange, "ben", "sesame de ben").await, "directory_away", "another certificate");
    let (clear, _) = open(&slapd, |config| config.ldap.start_tls = false).await;
    assert_eq!(
        refused(&clear, "ben", "sesame de ben").await,
        "directory_away",
        "slapd takes no password in the clear"
    );

    let (office, mut awa) = open(&slapd, |_| {}).await;
    slapd.stop();
    assert_eq!(refused(&office, "ben", "sesame de ben").await, "directory_away");
    assert_eq!(awa.post("/api/users/directory", json!({})).await.code(), "directory_away");
    // Our own accounts do not need it.
    let mut again = office.browser();
    sign_in(&mut again, "awa@example.org", crate::browser::ADMINISTRATOR_PASSWORD).await;
    let without = Office::start().await;
    let mut awa = without.administrator().await;
    assert_eq!(awa.post("/api/users/directory", json!({})).await.code(), "not_found");
}

/// An office with this directory, and an administrator.
async fn open(slapd: &Slapd, choose: impl FnOnce(&mut palabre::config::Config)) -> (Office, Browser) {
    let office = Office::start_with(|config| {
        let ldap = &mut config.ldap;
        ldap.url = format!("ldap://localhost:{}", slapd.port);
        ldap.ca = Some(slapd.certificate());
        ldap.bind_dn = READER.to_owned();
        ldap.bind_password = READER_PASSWORD.to_owned();
        ldap.base = BASE.to_owned();
        ldap.people = "(objectClass=inetOrgPerson)".to_owned();
        ldap.roles = vec![("cn=protocol,dc=mae,dc=example".to_owned(), Role::ProtocolOfficer)];
        // Only when a test asks.
        ldap.sync = Duration::ZERO;
        choose(config);
    })
    .await;
    let awa = office.administrator().await;
    (office, awa)
}

fn person(uid: &str, name: &str, more: &str) -> String {
    format!(
        "\ndn: uid={uid},{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\nsn: {name}\nmail: {uid}@mae.example\n\
         entryUUID: 0000{}-0000-4000-8000-000000000000\npreferredLanguage: fr\nuserPassword: sesame de {uid}\n{more}",
        if uid == "ben" { "0001" } else { "0002" }
    )
}

async fn sign_in(browser: &mut Browser, login: &str, password: &str) -> Value {
    let answer = browser.post("/api/sign-in", json!({"email": login, "password": password})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json
}

async fn refused(office: &Office, login: &str, password: &str) -> String {
    let who = json!({"email": login, "password": password});
    let mut browser = office.browser();
    let code = browser.post("/api/sign-in", who).await.code().to_owned();
    assert_eq!(browser.get("/api/me").await.json, Value::Null);
    code
}

/// Whoever comes back to the directory comes in again: the name of Ben then.
async fn sign_in_is_open(office: &Office, slapd: &mut Slapd, entries: &str) -> String {
    slapd.hold(entries);
    let me = sign_in(&mut office.browser(), "ben", "sesame de ben").await;
    me["name"].as_str().unwrap_or_default().to_owned()
}

const PROTOCOL: &str = "memberOf: cn=Protocol,dc=mae,dc=example\n";
