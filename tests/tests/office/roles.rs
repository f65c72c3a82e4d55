//! What those at the table may do by their seats, with an account or by a link, and how that changes while they are there.

use livekit_protocol as proto;
use serde_json::{Value, json};

use crate::browser::{Browser, Office};
use crate::meetings::meeting;
use crate::participant::Participant;
use crate::schedules::{bilateral, path, secret_of};

#[tokio::test]
async fn a_chair_without_an_account_runs_the_meeting_and_a_delegate_does_not() {
    let mut table = Table::set().await;
    let mut chair = table.enters("Awa").await;
    let mut delegate = table.enters("Ravi").await;

    for (what, body) in [
        ("floor", json!({"limit_seconds": 120})),
        (&format!("participants/{}/role", delegate.identity), json!({"role": "head"})),
    ] {
        let path = table.at(what);
        assert_eq!(delegate.browser.put(&path, body.clone()).await.code(), "not_allowed", "{what}");
        assert!(chair.browser.put(&path, body).await.status < 300, "{what}");
    }
    for (what, body) in [
        ("floor/give", json!({"identity": delegate.identity})),
        ("floor/close", json!({})),
        ("mute", json!({})),
        (&format!("participants/{}/remove", delegate.identity), json!({})),
    ] {
        let path = table.at(what);
        assert_eq!(delegate.browser.post(&path, body.clone()).await.code(), "not_allowed", "{what}");
        assert_eq!(chair.browser.post(&path, body).await.status, 204, "{what}");
    }
    delegate.inside.is_sent_away().await;
    let log = table.host.get("/api/admin/audit?action=participant.remove").await.json;
    assert_eq!(log["entries"][0]["actor"], json!(chair.identity), "{log}");

    assert_eq!(
        chair.browser.patch(&table.meeting, json!({"locked": true})).await.json["dial_in"],
        json!(null)
    );
    assert_eq!(table.host.get(&table.meeting).await.json["locked"], true);
    let other = chair.browser.patch(&table.meeting, json!({"waiting_room": false})).await;
    assert_eq!(other.code(), "not_allowed", "only the lock is the chair's");
    for host_s in ["attendance", "schedule"] {
        assert_eq!(chair.browser.get(&table.at(host_s)).await.code(), "not_signed_in", "{host_s}");
    }
    assert_eq!(chair.browser.post(&table.at("pin"), json!({})).await.code(), "not_signed_in");
    let host = format!("participants/{}/remove", table.host_identity());
    assert_eq!(chair.browser.post(&table.at(&host), json!({})).await.code(), "not_allowed");
}

#[tokio::test]
async fn a_chair_lets_in_whoever_waits_and_need_not_wait() {
    let mut table = Table::set().await;
    table.host.patch(&table.meeting, json!({"waiting_room": true})).await;

    let chair = table.enters("Awa").await;
    let mut door = chair.browser.events(&table.at("knocks")).await;
    door.next().await;
    let mut guest = table.office.browser();
    let join = guest.post(&table.at("join"), json!({"name": "Coumba"})).await.json;
    assert_eq!(join["state"], "waiting", "{join}");
    let (_, knocks) = door.next().await.unwrap();
    assert_eq!(knocks["knocks"][0]["name"], "Coumba");
    let ticket = knocks["knocks"][0]["ticket"].as_str().unwrap();
    let mut wait = guest.events(&table.at(&format!("knocks/{ticket}"))).await;
    let mut chair = chair.browser;
    assert_eq!(chair.post(&table.at(&format!("knocks/{ticket}/admit")), json!({})).await.status, 204);
    while wait.next().await.expect("it is decided").0 != "admitted" {}
}

#[tokio::test]
async fn rights_end_with_the_role_and_with_the_link() {
    let mut table = Table::set().await;
    let mut chair = table.enters("Awa").await;
    let mute = table.at("mute");
    assert_eq!(chair.browser.post(&mute, json!({})).await.status, 204);

    let role = table.at(&format!("participants/{}/role", chair.identity));
    assert_eq!(table.host.put(&role, json!({"role": "delegate"})).await.status, 204);
    assert_eq!(chair.browser.post(&mute, json!({})).await.code(), "not_allowed");
    assert_eq!(table.host.put(&role, json!({"role": "protocol_officer"})).await.status, 204);
    assert_eq!(chair.browser.post(&mute, json!({})).await.status, 204);

    let seat = chair.identity.trim_start_matches("guest-seat-").to_owned();
    assert_eq!(table.host.delete(&table.at(&format!("seats/{seat}/link"))).await.status, 204);
    assert_eq!(chair.browser.post(&mute, json!({})).await.code(), "not_allowed");
    chair.browser.pass = Some("a.b.c".to_owned());
    assert_eq!(chair.browser.post(&mute, json!({})).await.code(), "not_signed_in");
    let elsewhere = meeting(&mut table.host, json!({"title": "Another"})).await;
    let mut interpreter = table.enters("Irène").await;
    let answer = interpreter.browser.post(&format!("{elsewhere}/mute"), json!({})).await;
    assert_eq!(answer.code(), "not_signed_in", "a token opens one meeting");
}

#[tokio::test]
async fn an_observer_listens_until_the_seat_is_another_s() {
    let mut table = Table::set().await;
    let mut observer = table.enters("Olga").await;
    assert!(!observer.inside.may_publish().await);
    assert!(!observer.inside.sets("palabre.hand", "2026-11-29T12:00:00Z").await, "nor asks for the floor");

    let role = table.at(&format!("participants/{}/role", observer.identity));
    assert_eq!(table.host.put(&role, json!({"role": "delegate"})).await.status, 204);
    let speaks = |own: &proto::ParticipantInfo| {
        own.permission.as_ref().is_some_and(|may| may.can_publish)
            && own.attributes["palabre.seat_role"] == "delegate"
    };
    observer.inside.sees(&observer.identity, speaks).await;
    let sid = observer.inside.publishes_a_microphone().await;

    assert_eq!(table.host.put(&role, json!({"role": "observer"})).await.status, 204);
    observer.inside.loses(&sid).await;
    let plan = table.host.get(&table.at("schedule")).await.json;
    assert_eq!(plan["parties"][1]["seats"][1]["role"], "observer", "{plan}");
    table.host.put(&table.at("floor"), json!({})).await;
    let give = table.at("floor/give");
    assert_eq!(table.host.post(&give, json!({"identity": observer.identity})).await.code(), "conflict");
}

#[tokio::test]
async fn a_change_of_the_plan_is_felt_inside() {
    let mut table = Table::set().await;
    let mut delegate = table.enters("Ravi").await;
    let observer = table.enters("Olga").await;

    let mut plan = table.plan.clone();
    plan["parties"][1]["seats"][0]["role"] = json!("observer");
    plan["parties"][1]["seats"][0]["title"] = json!("Ambassadeur");
    plan["parties"][1]["seats"].as_array_mut().unwrap().pop();
    let changed = table.host.put(&table.at("schedule"), plan).await;
    assert_eq!(changed.status, 200, "{changed:?}");

    let mut gone = observer;
    gone.inside.is_sent_away().await;
    let listens = |own: &proto::ParticipantInfo| {
        own.permission.as_ref().is_some_and(|may| !may.can_publish)
            && own.attributes["palabre.title"] == "Ambassadeur"
    };
    delegate.inside.sees(&delegate.identity, listens).await;
}

#[tokio::test]
async fn an_interpreter_is_heard_whoever_has_the_floor() {
    let mut table = Table::set().await;
    let mut interpreter = table.enters("Irène").await;
    let mut delegate = table.enters("Ravi").await;
    let voice = interpreter.inside.publishes_a_microphone().await;
    let sid = delegate.inside.publishes_a_microphone().await;

    let floor = table.host.put(&table.at("floor"), json!({})).await.json;
    let standing = json!([interpreter.identity, table.host_identity()]);
    assert_eq!(floor["standing"], standing, "{floor}");
    delegate.inside.is_told_to_mute(&sid).await;
    assert!(interpreter.inside.opens(&voice).await);

    // Whoever comes later too, and whoever becomes one.
    let chair = table.enters("Awa").await;
    let role = table.at(&format!("participants/{}/role", delegate.identity));
    table.host.put(&role, json!({"role": "interpreter"})).await;
    assert!(delegate.inside.opens(&sid).await);
    let floor = table.host.put(&table.at("floor"), json!({})).await.json;
    assert!(floor["standing"].as_array().unwrap().contains(&json!(chair.identity)), "{floor}");
    table.host.put(&role, json!({"role": "rapporteur"})).await;
    delegate.inside.is_told_to_mute(&sid).await;
}

#[tokio::test]
async fn a_protocol_officer_opens_the_list_and_speaks_in_turn() {
    let mut table = Table::set().await;
    let mut officer = table.enters("Irène").await;
    let role = table.at(&format!("participants/{}/role", officer.identity));
    table.host.put(&role, json!({"role": "protocol_officer"})).await;

    let floor = officer.browser.put(&table.at("floor"), json!({})).await.json;
    assert_eq!(floor["standing"], json!([]), "{floor}");
}

#[tokio::test]
async fn a_guest_without_a_seat_keeps_a_role_until_the_meeting_ends() {
    let mut table = Table::set().await;
    let mut guest = table.office.browser();
    let join = guest.post(&table.at("join"), json!({"name": "Coumba"})).await.json;
    let mut inside = Participant::enter(&join).await.unwrap();
    let identity = join["identity"].as_str().unwrap().to_owned();
    let role = table.at(&format!("participants/{identity}/role"));

    assert_eq!(table.host.put(&role, json!({"role": "nobody"})).await.status, 400);
    assert_eq!(table.host.put(&role, json!({"role": "observer"})).await.status, 204);
    inside.sees(&identity, |own| own.permission.as_ref().is_some_and(|may| !may.can_publish)).await;
    let back = json!({"previous": join["token"]});
    let again = guest.post(&table.at("join"), back.clone()).await.json;
    let mut inside = Participant::enter(&again).await.unwrap();
    assert!(!inside.may_publish().await);
    let absent = table.at("participants/guest-aaaaaaaaaaaaaaaa/role");
    assert_eq!(table.host.put(&absent, json!({"role": "observer"})).await.code(), "not_found");

    table.host.post(&table.at("end"), json!({})).await;
    let anew = guest.post(&table.at("join"), back).await.json;
    assert!(Participant::enter(&anew).await.unwrap().may_publish().await);
}

/// A table with its host, and links for whoever sits there.
struct Table {
    office: Office,
    host: Browser,
    host_id: String,
    /// As it was planned, with the numbers of the seats.
    plan: Value,
    meeting: String,
}

/// Somebody at the table.
struct Seated {
    browser: Browser,
    identity: String,
    inside: Participant,
}

impl Table {
    async fn set() -> Self {
        let office = Office::start().await;
        let mut host = office.administrator().await;
        let seats = bilateral(|plan| {
            plan["send"] = json!(false);
            plan["waiting_room"] = json!(false);
            let benin = plan["parties"][0]["seats"].as_array_mut().expect("a list of seats");
            benin.push(json!({"name": "Irène", "role": "interpreter"}));
            let india = plan["parties"][1]["seats"].as_array_mut().expect("a list of seats");
            india.push(json!({"name": "Olga", "role": "observer"}));
        });
        let made = host.post("/api/schedules", seats.clone()).await.json;
        let mut plan = seats;
        for party in 0..2 {
            plan["parties"][party]["id"] = made["parties"][party]["id"].clone();
            for seat in 0..2 {
                plan["parties"][party]["seats"][seat]["id"] =
                    made["parties"][party]["seats"][seat]["id"].clone();
            }
        }
        let meeting = path(&made).trim_end_matches("/schedule").to_owned();
        let me = host.get("/api/me").await.json;
        let host_id = me["id"].as_str().expect("an id").to_owned();
        Self { office, host, host_id, plan, meeting }
    }

    fn at(&self, what: &str) -> String {
        format!("{}/{what}", self.meeting)
    }

    fn host_identity(&self) -> String {
        format!("user-{}", self.host_id)
    }

    /// Comes in by a personal link, without an account.
    async fn enters(&mut self, name: &str) -> Seated {
        let seats = ["parties/0/seats/0", "parties/0/seats/1", "parties/1/seats/0", "parties/1/seats/1"];
        let seats = seats.map(|at| self.plan.pointer(&format!("/{at}")).expect("a seat"));
        let seat = seats
            .into_iter()
            .find(|seat| seat["name"].as_str().expect("a name").starts_with(name))
            .expect("a seat of that name");
        let link = self.host.get(&self.at(&format!("seats/{}/link", seat["id"]))).await.json;
        let secret = secret_of(link["link"].as_str().expect("a link"));
        let mut browser = self.office.browser();
        let join = browser.post(&self.at("join"), json!({"invitation": secret})).await.json;
        let inside = Participant::enter(&join).await.expect("it is let in");
        browser.pass = join["token"].as_str().map(str::to_owned);
        Seated { browser, identity: join["identity"].as_str().expect("an identity").to_owned(), inside }
    }
}
