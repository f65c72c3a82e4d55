//! The waiting rooms in virtual time.

use std::time::Duration;

use super::guest::ABSENCE;
use super::*;
use crate::accounts::UserId;
use crate::meetings::MarkingRules;
use crate::meetings::schedule::{Badge, Schedule, check};

#[tokio::test]
async fn a_host_sees_who_knocks_and_the_guest_hears_the_decision() {
    let (lobby, code) = (lobby(), MeetingCode::random());
    let mut hosts = lobby.watch(&code);
    let ticket = knock(&lobby, &code, "Awa");
    let mut guest = lobby.attend(&code, &ticket).unwrap();

    hosts.changed().await.unwrap();
    assert_eq!(names(&hosts.borrow_and_update()), ["Awa"]);
    assert_eq!(guest.knock(), Knock::Waiting);

    assert_eq!(lobby.decide(&code, std::slice::from_ref(&ticket), Knock::Admitted), 1);

    assert_eq!(guest.decided().await, Knock::Admitted);
    hosts.changed().await.unwrap();
    assert!(hosts.borrow_and_update().is_empty());
    assert_eq!(lobby.decide(&code, &[ticket], Knock::Refused), 0, "decided once");
}

#[test]
fn whoever_goes_away_leaves_the_list_after_twenty_seconds() {
    let (lobby, code) = (lobby(), MeetingCode::random());
    let ticket = knock(&lobby, &code, "Awa");
    let guest = lobby.attend(&code, &ticket).unwrap();
    assert_eq!(lobby.poll_timeout(), None, "whoever is there may wait for ever");

    drop(guest);
    let deadline = lobby.poll_timeout().unwrap();
    lobby.handle_timeout(deadline - Duration::from_millis(1));
    assert_eq!(lobby.waiting(), 1);
    lobby.handle_timeout(deadline);

    assert_eq!(lobby.waiting(), 0);
    assert!(lobby.attend(&code, &ticket).is_none());
}

#[test]
fn whoever_comes_back_in_time_keeps_the_place() {
    let (lobby, code) = (lobby(), MeetingCode::random());
    let ticket = knock(&lobby, &code, "Awa");
    let first = lobby.attend(&code, &ticket).unwrap();
    let identity = first.identity.clone();
    drop(first);

    let second = lobby.attend(&code, &ticket).unwrap();
    lobby.handle_timeout(Instant::now() + ABSENCE * 2);

    assert_eq!((lobby.waiting(), &second.identity), (1, &identity));
}

#[test]
fn a_ticket_that_nobody_attends_is_forgotten() {
    let (lobby, code) = (lobby(), MeetingCode::random());
    knock(&lobby, &code, "Awa");

    lobby.handle_timeout(Instant::now() + ABSENCE);

    assert_eq!(lobby.waiting(), 0);
    assert!(lobby.doors().is_empty());
}

#[test]
fn only_so_many_may_wait() {
    let (lobby, code) = (lobby(), MeetingCode::random());
    for _ in 0..3 {
        knock(&lobby, &code, "Awa");
    }

    let (now, at) = (Instant::now(), Timestamp::UNIX_EPOCH);
    let at_same = lobby.knock(now, at, &code, caller("Ben"));
    assert_eq!(at_same, Err(KnockError { limit: 3 }));
    let elsewhere = MeetingCode::random();
    knock(&lobby, &elsewhere, "Ben");
    let beyond_total = lobby.knock(now, at, &elsewhere, caller("Coumba"));
    assert_eq!(beyond_total, Err(KnockError { limit: 4 }));
}

#[tokio::test]
async fn when_the_meeting_ends_nobody_waits_in_vain() {
    let (lobby, code) = (lobby(), MeetingCode::random());
    let ticket = knock(&lobby, &code, "Awa");
    let mut guest = lobby.attend(&code, &ticket).unwrap();

    lobby.end(&code);

    assert_eq!(guest.decided().await, Knock::Ended);
}

#[test]
fn a_ticket_is_good_at_its_own_meeting_only() {
    let (lobby, code) = (lobby(), MeetingCode::random());
    let ticket = knock(&lobby, &code, "Awa");

    let other = MeetingCode::random();
    assert!(lobby.attend(&other, &ticket).is_none());
    assert_eq!(lobby.decide(&other, &[ticket], Knock::Admitted), 0);
}

#[test]
fn those_of_a_party_gather_in_a_room_that_nobody_else_may_enter() {
    let (lobby, code) = (planned_lobby(), MeetingCode::random());
    let [awa, ben, ravi] = [11, 12, 21].map(|seat| sit(&lobby, &code, seat));
    let stranger = knock(&lobby, &code, "Stranger");

    let [benin, same, india] = [&awa, &ben, &ravi].map(|ticket| lobby.gather(&code, ticket).unwrap());

    assert_eq!(benin.room, same.room);
    assert_ne!(benin.room, india.room);
    assert!([&benin, &india].iter().all(|one| Gathering::is_one(&one.room)));
    assert_eq!(MeetingCode::parse(&benin.room), None, "it is no meeting");
    assert_eq!(lobby.gather(&code, &stranger), None, "who has no seat has no party");
    assert_eq!(lobby.gather(&MeetingCode::random(), &awa), None);
    assert!(lobby.gathers(&benin.room, "guest-seat-11") && lobby.gathers(&benin.room, "guest-seat-12"));
    assert!(!lobby.gathers(&benin.room, "guest-seat-21") && !lobby.gathers(&india.room, "guest-seat-11"));
    assert!(!lobby.gathers("gathering-of-an-sdk", "guest-seat-11"));
}

#[tokio::test]
async fn an_account_gathers_under_its_own_identity_and_needs_no_link() {
    let (lobby, code) = (planned_lobby(), MeetingCode::random());
    let user = UserId::random();
    let identity = Admission::identity_of(&user);
    let awa = sit_as(&lobby, &code, 11, Some(user));
    let ben = sit(&lobby, &code, 12);

    let [own, other] = [&awa, &ben].map(|ticket| lobby.gather(&code, ticket).unwrap());
    assert_eq!((&own.identity, &own.room), (&identity, &other.room));
    assert!(lobby.gathers(&own.room, &identity) && !lobby.gathers(&own.room, "guest-seat-11"));
    let mut attendance = lobby.attend(&code, &ben).unwrap();
    let seen = view(&mut attendance).await;
    assert_eq!(seen["parties"][0]["people"][0]["identity"], identity);

    lobby.refuse_seat(&code, 11);
    assert_eq!(lobby.attend(&code, &awa).unwrap().knock(), Knock::Waiting);
}

#[test]
fn a_party_is_let_in_as_one_and_gathers_no_longer() {
    let (lobby, code) = (planned_lobby(), MeetingCode::random());
    let [awa, ben, ravi] = [11, 12, 21].map(|seat| sit(&lobby, &code, seat));
    let benin = lobby.gather(&code, &awa).unwrap();
    let india = lobby.gather(&code, &ravi).unwrap();
    let waiting = lobby.waiting_guests(&code);
    let parties: Vec<_> = waiting.iter().map(|(_, one)| one.party_id).collect();
    assert_eq!(parties, [Some(1), Some(1), Some(2)]);

    assert_eq!(lobby.decide(&code, &[awa.clone(), ben.clone()], Knock::Admitted), 2);

    let knocks = [&awa, &ben, &ravi].map(|ticket| lobby.attend(&code, ticket).unwrap().knock());
    assert_eq!(knocks, [Knock::Admitted, Knock::Admitted, Knock::Waiting]);
    assert_eq!(lobby.gather(&code, &awa), None);
    assert!(!lobby.gathers(&benin.room, "guest-seat-11"));
    assert_eq!(lobby.gatherings(), BTreeSet::from([india.room.clone()]));
    lobby.end(&code);
    assert!(lobby.gatherings().is_empty() && !lobby.gathers(&india.room, "guest-seat-21"));
}

#[test]
fn whoever_changes_sides_or_loses_the_link_gathers_no_longer() {
    let (lobby, code) = (planned_lobby(), MeetingCode::random());
    let [awa, ben] = [11, 12].map(|seat| sit(&lobby, &code, seat));
    let benin = lobby.gather(&code, &awa).unwrap();

    let mut schedule = planned();
    let moved = schedule.parties[0].seats.remove(1);
    schedule.parties[1].seats.push(moved);
    lobby.expect(&code, Expected::of(&schedule, &open(), Timestamp::UNIX_EPOCH));
    assert!(!lobby.gathers(&benin.room, "guest-seat-12"));
    assert_ne!(lobby.gather(&code, &ben).unwrap().room, benin.room);

    lobby.refuse_seat(&code, 11);
    assert_eq!(lobby.attend(&code, &awa).unwrap().knock(), Knock::Refused);
    assert!(!lobby.gathers(&benin.room, "guest-seat-11"));
}

#[tokio::test]
async fn those_who_wait_see_who_is_there_and_who_is_expected() {
    let (lobby, code) = (planned_lobby(), MeetingCode::random());
    let awa = sit(&lobby, &code, 11);
    let mut attendance = lobby.attend(&code, &awa).unwrap();
    let seen = view(&mut attendance).await;
    let people = |seen: &serde_json::Value, party: usize| {
        let people = seen["parties"][party]["people"].as_array().cloned().unwrap_or_default();
        people.iter().map(|one| one["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(people(&seen, 0), ["waiting", "expected"]);
    assert_eq!(people(&seen, 1), ["expected"]);
    assert_eq!((&seen["in_session"], &seen["parties"][0]["own"]), (&false.into(), &true.into()));
    assert_eq!(seen["clocks"][0]["time_zone"], "Africa/Porto-Novo");

    sit(&lobby, &code, 12);
    assert_eq!(people(&view(&mut attendance).await, 0), ["waiting", "waiting"]);
    lobby.inside(&code, BTreeSet::from([21]), true);
    let seen = view(&mut attendance).await;
    assert_eq!((people(&seen, 1), &seen["in_session"]), (vec!["inside".to_owned()], &true.into()));
    lobby.inside(&code, BTreeSet::from([21]), true);

    // Where the title is not for mails, another party is a number.
    let closed = Expected::of(&planned(), &MarkingRules::default(), Timestamp::UNIX_EPOCH);
    lobby.expect(&code, closed);
    let seen = view(&mut attendance).await;
    assert_eq!(people(&seen, 0), ["waiting", "waiting"]);
    let india = &seen["parties"][1];
    assert_eq!((&india["people"], &india["there"], &india["expected"]), (&().into(), &1.into(), &1.into()));
    assert!(!seen.to_string().contains("Ravi"), "{seen}");

    lobby.end(&code);
    assert_eq!(attendance.news().await, News::Decided(Knock::Ended));
}

#[tokio::test]
async fn whoever_has_no_seat_is_told_of_nobody() {
    let (lobby, code) = (planned_lobby(), MeetingCode::random());
    sit(&lobby, &code, 11);
    let stranger = knock(&lobby, &code, "Stranger");
    let mut attendance = lobby.attend(&code, &stranger).unwrap();

    assert_eq!(lobby.decide(&code, &[stranger], Knock::Admitted), 1);

    assert_eq!(attendance.news().await, News::Decided(Knock::Admitted));
}

async fn view(attendance: &mut Attendance) -> serde_json::Value {
    match attendance.news().await {
        News::Table(table, party) => serde_json::to_value(table.seen_by(party)).unwrap(),
        News::Decided(knock) => panic!("{knock:?}"),
    }
}

/// Two of Benin on the seats 11 and 12, one of India on 21.
fn planned() -> Schedule {
    let wish = serde_json::json!({"start": "2026-12-03T10:00", "minutes": 90, "parties": [
        {"name": "Bénin", "country": "BJ", "seats": [{"name": "Awa"}, {"name": "Ben"}]},
        {"name": "Inde", "country": "IN", "seats": [{"name": "Ravi"}]},
    ]});
    let limits = crate::meetings::schedule::Limits { seats: 9 };
    let mut schedule = check(serde_json::from_value(wish).unwrap(), None, limits).unwrap();
    for (party, number) in schedule.parties.iter_mut().zip(1..) {
        party.id = number;
        for (seat, at) in party.seats.iter_mut().zip(1..) {
            seat.id = number * 10 + at;
        }
    }
    schedule
}

fn open() -> MarkingRules {
    MarkingRules { title: true, ..MarkingRules::default() }
}

fn planned_lobby() -> Lobby {
    Lobby::new(LobbyLimits { per_meeting: 10, total: 10 })
}

/// Knocks on a seat of the plan.
fn sit(lobby: &Lobby, code: &MeetingCode, seat: i64) -> String {
    sit_as(lobby, code, seat, None)
}

fn sit_as(lobby: &Lobby, code: &MeetingCode, seat: i64, user: Option<UserId>) -> String {
    let schedule = planned();
    let badge = Badge::of(&schedule.parties, |known| known.id == seat);
    let name = schedule.seats().find(|(_, known)| known.id == seat).unwrap().1.name.clone();
    let caller = Caller { name, badge, user, ..Caller::default() };
    let ticket = lobby.knock(Instant::now(), Timestamp::UNIX_EPOCH, code, caller).unwrap().ticket;
    lobby.expect(code, Expected::of(&schedule, &open(), Timestamp::UNIX_EPOCH));
    ticket
}

fn lobby() -> Lobby {
    Lobby::new(LobbyLimits { per_meeting: 3, total: 4 })
}

fn knock(lobby: &Lobby, code: &MeetingCode, name: &str) -> String {
    lobby.knock(Instant::now(), Timestamp::UNIX_EPOCH, code, caller(name)).unwrap().ticket
}

fn caller(name: &str) -> Caller {
    Caller { name: name.to_owned(), ..Caller::default() }
}

fn names(waiting: &[Waiting]) -> Vec<&str> {
    waiting.iter().map(|guest| guest.name.as_str()).collect()
}
