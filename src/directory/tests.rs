use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sip_gateway::{LegState, Setting};
use sip_gateway_proto::call::{CallId, EndCause, LegId, MediaReport, RecordedRoute};
use sip_gateway_proto::plan::PostId;

use super::*;
use crate::store::{By, CallFilter};

#[tokio::test]
async fn a_change_is_seen_at_once_when_asked_for_and_soon_when_another_process_made_it() {
    let office = Office::new().await;
    let directory = office.directory().await;
    let before = directory.plan();
    assert!(Arc::ptr_eq(&before, &directory.plan()), "the same until something changes");

    office.extension("201").await;
    directory.refresh().await.unwrap();
    assert_eq!(directory.plan().extensions.len(), 1);

    let mut tasks = JoinSet::new();
    directory.start(&mut tasks);
    let other_process = Store::open(office.dir.path()).await.unwrap();
    add_extension(&other_process, "202").await;
    let noticed = async {
        while directory.plan().extensions.len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), noticed).await.expect("noticed");
}

#[tokio::test]
async fn what_is_recorded_is_in_the_store_after_a_stop() {
    let office = Office::new().await;
    let directory = office.directory().await;
    let good = Binding { cseq: 7, ..binding("201", "a", in_an_hour()) };
    directory.record(Fact::Bound(good.clone()));
    directory.record(Fact::Bound(binding("201", "b", in_an_hour())));
    directory.record(Fact::Unbound { aor: "201".to_owned(), key: "b".to_owned() });
    directory.record(Fact::Bound(binding("202", "a", UNIX_EPOCH)));
    let mut call = leg(directory.run(), 1);
    directory.record(Fact::Leg(Box::new(call.clone())));
    call.answered = Some(call.began + Duration::from_secs(2));
    call.ended = Some((call.began + Duration::from_secs(62), EndCause::Refused(486)));
    directory.record(Fact::Leg(Box::new(call)));

    directory.close().await.unwrap();

    let again = office.directory().await;
    assert_eq!(again.bindings(), [good], "neither what was removed nor what has expired");
    assert!(again.run() > directory.run());
    let records = office.store.legs(&CallFilter::default(), 10).await.unwrap();
    assert_eq!(records.len(), 1, "one row per leg");
    assert_eq!(records[0].cause.as_deref(), Some("refused 486"));
    assert_eq!(records[0].talked_millis(jiff::Timestamp::now()), 60_000);
}

#[tokio::test]
async fn a_call_that_the_program_did_not_survive_ends_with_the_last_heartbeat() {
    let office = Office::new().await;
    let clock = Clock::default();
    let first = PhoneDirectory::open(office.store.clone(), clock.clone(), "palabre").await.unwrap();
    first.record(Fact::Leg(Box::new(leg_at(first.run(), 1, SystemTime::from(clock.now())))));
    first.flush().await.unwrap();
    clock.advance(Duration::from_secs(100));
    let last_seen = clock.now();
    office.store.heartbeat(first.run(), last_seen).await.unwrap();
    clock.advance(Duration::from_secs(3600));

    let second = PhoneDirectory::open(office.store.clone(), clock, "palabre").await.unwrap();

    let records = office.store.legs(&CallFilter::default(), 10).await.unwrap();
    assert_eq!(records[0].cause.as_deref(), Some("interrupted"));
    assert_eq!(records[0].ended, Some(last_seen));
    assert!(office.store.open_legs(10).await.unwrap().is_empty());
    drop(second);
}

#[tokio::test]
async fn what_a_phone_sets_is_in_the_plan_and_in_the_audit_log() {
    let office = Office::new().await;
    office.extension("201").await;
    let directory = office.directory().await;
    let set = |setting| Fact::Setting { extension: "201".to_owned(), setting };

    directory.record(set(Setting::ForwardAlways(Some("202".to_owned()))));
    directory.record(set(Setting::ForwardNoAnswer(Some("203".to_owned()), Some(Duration::from_secs(20)))));
    directory.record(set(Setting::DoNotDisturb(true)));
    directory.record(Fact::Setting { extension: "999".to_owned(), setting: Setting::DoNotDisturb(true) });
    directory.flush().await.unwrap();

    let extension = directory.plan().extensions[0].clone();
    assert_eq!(extension.forward.always.as_deref(), Some("202"));
    assert_eq!(extension.forward.no_answer_after, Some(Duration::from_secs(20)));
    assert!(extension.do_not_disturb);
    let log = crate::audit::newest(&office.store, 3).await.unwrap();
    assert!(log.iter().all(|entry| entry.actor == "extension 201"), "{log:?}");

    directory.record(set(Setting::DoNotDisturb(true)));
    directory.flush().await.unwrap();
    assert_eq!(
        crate::audit::newest(&office.store, 3).await.unwrap(),
        log,
        "nothing changed, nothing is noted"
    );
}

#[tokio::test]
async fn facts_wait_while_the_database_is_away() {
    let office = Office::new().await;
    let directory = office.directory().await;
    sqlx::query("ALTER TABLE legs RENAME TO elsewhere").execute(&office.store.pool).await.unwrap();
    directory.record(Fact::Leg(Box::new(leg(directory.run(), 1))));
    assert!(directory.flush().await.is_err());

    sqlx::query("ALTER TABLE elsewhere RENAME TO legs").execute(&office.store.pool).await.unwrap();
    directory.flush().await.unwrap();

    assert_eq!(office.store.open_legs(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn passwords_of_another_realm_are_left_out() {
    let office = Office::new().await;
    office.extension("201").await;
    let here = PhoneDirectory::open(office.store.clone(), Clock::default(), "palabre").await.unwrap();
    let there = PhoneDirectory::open(office.store.clone(), Clock::default(), "elsewhere").await.unwrap();

    assert_eq!(here.plan().extensions[0].devices.len(), 1);
    assert_eq!(there.plan().extensions[0].devices, []);
    let told = |directory: &PhoneDirectory| directory.problems(Language::English).join("\n");
    assert!(told(&there).contains("The password of device 201"), "{}", told(&there));
    assert!(!told(&here).contains("The password"), "{}", told(&here));
}

struct Office {
    store: Store,
    dir: tempfile::TempDir,
}

impl Office {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        Self { store, dir }
    }

    async fn directory(&self) -> PhoneDirectory {
        PhoneDirectory::open(self.store.clone(), Clock::default(), "palabre").await.unwrap()
    }

    async fn extension(&self, number: &str) {
        add_extension(&self.store, number).await;
    }
}

async fn add_extension(store: &Store, number: &str) {
    let mut change = store.change_plan(By::console(), jiff::Timestamp::now()).await.unwrap();
    let post = match change.only_post().await.unwrap() {
        Ok(Some(post)) => post,
        _ => change.add_post(blank::post("Cotonou")).await.unwrap(),
    };
    change.add_extension(blank::extension(number, "Awa", post)).await.unwrap();
    let password = PhonePassword::random();
    change.add_device(number, blank::device("", ""), &password, "palabre").await.unwrap();
    change.commit().await.unwrap();
}

pub(super) fn binding(aor: &str, key: &str, expires: SystemTime) -> Binding {
    Binding {
        aor: aor.to_owned(),
        key: key.to_owned(),
        contact: format!("<sip:{aor}@192.0.2.7:5060>"),
        flow: "udp 192.0.2.7:5060 192.0.2.1:5060 0".to_owned(),
        path: vec!["<sip:edge.example.org;lr>".to_owned()],
        q: 1000,
        call_id: "c".to_owned(),
        cseq: 1,
        user_agent: "Yealink".to_owned(),
        device: aor.to_owned(),
        expires,
    }
}

pub(super) fn leg(run: u64, number: u64) -> LegState {
    leg_at(run, number, at(0))
}

fn leg_at(run: u64, number: u64, began: SystemTime) -> LegState {
    LegState {
        run,
        call: CallId(1),
        leg: LegId(number),
        inbound: true,
        from: "201".to_owned(),
        from_name: "Awa".to_owned(),
        dialled: "202".to_owned(),
        to: "202".to_owned(),
        route: RecordedRoute::OnNet { post: PostId(1) },
        began,
        ringing: None,
        answered: None,
        ended: None,
        media: MediaReport::default(),
    }
}

/// A moment of a day in 2026.
pub(super) fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_795_000_000 + seconds)
}

fn in_an_hour() -> SystemTime {
    // Whole milliseconds, as the store keeps them.
    let now = jiff::Timestamp::now().as_millisecond();
    UNIX_EPOCH + Duration::from_millis(now.cast_unsigned()) + Duration::from_secs(3600)
}
