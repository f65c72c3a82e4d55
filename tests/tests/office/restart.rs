//! A server that ends in the middle of a session, well or by a power cut, and is started again.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use palabre_tests::browser::Browser as Screen;
use serde_json::{Value, json};

use crate::browser::{Browser, Office};
use crate::meetings::meeting;
use crate::participant::Participant;
use crate::schedules::{bilateral, secret_of};

#[tokio::test]
async fn a_session_goes_on_where_it_was_when_the_program_was_killed() {
    let dir = tempfile::tempdir().unwrap();
    let program = Program::start(dir.path());
    let mut table = Table::set(&program).await;
    let [awa, ben, coumba, ravi] = table.seats.clone();

    // Ravi has spoken, Ben asks for the floor, then Coumba on a point of order, and Awa speaks.
    let mut inside = Vec::new();
    for seat in [&awa, &ben, &coumba, &ravi] {
        inside.push(Participant::enter(&table.join(seat).await).await.unwrap());
    }
    assert_eq!(table.host.put(&table.at("floor"), json!({"limit_seconds": 300})).await.status, 200);
    assert_eq!(table.host.put(&table.at("agenda"), json!({"point": 2})).await.status, 204);
    table.give(&ravi).await;
    for (at, hand, gesture) in [(1, HANDS[0], "floor"), (2, HANDS[1], "order")] {
        assert!(inside[at].sets("palabre.hand", hand).await);
        assert!(inside[at].sets("palabre.gesture", gesture).await);
    }
    // What happens in the room is taken in one after the other: with this all of it is written.
    inside[3].sets("palabre.gesture", "yield").await;
    inside[0].reads(|shown| shown["floor"]["spoken"][0]["party"] == "Inde").await;
    table.give(&awa).await;
    let before = inside[0].reads(|shown| shown["floor"]["holder"] == *awa.identity).await;
    assert_eq!(before["agenda"]["current"], 2);

    program.kill();
    drop(inside);
    let program = Program::start(dir.path());
    table.host.base.clone_from(&program.base);
    table.host.origin = Some(program.base.clone());

    // The first who comes back finds all of it, and is not heard.
    let mut first = Participant::enter(&table.join_again(&coumba).await).await.unwrap();
    assert_eq!(first.found(&coumba.identity, "palabre.hand"), Some(HANDS[1]));
    assert_eq!(first.found(&coumba.identity, "palabre.gesture"), Some("order"));
    let after = first.reads(Value::is_object).await;
    let (floor, agenda) = (&after["floor"], &after["agenda"]);
    assert_eq!((&floor["holder"], &floor["limit_seconds"]), (&json!(awa.identity), &json!(300)), "{after}");
    assert_eq!(floor["standing"], before["floor"]["standing"]);
    assert_eq!((&floor["spoken"][0]["party"], &agenda["current"]), (&json!("Inde"), &json!(2)));
    assert!(time(&agenda["since"]) > time(&before["agenda"]["since"]), "the stop is not counted");
    let sid = first.publishes_a_microphone().await;
    first.is_told_to_mute(&sid).await;
    assert!(!first.opens(&sid).await);
    let mut second = Participant::enter(&table.join_again(&ben).await).await.unwrap();
    assert_eq!(second.found(&ben.identity, "palabre.hand"), Some(HANDS[0]));

    // Whoever had the floor has it still, and nobody else is heard.
    let listens = table.join_again(&ravi).await;
    let listener = Screen::open(program.address(), listens["token"].as_str().unwrap()).await;
    let speaks = table.join_again(&awa).await;
    let speaker = Screen::open(program.address(), speaks["token"].as_str().unwrap()).await;
    listener.speak(1_000.0);
    speaker.speak(440.0);
    listener.until("who speaks is heard", |view| view.strength(&awa.identity, 440.0) > HEARD).await;
    speaker
        .until("who listens is muted", |view| view.track(&ravi.identity).is_some_and(|track| track.muted))
        .await;
    assert!(speaker.view().strength(&ravi.identity, 1_000.0) < HEARD);
    let close = table.host.post(&table.at("floor/close"), json!({})).await;
    assert_eq!(close.status, 204);
    let closed = second.reads(|shown| shown["floor"]["holder"].is_null()).await;
    assert_eq!(closed["floor"]["spoken"].as_array().unwrap().len(), 2, "{closed}");

    // What was ended for everybody does not come back.
    assert_eq!(table.host.post(&table.at("end"), json!({})).await.status, 204);
    second.is_sent_away().await;
    drop((speaker, listener));
    program.kill();
    let program = Program::start(dir.path());
    table.host.base.clone_from(&program.base);
    table.host.origin = Some(program.base.clone());
    let mut anew = Participant::enter(&table.join_again(&ben).await).await.unwrap();
    let shown = anew.reads(|shown| shown["agenda"].is_object()).await;
    assert_eq!((&shown["floor"], &shown["agenda"]["current"]), (&Value::Null, &Value::Null));
    assert_eq!(anew.found(&ben.identity, "palabre.hand"), None);
}

#[tokio::test]
async fn a_session_goes_on_where_it_was_when_the_program_was_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::start_with(|config| config.store.dir = dir.path().to_owned()).await;
    let mut host = office.administrator().await;
    let path = meeting(&mut host, json!({"title": "Bilateral", "waiting_room": false})).await;
    let chair = host.post(&format!("{path}/join"), json!({})).await.json;
    let guest = office.browser().post(&format!("{path}/join"), json!({"name": "Coumba"})).await.json;
    let mut inside = [Participant::enter(&chair).await.unwrap(), Participant::enter(&guest).await.unwrap()];
    host.put(&format!("{path}/floor"), json!({})).await;
    let give = json!({"identity": guest["identity"]});
    assert_eq!(host.post(&format!("{path}/floor/give"), give).await.status, 204);
    inside[1].reads(|shown| shown["floor"]["holder"] == guest["identity"]).await;

    office.server.stop().await;
    let office = Office::start_with(|config| config.store.dir = dir.path().to_owned()).await;

    let again = json!({"previous": guest["token"]});
    let back = office.browser().post(&format!("{path}/join"), again).await.json;
    let mut back = Participant::enter(&back).await.unwrap();
    let shown = back.reads(Value::is_object).await;
    assert_eq!(shown["floor"]["holder"], guest["identity"], "{shown}");
    let sid = back.publishes_a_microphone().await;
    assert!(back.opens(&sid).await);
}

/// Not a test: a server in a process of its own, which can be killed.
#[test]
#[ignore = "the program of the scenarios in this file"]
fn serves_until_it_is_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    // Whoever started it may have been killed as well.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(async {
        let office = Office::start_with(|config| config.store.dir = dir.into()).await;
        let link = office.server.administrator_link().await.expect("a store").unwrap_or_default();
        writeln!(std::io::stdout(), "{SERVES}{} {link}", office.base()).expect("somebody listens");
        std::future::pending::<()>().await;
    });
}

struct Program {
    child: Child,
    base: String,
    /// With which the first administrator is made.
    setup: String,
}

impl Program {
    /// Starts it over a state and waits until it serves.
    fn start(dir: &Path) -> Self {
        let own = std::env::current_exe().expect("a program");
        let mut child = Command::new(own)
            .args(["--exact", "restart::serves_until_it_is_killed", "--ignored", "--nocapture"])
            .env(DIR, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let printed = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let served = printed.map_while(Result::ok).find_map(|line| {
            let (_, told) = line.split_once(SERVES)?;
            let (base, link) = told.split_once(' ')?;
            Some((base.to_owned(), link.rsplit('/').next().unwrap_or_default().to_owned()))
        });
        let (base, setup) = served.expect("it serves");
        Self { child, base, setup }
    }

    fn address(&self) -> std::net::SocketAddr {
        self.base.trim_start_matches("http://").parse().expect("an address")
    }

    /// Ends it as a power cut would.
    fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}

/// A meeting of two delegations.
struct Table {
    host: Browser,
    path: String,
    /// Awa, Ben and Coumba of Benin, and Ravi of India.
    seats: [Seat; 4],
    /// By identity: the admissions.
    passes: std::collections::HashMap<String, Value>,
}

#[derive(Clone)]
struct Seat {
    identity: String,
    secret: String,
}

impl Table {
    async fn set(program: &Program) -> Self {
        let mut host = Browser::at(program.base.clone());
        let who = json!({"name": "Awa", "email": "awa@example.org", "password": "a very long password"});
        assert_eq!(host.post(&format!("/api/setup/{}", program.setup), who).await.status, 201);
        let plan = bilateral(|plan| {
            plan["send"] = json!(false);
            plan["waiting_room"] = json!(false);
            plan["parties"][0]["seats"][0]["role"] = json!("head");
            for name in ["Ben", "Coumba"] {
                let seat = json!({"name": name, "title": "Conseiller"});
                plan["parties"][0]["seats"].as_array_mut().expect("a list of seats").push(seat);
            }
            plan["agenda"] =
                json!([{"title": "Ouverture", "minutes": 15}, {"title": "Visas", "minutes": 30}]);
        });
        let made = host.post("/api/schedules", plan).await.json;
        let path = format!("/api/meetings/{}", made["code"].as_str().expect("a code"));
        let mut seats = Vec::new();
        for seat in made["parties"]
            .as_array()
            .expect("parties")
            .iter()
            .flat_map(|party| party["seats"].as_array().expect("seats"))
        {
            let id = &seat["id"];
            let link = host.get(&format!("{path}/seats/{id}/link")).await.json;
            let secret = secret_of(link["link"].as_str().expect("a link"));
            seats.push(Seat { identity: format!("guest-seat-{id}"), secret });
        }
        let seats = seats.try_into().unwrap_or_else(|_| panic!("four seats"));
        Self { host, path, seats, passes: Default::default() }
    }

    fn at(&self, what: &str) -> String {
        format!("{}/{what}", self.path)
    }

    async fn join(&mut self, seat: &Seat) -> Value {
        self.ask(seat, json!({"invitation": seat.secret})).await
    }

    /// As a page does by itself.
    async fn join_again(&mut self, seat: &Seat) -> Value {
        let before = &self.passes[&seat.identity];
        let previous = json!({"previous": before["token"]});
        self.ask(seat, previous).await
    }

    async fn ask(&mut self, seat: &Seat, how: Value) -> Value {
        let mut guest = Browser::at(self.host.base.clone());
        let join = guest.post(&self.at("join"), how).await.json;
        assert_eq!(join["identity"], *seat.identity, "{join}");
        self.passes.insert(seat.identity.clone(), join.clone());
        join
    }

    async fn give(&mut self, seat: &Seat) {
        let give = self.host.post(&self.at("floor/give"), json!({"identity": seat.identity})).await;
        assert_eq!(give.status, 204, "{give:?}");
    }
}

fn time(told: &Value) -> jiff::Timestamp {
    told.as_str().expect("a time").parse().expect("a time")
}

const HANDS: [&str; 2] = ["2026-11-29T12:05:00Z", "2026-11-29T12:06:00Z"];
/// How strong a tone is that is heard clearly.
const HEARD: f32 = 0.1;
const SERVES: &str = "serves at ";
const DIR: &str = "PALABRE_TEST_DIR";
