//! Visitors whose connection is built before they enter, and who are brought in from there.

use palabre_tests::browser::Browser as Screen;
use serde_json::{Value, json};

use crate::browser::{Browser, Office};
use crate::invited::claims;
use crate::participant::Participant;
use crate::schedules::{bilateral, path, secret_of};

#[tokio::test]
async fn a_visitor_is_brought_in_under_the_name_given_and_is_heard_there() {
    let mut house = House::open().await;
    let host = house.enter().await;
    let (approach, visitor) = house.approach().await;
    visitor.speak(440.0);
    assert!(host.view().ever.is_empty(), "nobody hears of who only prepares");

    let join = house.join(json!({"name": "Awa", "approach": approach["token"]})).await;

    assert_eq!(
        (&join["state"], &join["moved"], &join["name"]),
        (&json!("admitted"), &json!(true), &json!("Awa"))
    );
    let identity = join["identity"].as_str().unwrap().to_owned();
    host.until("the visitor is heard", |view| view.strength(&identity, 440.0) > 0.0).await;
    assert_eq!(host.view().ever.iter().find(|seen| **seen != identity), None);
    let seen = host.view().others[&identity].clone();
    assert_eq!((&*seen.name, &*seen.attributes["palabre.role"]), ("Awa", "guest"));
    host.speak(880.0);
    let speaker = house.host_identity().await;
    visitor.until("the host is heard", |view| view.strength(&speaker, 880.0) > 0.0).await;

    let list = house.host.get(&format!("{}/attendance", house.meeting)).await.json;
    let people = list["sittings"][0]["people"].as_array().unwrap();
    assert!(people.iter().all(|one| !one["name"].as_str().unwrap().is_empty()), "{list}");
    assert_eq!(people.len(), 2);
}

#[tokio::test]
async fn an_approach_is_good_for_one_entry_into_one_meeting() {
    let mut house = House::open().await;
    let (approach, _visitor) = house.approach().await;
    let other = house.host.post("/api/meetings", json!({"title": "Other", "waiting_room": false})).await.json;
    let other = format!("/api/meetings/{}/join", other["code"].as_str().unwrap());
    let asking = |name: &str| json!({"name": name, "approach": approach["token"]});

    let elsewhere = house.office.browser().post(&other, asking("Awa")).await.json;
    assert_eq!((&elsewhere["state"], &elsewhere["moved"]), (&json!("admitted"), &json!(false)));
    assert_eq!(house.join(asking("Awa")).await["moved"], true);
    let again = house.join(asking("Ben")).await;
    assert_eq!((&again["state"], &again["moved"]), (&json!("admitted"), &json!(false)));
    assert_eq!(Participant::enter(&approach).await.err(), Some(403), "there is no way back");

    let (left, visitor) = house.approach().await;
    drop(visitor);
    let gone = house.join(json!({"name": "Chi", "approach": left["token"]})).await;
    assert_eq!(gone["state"], "admitted", "whoever has gone comes in anew");
    let forged = house.join(json!({"name": "Dee", "approach": "a.b.c"})).await;
    assert_eq!(forged["moved"], false);
    let admission = house.join(json!({"name": "Eve", "approach": again["token"]})).await;
    assert_eq!(admission["moved"], false, "a token for something else is none");
}

#[tokio::test]
async fn nobody_is_brought_in_past_a_lock_or_a_waiting_room() {
    let mut house = House::open().await;
    let host = house.enter().await;
    let (approach, visitor) = house.approach().await;
    let asking = json!({"name": "Awa", "approach": approach["token"]});
    let meeting = house.meeting.clone();

    house.host.patch(&meeting, json!({"locked": true})).await;
    let locked = house.office.browser().post(&format!("{meeting}/join"), asking.clone()).await;
    assert_eq!((locked.status, locked.code()), (403, "meeting_locked"));
    house.host.patch(&meeting, json!({"locked": false, "waiting_room": true})).await;
    assert_eq!(house.join(asking).await["state"], "waiting");

    assert!(host.view().ever.is_empty());
    assert!(visitor.view().others.is_empty());
}

#[tokio::test]
async fn who_may_only_listen_brings_no_microphone_in() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let plan = bilateral(|plan| {
        plan["send"] = json!(false);
        plan["waiting_room"] = json!(false);
        plan["parties"][1]["seats"][0]["role"] = json!("observer");
    });
    let made = host.post("/api/schedules", plan).await.json;
    let meeting = path(&made).trim_end_matches("/schedule").to_owned();
    let seat = &made["parties"][1]["seats"][0]["id"];
    let link = host.post(&format!("{meeting}/seats/{seat}/link"), json!({})).await.json;
    let mut house = House { office, host, meeting };
    let listener = house.enter().await;
    let secret = secret_of(link["link"].as_str().unwrap());
    let (approach, observer) = house.approach_by(json!({"invitation": secret})).await;
    observer.speak(440.0);

    let join = house.join(json!({"invitation": secret, "approach": approach["token"]})).await;

    assert_eq!(join["moved"], true, "{join}");
    let identity = join["identity"].as_str().unwrap().to_owned();
    listener.until("the observer is there", |view| view.others.contains_key(&identity)).await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    let view = listener.view();
    assert!(view.others[&identity].tracks.is_empty() && view.ears.is_empty());
}

#[tokio::test]
async fn an_approach_allows_nothing_else_and_there_are_not_many() {
    let mut house = House::open_with(|config| {
        config.limits.knocks_per_address = 3;
        config.limits.rooms = 8;
    })
    .await;
    let (approach, _visitor) = house.approach().await;
    let may = &claims(&approach)["video"];
    assert_eq!(may["canPublishSources"], json!(["microphone", "camera"]));
    assert_eq!((&may["canPublishData"], &may["canSubscribe"]), (&json!(false), &json!(false)));
    assert_eq!(may["roomAdmin"], Value::Null);
    assert_eq!(claims(&approach)["name"], Value::Null);

    let at = format!("{}/approach", house.meeting);
    assert_eq!(house.host.post(&at, json!({})).await.status, 200);
    let full = house.host.post(&at, json!({})).await;
    assert_eq!((full.status, full.code()), (503, "too_many_approaches"), "a quarter of the rooms");
    let mut visitor = house.office.browser();
    assert_eq!(visitor.post(&at, json!({})).await.code(), "too_many_approaches");
    visitor.post(&at, json!({})).await;
    assert_eq!(visitor.post(&at, json!({})).await.code(), "too_many_attempts");
    let unknown = visitor.post("/api/meetings/aaa-aaaa-aaa/approach", json!({})).await;
    assert_eq!(unknown.code(), "not_found");
    assert_eq!(house.join(json!({"name": "Awa"})).await["state"], "admitted");
    house.office.server.app.drain();
    assert_eq!(house.host.post(&at, json!({})).await.code(), "draining");
}

/// A meeting into which everybody may come at once.
struct House {
    office: Office,
    host: Browser,
    meeting: String,
}

impl House {
    async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    async fn open_with(choose: impl FnOnce(&mut palabre::config::Config)) -> Self {
        let office = Office::start_with(choose).await;
        let mut host = office.administrator().await;
        let made =
            host.post("/api/meetings", json!({"title": "Bilatérale", "waiting_room": false})).await.json;
        let meeting = format!("/api/meetings/{}", made["code"].as_str().expect("a code"));
        Self { office, host, meeting }
    }

    /// The host comes in.
    async fn enter(&mut self) -> Screen {
        let join = self.host.post(&format!("{}/join", self.meeting), json!({})).await.json;
        Screen::open(self.office.server.http, join["token"].as_str().expect("text")).await
    }

    async fn host_identity(&mut self) -> String {
        let code = self.meeting.rsplit('/').next().expect("a code");
        let inside = self.office.server.app.rooms.inside(code).await;
        let host = inside.into_iter().find(|one| one.identity.starts_with("user-"));
        host.expect("the host is there").identity
    }

    /// Somebody without an account stands before the door, connected.
    async fn approach(&mut self) -> (Value, Screen) {
        self.approach_by(json!({})).await
    }

    async fn approach_by(&mut self, known: Value) -> (Value, Screen) {
        let answer = self.office.browser().post(&format!("{}/approach", self.meeting), known).await;
        assert_eq!(answer.status, 200, "{}", answer.json);
        let screen =
            Screen::open(self.office.server.http, answer.json["token"].as_str().expect("text")).await;
        (answer.json, screen)
    }

    async fn join(&mut self, asking: Value) -> Value {
        self.office.browser().post(&format!("{}/join", self.meeting), asking).await.json
    }
}
