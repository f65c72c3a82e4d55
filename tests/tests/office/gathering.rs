//! Delegations that wait: each by itself, in a room that is no meeting, and they come in together.

use livekit_protocol as proto;
use serde_json::{Value, json};
use signaling_proto::token::Claims;

use crate::browser::{Browser, Events, Office};
use crate::invited::claims;
use crate::participant::Participant;
use crate::schedules::{bilateral, path, secret_of};
use crate::server_api::{add_key, sign};

#[tokio::test]
async fn a_party_gathers_by_itself_and_the_other_gets_no_way_in() {
    let mut hall = Hall::open().await;
    let (awa, mut awa_hears) = hall.wait(0, 0).await;
    let (ben, _ben_hears) = hall.wait(0, 1).await;
    let (ravi, _ravi_hears) = hall.wait(1, 0).await;
    assert_eq!(
        people(&table(&mut awa_hears, |seen| seen["parties"][1]["there"] == 1).await),
        ["waiting", "waiting"]
    );

    let [at_awa, at_ben, at_ravi] =
        [hall.gather(&awa).await, hall.gather(&ben).await, hall.gather(&ravi).await];

    let rooms = [&at_awa, &at_ben, &at_ravi].map(|place| claims(place)["video"]["room"].clone());
    assert_eq!(rooms[0], rooms[1]);
    assert_ne!(rooms[0], rooms[2]);
    let may = &claims(&at_awa)["video"];
    assert_eq!((&may["roomJoin"], &may["roomAdmin"]), (&json!(true), &Value::Null));
    assert_eq!(may["canPublishSources"], json!(["microphone"]));
    assert_eq!(claims(&at_awa)["sub"], format!("guest-seat-{}", hall.seat(0, 0)));
    assert!(!hall.meeting.contains(rooms[0].as_str().unwrap()));

    let _first = Participant::enter(&at_awa).await.expect("their own room");
    let _second = Participant::enter(&at_ben).await.expect("the same room");
    let _other = Participant::enter(&at_ravi).await.expect("another room");
    let listed = hall.listed(rooms[0].as_str().unwrap()).await;
    assert_eq!(listed, ["Awa Diop", "Ben"], "nobody else is there");

    // Not even a token that somebody with a key has signed for the right room lets another one in.
    let mut forged = Claims::join(&format!("guest-seat-{}", hall.seat(1, 0)), rooms[0].as_str().unwrap());
    forged.name = "Ravi".to_owned();
    let forged = json!({"url": at_awa["url"], "token": sign(&hall.office, forged)});
    assert_eq!(Participant::enter(&forged).await.err(), Some(403));
    // Nor is it an admission to the meeting.
    let previous = json!({"name": "Awa", "previous": at_awa["token"], "invitation": hall.secret(0, 0).await});
    let join = hall.office.browser().post(&format!("{}/join", hall.meeting), previous).await.json;
    assert_eq!(join["state"], "waiting");
}

#[tokio::test]
async fn whoever_has_no_seat_gathers_with_nobody_and_hears_of_nobody() {
    let mut hall = Hall::open().await;
    let (_awa, _hears) = hall.wait(0, 0).await;
    let mut stranger = hall.office.browser();
    let join = stranger.post(&format!("{}/join", hall.meeting), json!({"name": "Stranger"})).await.json;
    let ticket = join["ticket"].as_str().unwrap();

    let refused = stranger.post(&format!("{}/knocks/{ticket}/gathering", hall.meeting), json!({})).await;
    assert_eq!((refused.status, refused.code()), (404, "not_found"));
    let unknown =
        stranger.post(&format!("{}/knocks/{}/gathering", hall.meeting, "a".repeat(43)), json!({})).await;
    assert_eq!(unknown.code(), "not_found");

    let mut hears = stranger.events(&format!("{}/knocks/{ticket}", hall.meeting)).await;
    assert_eq!(hears.next().await.unwrap().0, "waiting");
    hall.host.post(&format!("{}/knocks/{ticket}/refuse", hall.meeting), json!({})).await;
    assert_eq!(hears.next().await.unwrap().0, "refused", "nothing was told before");
}

#[tokio::test]
async fn a_delegation_comes_in_by_one_word_and_nobody_else() {
    let mut hall = Hall::open().await;
    let (awa, mut awa_hears) = hall.wait(0, 0).await;
    let (_ben, mut ben_hears) = hall.wait(0, 1).await;
    let (ravi, mut ravi_hears) = hall.wait(1, 0).await;
    let mut gathered = Participant::enter(&hall.gather(&awa).await).await.unwrap();
    let _india = Participant::enter(&hall.gather(&ravi).await).await.unwrap();
    let mut door = hall.host.events(&format!("{}/knocks", hall.meeting)).await;
    let (_, seen) = door.next().await.unwrap();
    let benin = &seen["knocks"][0]["party_id"];
    assert_eq!((&seen["knocks"][1]["party_id"], &seen["knocks"][0]["country"]), (benin, &json!("BJ")));
    let admit = format!("{}/knocks/admit", hall.meeting);
    assert_eq!(hall.office.browser().post(&admit, json!({})).await.code(), "not_signed_in");

    let admitted = hall.host.post(&admit, json!({"party": benin})).await;

    assert_eq!((admitted.status, &admitted.json), (200, &json!({"admitted": 2})));
    for hears in [&mut awa_hears, &mut ben_hears] {
        let join = until(hears, "admitted").await;
        assert_eq!(claims(&join)["attributes"]["palabre.party"], "Bénin");
    }
    let leave = gathered.is_sent_away().await;
    assert!(matches!(
        leave.reason(),
        proto::DisconnectReason::ParticipantRemoved | proto::DisconnectReason::RoomDeleted
    ));
    let (_, left) = door.next().await.unwrap();
    let names: Vec<_> = left["knocks"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Ravi"]);
    table(&mut ravi_hears, |seen| seen["parties"][0]["there"] == 0).await;
    let again = hall.host.post(&admit, json!({"party": benin})).await;
    assert_eq!(again.code(), "not_found");
    let log = palabre::audit::newest(&hall.office.server.app.store, 10).await.unwrap();
    let who: Vec<_> = log.iter().filter(|one| one.action == "knock.admit").map(|one| &one.object).collect();
    assert!(who.len() == 2 && who.iter().any(|one| one.ends_with("Ben")), "{who:?}");

    // And all the rest by another.
    assert_eq!(hall.host.post(&admit, json!({})).await.json, json!({"admitted": 1}));
    until(&mut ravi_hears, "admitted").await;
}

#[tokio::test]
async fn whoever_has_an_account_gathers_with_the_delegation_and_comes_in_with_it() {
    let mut hall = Hall::open().await;
    let mut awa = hall.member("awa.diop@example.org").await;
    let join = format!("{}/join", hall.meeting);
    assert_eq!(awa.get(&hall.meeting).await.json["waits"], true);

    let waits = awa.post(&join, json!({})).await.json;

    assert_eq!((&waits["state"], &waits["token"]), (&json!("waiting"), &Value::Null), "no way in yet");
    let at_ticket = format!("{}/knocks/{}", hall.meeting, waits["ticket"].as_str().unwrap());
    let mut awa_hears = awa.events(&at_ticket).await;
    assert_eq!(awa_hears.next().await.unwrap().0, "waiting");
    let (ben, mut ben_hears) = hall.wait(0, 1).await;
    let (ravi, mut ravi_hears) = hall.wait(1, 0).await;
    let at_awa = awa.post(&format!("{at_ticket}/gathering"), json!({})).await.json;
    let rooms = [&at_awa, &hall.gather(&ben).await, &hall.gather(&ravi).await]
        .map(|place| claims(place)["video"]["room"].clone());
    assert!(rooms[0] == rooms[1] && rooms[0] != rooms[2], "{rooms:?}");
    let identity = claims(&at_awa)["sub"].clone();
    assert!(identity.as_str().unwrap().starts_with("user-"), "{identity}");
    let seen = table(&mut ben_hears, |seen| people(seen) == ["waiting", "waiting"]).await;
    assert_eq!(seen["parties"][0]["people"][0]["identity"], identity);
    let mut gathered = Participant::enter(&at_awa).await.expect("their own room");
    // A ticket of an account is good for nobody else.
    let mut thief = hall.office.browser();
    assert_eq!(thief.get(&at_ticket).await.code(), "not_found");
    assert_eq!(thief.post(&format!("{at_ticket}/gathering"), json!({})).await.code(), "not_found");

    let mut door = hall.host.events(&format!("{}/knocks", hall.meeting)).await;
    let (_, knocks) = door.next().await.unwrap();
    let knock = &knocks["knocks"][0];
    assert_eq!((&knock["name"], &knock["party"]), (&json!("Ben"), &json!("Bénin")), "as the account has it");
    assert_eq!(knock["title"], "Directrice");
    let admit = json!({"party": knock["party_id"]});
    let admitted = hall.host.post(&format!("{}/knocks/admit", hall.meeting), admit).await;

    assert_eq!(admitted.json, json!({"admitted": 2}));
    let inside = until(&mut awa_hears, "admitted").await;
    until(&mut ben_hears, "admitted").await;
    gathered.is_sent_away().await;
    let told = claims(&inside);
    assert_eq!((&told["sub"], &told["attributes"]["palabre.role"]), (&identity, &json!("user")));
    assert_eq!(told["attributes"]["palabre.party"], "Bénin");
    table(&mut ravi_hears, |seen| seen["parties"][0]["there"] == 0).await;
    let there = Participant::enter(&inside).await.expect("the meeting");
    // Whoever was let in waits no more: on another device beside the first, or after all of them.
    assert_eq!(awa.post(&join, json!({})).await.json["state"], "admitted");
    drop(there);
    let back = awa.post(&join, json!({"previous": inside["token"]})).await.json;
    assert_eq!((&back["state"], &back["identity"]), (&json!("admitted"), &identity));
    let log = palabre::audit::newest(&hall.office.server.app.store, 20).await.unwrap();
    assert!(log.iter().any(|one| one.action == "knock.admit" && one.object.contains("user-")));
}

#[tokio::test]
async fn those_with_accounts_who_are_needed_inside_go_straight_in() {
    let mut hall = Hall::open_planned(|plan| {
        for (name, role) in [
            ("chair", "chair"),
            ("officer", "protocol_officer"),
            ("interpreter", "interpreter"),
            ("observer", "observer"),
        ] {
            let seat = json!({"name": name, "email": format!("{name}@example.org"), "role": role});
            plan["parties"][0]["seats"].as_array_mut().expect("a list of seats").push(seat);
        }
    })
    .await;
    let join = format!("{}/join", hall.meeting);
    let mut states = Vec::new();
    for who in ["chair", "officer", "interpreter", "observer", "somebody"] {
        let mut member = hall.member(&format!("{who}@example.org")).await;
        let waits = member.get(&hall.meeting).await.json["waits"].clone();
        let state = member.post(&join, json!({})).await.json["state"].clone();
        assert_eq!(waits, state == "waiting", "{who}");
        states.push((who, state));
    }

    let waiting: Vec<_> =
        states.iter().filter(|(_, state)| state == "waiting").map(|(who, _)| *who).collect();
    assert_eq!(waiting, ["observer"], "{states:?}");
    assert_eq!(hall.host.post(&join, json!({})).await.json["state"], "admitted");

    hall.host.patch(&hall.meeting.clone(), json!({"waiting_room": false})).await;
    let mut ravi = hall.member("ravi@example.in").await;
    assert_eq!(ravi.get(&hall.meeting).await.json["waits"], false);
    assert_eq!(ravi.post(&join, json!({})).await.json["state"], "admitted");
}

#[tokio::test]
async fn whoever_is_signed_in_and_follows_a_personal_link_gathers_as_the_account() {
    let mut hall = Hall::open().await;
    let secret = hall.secret(1, 0).await;
    let mut ravi = hall.member("ravi@example.in").await;
    let waits = ravi.post(&format!("{}/join", hall.meeting), json!({"invitation": secret})).await.json;
    let at_ticket = format!("{}/knocks/{}", hall.meeting, waits["ticket"].as_str().unwrap());
    let mut hears = ravi.events(&at_ticket).await;
    assert_eq!(hears.next().await.unwrap().0, "waiting");
    let place = ravi.post(&format!("{at_ticket}/gathering"), json!({})).await.json;
    assert!(claims(&place)["sub"].as_str().unwrap().starts_with("user-"), "{place}");

    // An account needs no link; without the account there is nothing to come in with.
    let seat = hall.seat(1, 0);
    hall.host.delete(&format!("{}/seats/{seat}/link", hall.meeting)).await;
    let users = hall.host.get("/api/users").await.json["users"].clone();
    let own = users.as_array().unwrap().iter().find(|one| one["email"] == "ravi@example.in").unwrap();
    let user = format!("/api/users/{}", own["id"].as_str().unwrap());
    assert_eq!(hall.host.patch(&user, json!({"disabled": true})).await.status, 200);
    let admitted = hall.host.post(&format!("{}/knocks/admit", hall.meeting), json!({})).await;
    assert_eq!(admitted.json, json!({"admitted": 1}));
    until(&mut hears, "ended").await;
}

#[tokio::test]
async fn a_delegation_for_which_there_is_not_room_stays_together() {
    let mut hall = Hall::open_with(|config| config.limits.participants = 1).await;
    let (_awa, mut hears) = hall.wait(0, 0).await;
    let (_ben, _ben_hears) = hall.wait(0, 1).await;

    let refused = hall.host.post(&format!("{}/knocks/admit", hall.meeting), json!({})).await;

    assert_eq!((refused.status, refused.code()), (409, "meeting_full"));
    let seen = table(&mut hears, |seen| seen["parties"][0]["there"] == 2).await;
    assert_eq!(people(&seen), ["waiting", "waiting"]);
}

#[tokio::test]
async fn a_gathering_is_no_meeting_and_ends_with_it() {
    let mut hall = Hall::open().await;
    let (awa, mut hears) = hall.wait(0, 0).await;
    let place = hall.gather(&awa).await;
    let mut gathered = Participant::enter(&place).await.unwrap();

    let door = hall.office.browser().get(&hall.meeting).await.json;
    assert_eq!(door["in_session"], false);
    let attendance = hall.host.get(&format!("{}/attendance", hall.meeting)).await.json;
    assert_eq!(attendance["sittings"], json!([]));
    let chair = hall.host.put(&format!("{}/floor", hall.meeting), json!({})).await;
    assert_eq!(chair.code(), "conflict", "there is nobody whom a chair could lead");
    let identity = claims(&place)["sub"].as_str().unwrap().to_owned();
    let mute = format!("{}/participants/{identity}/mute", hall.meeting);
    assert_eq!(hall.host.post(&mute, json!({"source": "microphone"})).await.code(), "not_found");

    assert_eq!(hall.host.post(&format!("{}/end", hall.meeting), json!({})).await.status, 204);

    gathered.is_sent_away().await;
    until(&mut hears, "ended").await;
    assert_eq!(Participant::enter(&place).await.err(), Some(403));
    hall.office.server.app.attendance.flush().await.unwrap();
    let attendance = hall.host.get(&format!("{}/attendance", hall.meeting)).await.json;
    assert_eq!(attendance["sittings"], json!([]));
}

#[tokio::test]
async fn whoever_is_refused_or_loses_the_link_is_heard_no_longer() {
    let mut hall = Hall::open().await;
    let (awa, mut awa_hears) = hall.wait(0, 0).await;
    let (ben, mut ben_hears) = hall.wait(0, 1).await;
    let (at_awa, at_ben) = (hall.gather(&awa).await, hall.gather(&ben).await);
    let mut first = Participant::enter(&at_awa).await.unwrap();
    let mut second = Participant::enter(&at_ben).await.unwrap();

    hall.host.post(&format!("{}/knocks/{ben}/refuse", hall.meeting), json!({})).await;
    second.is_sent_away().await;
    until(&mut ben_hears, "refused").await;
    assert_eq!(Participant::enter(&at_ben).await.err(), Some(403));
    let seat = hall.seat(0, 0);
    hall.host.delete(&format!("{}/seats/{seat}/link", hall.meeting)).await;
    first.is_sent_away().await;
    until(&mut awa_hears, "refused").await;
}

#[tokio::test]
async fn at_a_discreet_meeting_the_other_delegation_is_a_number() {
    let mut hall = Hall::open().await;
    let (_awa, mut hears) = hall.wait(0, 0).await;
    let (_ravi, _) = hall.wait(1, 0).await;
    let seen = table(&mut hears, |seen| seen["parties"][1]["there"] == 1).await;
    assert_eq!(seen["parties"][1]["people"][0]["name"], "Ravi");

    hall.host.patch(&hall.meeting.clone(), json!({"marking": "restricted"})).await;

    let seen = table(&mut hears, |seen| seen["parties"][1]["people"].is_null()).await;
    assert_eq!((&seen["parties"][1]["there"], &seen["parties"][1]["expected"]), (&json!(1), &json!(1)));
    assert_eq!(seen["parties"][0]["people"][1]["name"], "Ben");
    assert!(!seen.to_string().contains("Ravi"));
}

/// A meeting of two delegations, and its host.
struct Hall {
    office: Office,
    host: Browser,
    made: Value,
    meeting: String,
}

impl Hall {
    async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    async fn open_with(choose: impl FnOnce(&mut palabre::config::Config)) -> Self {
        Self::open_as(choose, |_| {}).await
    }

    async fn open_planned(change: impl FnOnce(&mut Value)) -> Self {
        Self::open_as(|_| {}, change).await
    }

    async fn open_as(
        choose: impl FnOnce(&mut palabre::config::Config),
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let office = Office::start_with(|config| {
            add_key(config);
            choose(config);
        })
        .await;
        let mut host = office.administrator().await;
        let plan = bilateral(|plan| {
            plan["send"] = json!(false);
            // Whoever chairs a meeting does not wait for it.
            plan["parties"][0]["seats"][0]["role"] = json!("head");
            let ben = json!({"name": "Ben", "title": "Conseiller"});
            plan["parties"][0]["seats"].as_array_mut().expect("a list of seats").push(ben);
            change(plan);
        });
        let made = host.post("/api/schedules", plan).await.json;
        let meeting = path(&made).trim_end_matches("/schedule").to_owned();
        Self { office, host, made, meeting }
    }

    /// Somebody with an account.
    async fn member(&mut self, email: &str) -> Browser {
        self.office.user(&mut self.host, email).await
    }

    fn seat(&self, party: usize, at: usize) -> i64 {
        self.made["parties"][party]["seats"][at]["id"].as_i64().expect("a seat")
    }

    async fn secret(&mut self, party: usize, at: usize) -> String {
        let link = format!("{}/seats/{}/link", self.meeting, self.seat(party, at));
        secret_of(self.host.get(&link).await.json["link"].as_str().expect("a link"))
    }

    /// Somebody comes by a personal link and waits.
    async fn wait(&mut self, party: usize, at: usize) -> (String, Events) {
        let secret = self.secret(party, at).await;
        let mut guest = self.office.browser();
        let join = guest.post(&format!("{}/join", self.meeting), json!({"invitation": secret})).await.json;
        let ticket = join["ticket"].as_str().expect("a ticket").to_owned();
        let mut hears = guest.events(&format!("{}/knocks/{ticket}", self.meeting)).await;
        assert_eq!(hears.next().await.expect("an event").0, "waiting");
        (ticket, hears)
    }

    async fn gather(&self, ticket: &str) -> Value {
        let gather = format!("{}/knocks/{ticket}/gathering", self.meeting);
        let place = self.office.browser().post(&gather, json!({})).await;
        assert_eq!(place.status, 200, "{place:?}");
        place.json
    }

    /// Who is in a room, by name.
    async fn listed(&self, room: &str) -> Vec<String> {
        let inside = self.office.server.app.rooms.inside(room).await;
        let mut names: Vec<String> = inside.into_iter().map(|one| one.name).collect();
        names.sort();
        names
    }
}

/// Waits until the table is so.
async fn table(hears: &mut Events, so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let (name, seen) = hears.next().await.expect("the stream goes on");
        assert_eq!(name, "table");
        if so(&seen) {
            return seen;
        }
    }
}

/// Waits for an event, past what the table tells.
async fn until(hears: &mut Events, wanted: &str) -> Value {
    loop {
        let (name, data) = hears.next().await.expect("the stream goes on");
        if name == wanted {
            return data;
        }
        assert_eq!(name, "table");
    }
}

/// Where the own delegation is.
fn people(seen: &Value) -> Vec<&str> {
    let own = seen["parties"]
        .as_array()
        .expect("parties")
        .iter()
        .find(|party| party["own"] == true)
        .expect("one's own party");
    own["people"]
        .as_array()
        .expect("people")
        .iter()
        .map(|one| one["state"].as_str().expect("a state"))
        .collect()
}
