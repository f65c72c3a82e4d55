//! What is under discussion in a meeting: chosen by who runs it, read by everybody, written down, and kept over a break.

use palabre::meetings::MeetingCode;
use palabre_tests::browser::Browser as Screen;
use serde_json::{Value, json};

use signaling_proto::room::RoomEvent;

use crate::browser::{Browser, Office};
use crate::participant::Participant;
use crate::schedules::{bilateral, path, secret_of};

#[tokio::test]
async fn everybody_reads_what_is_under_discussion() {
    let mut session = Session::begin().await;

    let agenda = session.at_point(Value::Null).await;
    assert_eq!(agenda["points"][1], json!({"title": "Visas", "minutes": 30}));
    assert_eq!(agenda["since"], Value::Null);

    assert_eq!(session.go_to(json!(2)).await, "");
    let agenda = session.at_point(json!(2)).await;
    assert!(agenda["since"].is_string());
    session.host.put(&session.at("floor"), json!({})).await;
    let shown = session.delegate.reads(|shown| shown["floor"].is_object()).await;
    assert_eq!(shown["agenda"], agenda, "the floor takes nothing away");
    assert_eq!(session.go_to(json!(null)).await, "");
    session.at_point(Value::Null).await;

    for nowhere in [json!(0), json!(4)] {
        assert_eq!(session.go_to(nowhere).await, "invalid");
    }
    let mut stranger = session.office.browser();
    let refused = stranger.put(&session.at("agenda"), json!({"point": 1})).await;
    assert_eq!(refused.code(), "not_signed_in");
}

#[tokio::test]
async fn a_meeting_without_an_agenda_has_none_to_go_through() {
    let mut session = Session::begin_with(json!([])).await;
    assert_eq!(session.go_to(json!(1)).await, "conflict");
}

#[tokio::test]
async fn the_plan_may_change_while_it_is_gone_through() {
    let mut session = Session::begin().await;
    session.go_to(json!(2)).await;

    let mut plan = session.plan.clone();
    plan["agenda"] = json!([{"title": "Visas", "minutes": 20}, {"title": "Divers", "minutes": 5}]);
    assert_eq!(session.host.put(&session.at("schedule"), plan).await.status, 200);

    let agenda = session.at_point(json!(1)).await;
    assert_eq!((&agenda["current"], &agenda["points"][0]["minutes"]), (&json!(1), &json!(20)));
}

#[tokio::test]
async fn the_chairs_order_outlives_a_break() {
    let mut session = Session::begin().await;
    session.go_to(json!(2)).await;
    session.host.put(&session.at("floor"), json!({"limit_seconds": 120})).await;
    let identity = session.identity.clone();
    session.host.post(&session.at("floor/give"), json!({"identity": identity})).await;

    session.breaks().await;
    session.comes_back().await;

    let shown = session.delegate.reads(|shown| shown["floor"].is_object()).await;
    assert_eq!(shown["agenda"]["current"], 2);
    let floor = &shown["floor"];
    assert_eq!((&floor["holder"], &floor["limit_seconds"]), (&Value::Null, &json!(120)));
    assert_eq!(floor["spoken"][0]["name"], "Coumba", "{floor}");
    let sid = session.delegate.publishes_a_microphone().await;
    session.delegate.is_told_to_mute(&sid).await;
    assert!(!session.delegate.opens(&sid).await);
}

#[tokio::test]
async fn what_is_ended_for_everybody_is_over() {
    let mut session = Session::begin().await;
    session.go_to(json!(1)).await;
    session.host.put(&session.at("floor"), json!({})).await;

    session.host.post(&session.at("end"), json!({})).await;
    session.delegate.is_sent_away().await;
    session.comes_back().await;

    session.at_point(Value::Null).await;
    assert_eq!(session.delegate.reads(Value::is_object).await["floor"], Value::Null);
}

#[tokio::test]
async fn the_list_says_who_sat_where_what_was_spoken_about_and_how_long() {
    let office = Office::start().await;
    let mut host = office.administrator().await;
    let plan = bilateral(|plan| {
        plan["send"] = json!(false);
        plan["waiting_room"] = json!(false);
    });
    let made = host.post("/api/schedules", plan).await.json;
    let meeting = path(&made).trim_end_matches("/schedule").to_owned();
    // India's head is the first to come, and sits after Benin's.
    let mut inside = Vec::new();
    for party in [1, 0] {
        let seat = &made["parties"][party]["seats"][0]["id"];
        let link = host.get(&format!("{meeting}/seats/{seat}/link")).await.json;
        let secret = secret_of(link["link"].as_str().expect("a link"));
        let join =
            office.browser().post(&format!("{meeting}/join"), json!({"invitation": secret})).await.json;
        inside.push(Screen::open(office.server.http, join["token"].as_str().expect("a token")).await);
    }
    let list = format!("{meeting}/attendance");
    let two = |list: &Value| list["sittings"][0]["people"].as_array().is_some_and(|all| all.len() == 2);
    let there = until(&mut host, &list, two).await;
    let people = &there["sittings"][0]["people"];
    assert_eq!((&people[0]["name"], &people[0]["party"]), (&json!("Awa Diop"), &json!("Bénin")));
    assert_eq!((&people[0]["title"], &people[0]["role"]), (&json!("Directrice"), &json!("chair")));
    assert_eq!((&people[1]["party"], &people[1]["is_head"]), (&json!("Inde"), &json!(true)));

    assert_eq!(host.put(&format!("{meeting}/agenda"), json!({"point": 1})).await.status, 204);
    host.put(&format!("{meeting}/floor"), json!({})).await;
    let speaker = format!("guest-seat-{}", made["parties"][1]["seats"][0]["id"]);
    let give = host.post(&format!("{meeting}/floor/give"), json!({"identity": speaker})).await;
    assert_eq!(give.status, 204);
    host.post(&format!("{meeting}/end"), json!({})).await;

    let over = until(&mut host, &list, |list| !list["sittings"][0]["ended"].is_null()).await;
    let sitting = &over["sittings"][0];
    let point = &sitting["agenda"][0];
    assert_eq!(
        (&point["number"], &point["title"], &point["planned_minutes"]),
        (&json!(1), &json!("Ouverture"), &json!(15))
    );
    assert!(point["ended"].is_string() && point["seconds"].is_i64(), "{sitting}");
    assert_eq!((&sitting["spoken"][0]["party"], &sitting["spoken"][0]["times"]), (&json!("Inde"), &json!(1)));

    let french = host.get(&format!("{meeting}/attendance.csv?language=fr")).await;
    let french = french.json.as_str().expect("text");
    assert!(french.starts_with("rencontre;début;nom;délégation;fonction;rôle;"), "{french}");
    assert!(french.contains(";Awa Diop;Bénin;Directrice;présidence;"), "{french}");
    let table = host.get(&format!("{meeting}/agenda.csv")).await;
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"agenda.csv\"");
    let table = table.json.as_str().expect("text");
    assert!(table.contains(",point,1,Ouverture,") && table.contains(",floor,1,Inde,"), "{table}");
    let refused = office.browser().get(&format!("{meeting}/agenda.csv")).await;
    assert_eq!(refused.code(), "not_signed_in");
    drop(inside);
}

/// Waits until a list is so; answers with it.
async fn until(host: &mut Browser, at: &str, so: impl Fn(&Value) -> bool) -> Value {
    let begin = std::time::Instant::now();
    loop {
        let list = host.get(at).await.json;
        if so(&list) {
            return list;
        }
        assert!(begin.elapsed().as_secs() < 30, "waited in vain at {at}: {list}");
        tokio::task::yield_now().await;
    }
}

/// A planned meeting with somebody inside.
struct Session {
    office: Office,
    host: Browser,
    plan: Value,
    meeting: String,
    delegate: Participant,
    identity: String,
}

impl Session {
    async fn begin() -> Self {
        Self::begin_with(json!([
            {"title": "Ouverture", "minutes": 15},
            {"title": "Visas", "minutes": 30},
            {"title": "Divers", "minutes": 5},
        ]))
        .await
    }

    async fn begin_with(agenda: Value) -> Self {
        let office = Office::start().await;
        let mut host = office.administrator().await;
        let plan = bilateral(|plan| {
            plan["send"] = json!(false);
            plan["waiting_room"] = json!(false);
            plan["agenda"] = agenda;
        });
        let made = host.post("/api/schedules", plan.clone()).await.json;
        let meeting = path(&made).trim_end_matches("/schedule").to_owned();
        let (delegate, identity) = enter(&office, &meeting).await;
        Self { office, host, plan, meeting, delegate, identity }
    }

    fn at(&self, what: &str) -> String {
        format!("{}/{what}", self.meeting)
    }

    /// Goes to a point; answers with the code of a refusal.
    async fn go_to(&mut self, point: Value) -> String {
        let answer = self.host.put(&self.at("agenda"), json!({"point": point})).await;
        answer.code().to_owned()
    }

    /// The agenda, once a point of it is under discussion, or none.
    async fn at_point(&mut self, number: Value) -> Value {
        let so = |shown: &Value| shown["agenda"].is_object() && shown["agenda"]["current"] == number;
        self.delegate.reads(so).await["agenda"].clone()
    }

    /// The room is gone with everybody who was there.
    async fn breaks(&mut self) {
        let mut events = self.office.server.app.rooms.subscribe();
        let code = MeetingCode::parse(self.meeting.rsplit('/').next().expect("a path")).expect("a code");
        self.office.server.app.rooms.end(&code).await.expect("there is a room");
        loop {
            match events.recv().await.expect("the rooms are there") {
                RoomEvent::RoomFinished { room } if room.name == code.as_str() => break,
                _ => {}
            }
        }
        // The office has heard of it too once the point has an end.
        while self
            .office
            .server
            .app
            .store
            .points_since(&code, jiff::Timestamp::UNIX_EPOCH)
            .await
            .expect("the meeting is in the database")
            .last()
            .is_some_and(|point| point.ended.is_none())
        {
            tokio::task::yield_now().await;
        }
    }

    async fn comes_back(&mut self) {
        (self.delegate, self.identity) = enter(&self.office, &self.meeting).await;
    }
}

async fn enter(office: &Office, meeting: &str) -> (Participant, String) {
    let join = office.browser().post(&format!("{meeting}/join"), json!({"name": "Coumba"})).await.json;
    let inside = Participant::enter(&join).await.expect("it is let in");
    (inside, join["identity"].as_str().expect("an identity").to_owned())
}
