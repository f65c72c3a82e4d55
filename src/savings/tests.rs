//! The page adds up to the records, whatever those are: generated ones, around the ends of months and the changes of clocks.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sip_gateway_proto::plan::{Post, Trunk};

use super::*;
use crate::clock::Clock;
use crate::directory::blank;
use crate::store::{By, Import};
use crate::tariffs::{Month, rates, tariffs};

#[tokio::test]
async fn the_page_adds_up_to_the_records_to_the_millisecond() {
    for seed in [1, 2026] {
        let house = House::new().await;
        let mut dice = Dice(seed);
        let expected = house.generate(&mut dice, 1_500).await;
        house.import().await;
        while house.savings.catch_up().await.unwrap() > 0 {}

        let months: Vec<Month> = (0..8).map(|n| Month::parse("2026-08").unwrap().earlier(-n)).collect();
        for month in &months {
            let page = house.page(*month, None).await;
            let calls = expected.get(month).copied().unwrap_or_default();
            let zone = house.savings.zone();

            // To the records as they were made up here, without any of our queries.
            assert_eq!(
                (page.total.records, page.total.talked),
                (calls.records, calls.millis),
                "{month}, seed {seed}"
            );
            assert!(page.check.agrees, "{:?}", page.check);
            assert_eq!(page.months.last().unwrap().sums, page.total);

            // To itself: posts, and each post's own page.
            let sum =
                |amount: fn(&SumsView) -> i64| page.posts.iter().map(|row| amount(&row.sums)).sum::<i64>();
            assert_eq!(sum(|sums| sums.talked), page.total.talked);
            assert_eq!(sum(|sums| sums.old), page.total.old);
            assert_eq!(sum(|sums| sums.actual), page.total.actual);
            assert_eq!(sum(|sums| sums.unrated), page.total.unrated);
            for row in &page.posts {
                assert_eq!(house.page(*month, Some(row.post)).await.total, row.sums);
            }

            // To the single records that can be taken away.
            let records = house.store.rated_records(*month, None, 100_000).await.unwrap();
            let known = records.iter().filter_map(|one| one.actual.zip(one.old));
            let (actual, old) = known.fold((0, 0), |(a, b), (actual, old)| (a + actual, b + old));
            assert_eq!((page.total.actual, page.total.old), (actual, old));
            assert_eq!(page.total.saved, old - actual);
            assert!(records.iter().all(|one| Month::of(one.answered, zone) == *month));
        }
        let shown: i64 = expected.values().map(|month| month.records).sum();
        assert!(shown > 500, "{shown} records say little");
    }
}

#[tokio::test]
async fn another_tariff_rates_everything_anew_and_nothing_is_counted_twice() {
    let house = House::new().await;
    house.generate(&mut Dice(7), 400).await;
    house.import().await;
    while house.savings.catch_up().await.unwrap() > 0 {}
    let month = Month::parse("2026-10").unwrap();
    let before = house.page(month, None).await;

    let dearer = TARIFFS.replace(",0.89,", ",1.78,");
    let lines = tariffs(&dearer, &house.savings.owners()).unwrap();
    house.store.import_tariffs(&lines, Import::Replace, &By::console(), house.now()).await.unwrap();
    while house.savings.catch_up().await.unwrap() > 0 {}
    let after = house.page(month, None).await;

    assert!(after.total.old > before.total.old, "{after:?}");
    assert_eq!((after.total.records, after.total.talked), (before.total.records, before.total.talked));
    let records = house.store.rated_records(month, None, 100_000).await.unwrap();
    let old: i64 = records.iter().filter(|one| one.actual.is_some()).filter_map(|one| one.old).sum();
    assert_eq!(after.total.old, old);
}

#[tokio::test]
async fn a_call_over_the_end_of_a_month_belongs_to_the_month_in_which_it_was_answered() {
    let house = House::new().await;
    // Paris: midnight is 22:00 UTC before clocks go back, and 23:00 after it.
    house.call(1, "phone", 1, ("phone", 2), at("2026-10-31T22:59:30Z"), 60_000).await;
    house.call(2, "phone", 1, ("phone", 2), at("2026-10-31T23:00:00Z"), 60_000).await;
    house.call(3, "phone", 1, ("phone", 2), at("2026-08-31T22:00:00Z"), 60_000).await;

    let talked = async |month| house.page(Month::parse(month).unwrap(), None).await.total.talked;

    assert_eq!(talked("2026-10").await, 60_000);
    assert_eq!(talked("2026-11").await, 60_000);
    assert_eq!((talked("2026-08").await, talked("2026-09").await), (0, 60_000));
}

#[tokio::test]
async fn a_meeting_is_one_old_call_to_each_other_post_while_the_host_s_is_there() {
    let house = House::new().await;
    house.import().await;
    let (start, minute) = (at("2026-10-05T09:00:00Z").as_millisecond(), 60_000);
    let stay = |post, from: i64, to: i64| (post, start + from * minute, start + to * minute);
    // Two of Paris, who came and went; New York came late; a guest of no post.
    let stays = [stay(2, 0, 30), stay(1, 0, 10), stay(1, 5, 20), stay(3, 25, 60), stay(0, 0, 60)];
    house.meeting(Some(2), &stays).await;

    let page = house.page(Month::parse("2026-10").unwrap(), None).await;

    assert_eq!((page.total.records, page.total.talked), (2, 25 * minute));
    assert_eq!((page.posts.len(), page.posts[0].name.as_str()), (1, "Cotonou"));
    let routes: Vec<_> = page.routes.iter().map(|route| route.to_post.as_deref().unwrap()).collect();
    assert_eq!(routes, ["Paris", "New York"]);
    assert_eq!(page.total.old, 20 * 300 + 5 * 250, "to Paris 300, to New York 250 a minute");
    assert_eq!(page.total.actual, 0);
}

#[tokio::test]
async fn a_month_whose_records_were_erased_keeps_its_sums() {
    let house = House::new().await;
    house.import().await;
    house.call(1, "phone", 1, ("phone", 2), at("2026-10-05T09:00:00Z"), 60_000).await;
    let month = Month::parse("2026-10").unwrap();
    let before = house.page(month, None).await;
    house.store.delete_old_legs(at("2027-10-05T09:00:00Z"), 1_000).await.unwrap();
    house.import().await;

    let after = house.page(month, None).await;

    assert_eq!((after.total, after.pending), (before.total, 0));
    assert!(!after.check.agrees && after.check.call_records == 0, "{:?}", after.check);
}

struct House {
    store: Store,
    savings: Savings,
    _dir: tempfile::TempDir,
}

/// What is expected of a month.
#[derive(Debug, Clone, Copy, Default)]
struct Expected {
    records: i64,
    millis: i64,
}

/// Numbers that look random and are the same each time (a linear congruential generator).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }

    /// A moment in half a year, often within a minute of the end of a month or of a change of clocks.
    fn moment(&mut self) -> Timestamp {
        let edges = [
            "2026-08-31T22:00:00Z",
            "2026-09-30T22:00:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-31T23:00:00Z",
            "2026-12-31T23:00:00Z",
            "2027-02-28T23:00:00Z",
        ];
        let millis = match self.below(2) {
            0 => {
                let edge = at(self.one_of(&edges)).as_millisecond();
                edge - 60_000 + i64::try_from(self.below(120_001)).unwrap()
            }
            _ => {
                at("2026-09-01T00:00:00Z").as_millisecond()
                    + i64::try_from(self.below(180 * 86_400_000)).unwrap()
            }
        };
        Timestamp::from_millisecond(millis).unwrap()
    }
}

impl House {
    /// Posts 1 Paris, 2 Cotonou, 3 New York, and a trunk of the first.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let mut change = store.change_plan(By::console(), Timestamp::UNIX_EPOCH).await.unwrap();
        let mut first = None;
        for (name, country) in [("Paris", "FR"), ("Cotonou", "BJ"), ("New York", "US")] {
            let post = Post { country: country.to_owned(), ..blank::post(name) };
            first.get_or_insert(change.add_post(post).await.unwrap());
        }
        let trunk = Trunk { post: first.unwrap(), ..blank::trunk("Orange", "192.0.2.1") };
        change.add_trunk(trunk).await.unwrap();
        change.commit().await.unwrap();
        let directory = PhoneDirectory::open(store.clone(), Clock::default(), "palabre").await.unwrap();
        let zone = TimeZone::get("Europe/Paris").unwrap();
        let savings = Savings::new(store.clone(), directory, zone, Currency::parse("XOF").unwrap());
        Self { store, savings, _dir: dir }
    }

    fn now(&self) -> Timestamp {
        at("2027-03-01T00:00:00Z")
    }

    async fn import(&self) {
        let lines = tariffs(TARIFFS, &self.savings.owners()).unwrap();
        self.store.import_tariffs(&lines, Import::Replace, &By::console(), self.now()).await.unwrap();
        let lines = rates(
            "currency,month,rate\nEUR,2026-09,655.957\nUSD,2026-09,600.125\nUSD,2026-12,610\n",
            self.savings.currency(),
        );
        self.store.import_rates(&lines.unwrap(), Import::Add, &By::console(), self.now()).await.unwrap();
    }

    async fn page(&self, month: Month, post: Option<i64>) -> Page {
        page(&self.savings, month, post, Goal { from: 30, to: 70 }).await.unwrap()
    }

    /// Makes calls and meetings of all kinds up, and says what each month must show.
    async fn generate(&self, dice: &mut Dice, calls: u64) -> BTreeMap<Month, Expected> {
        let mut expected: BTreeMap<Month, Expected> = BTreeMap::new();
        let mut add = |answered: Timestamp, millis: i64| {
            let month = expected.entry(Month::of(answered, self.savings.zone())).or_default();
            month.records += 1;
            month.millis += millis;
        };
        for call in 1..=calls {
            let (caller, from) =
                (dice.one_of(&["phone", "browser", "trunk", "room"]), dice.one_of(&[1, 2, 3]));
            let (called, to) = (dice.one_of(&["phone", "browser", "trunk", "room"]), dice.one_of(&[1, 2, 3]));
            let (answered, millis) = (dice.moment(), i64::try_from(dice.below(3_600_000)).unwrap());
            self.call(call, caller, from, (called, to), answered, millis).await;
            let inside_a_meeting = called == "room" || (caller == "room" && called != "trunk");
            if !inside_a_meeting {
                add(answered, millis);
            }
        }
        for _ in 0..calls / 50 {
            let start = dice.moment().as_millisecond();
            // One of the host's, one elsewhere, who share a part of the time.
            let (stay, late) = (1 + dice.below(3_600_000), dice.below(3_600_000));
            let (stay, late) = (i64::try_from(stay).unwrap(), i64::try_from(late).unwrap());
            self.meeting(Some(2), &[(2, start, start + stay), (1, start + late, start + late + stay)]).await;
            if late < stay {
                add(Timestamp::from_millisecond(start + late).unwrap(), stay - late);
            }
        }
        expected
    }

    /// Writes a call of two legs, with a third that was never answered.
    async fn call(
        &self,
        call: u64,
        caller: &str,
        from: i64,
        (called, to): (&str, i64),
        answered: Timestamp,
        millis: i64,
    ) {
        let answered = answered.as_millisecond();
        let reached = if called == "trunk" { "+22997000000" } else { "202" };
        for (leg, inbound, kind, post, talks) in
            [(0, true, caller, from, true), (1, false, called, to, true), (2, false, "phone", to, false)]
        {
            sqlx::query(
                "INSERT INTO legs (run, leg, call, inbound, caller, caller_name, dialled, reached, post_id, post_name,
                 trunk_id, began_at, answered_at, ended_at, encrypted, packets_in, packets_out, octets_in, octets_out,
                 lost, jitter_micros, kind) VALUES (1, ?, ?, ?, '201', '', ?, ?, ?, '', ?, ?, ?, ?, 0, 100, 100, 0, 0, 2, 0, ?)",
            )
            .bind(call.cast_signed() * 10 + leg)
            .bind(call.cast_signed())
            .bind(inbound)
            .bind(reached)
            .bind(reached)
            .bind(post)
            .bind((kind == "trunk").then_some(1))
            .bind(answered - 5_000)
            .bind(talks.then_some(answered))
            .bind(answered + if talks { millis } else { 0 })
            .bind(kind)
            .execute(&self.store.pool)
            .await
            .unwrap();
        }
    }

    /// Writes a meeting that is over: post (0 for none), from, to.
    async fn meeting(&self, host: Option<i64>, stays: &[(i64, i64, i64)]) {
        let (began, ended) = (stays.iter().map(|stay| stay.1).min(), stays.iter().map(|stay| stay.2).max());
        let id = sqlx::query(
            "INSERT INTO sittings (room_sid, run, kind, code, title, host_name, host_post_id, began_at)
             VALUES (lower(hex(randomblob(8))), 1, 'meeting', 'abc-defg-hij', 'Point', 'Awa', ?, ?)",
        )
        .bind(host)
        .bind(began)
        .execute(&self.store.pool)
        .await
        .unwrap()
        .last_insert_rowid();
        for (number, (post, from, to)) in (0i64..).zip(stays) {
            sqlx::query(
                "INSERT INTO attendances (sitting_id, participant_sid, run, kind, identity, name, post_id, joined_at, left_at)
                 VALUES (?, ?, 1, 'browser', 'x', 'x', nullif(?, 0), ?, ?)",
            )
            .bind(id)
            .bind(number.to_string())
            .bind(post)
            .bind(from)
            .bind(to)
            .execute(&self.store.pool)
            .await
            .unwrap();
        }
        let over = sqlx::query("UPDATE sittings SET ended_at = ? WHERE id = ?").bind(ended).bind(id);
        over.execute(&self.store.pool).await.unwrap();
    }
}

/// New York has no tariff to Paris: what it calls there is not rated.
const TARIFFS: &str = "kind,owner,prefix,currency,per_minute,connection,first,next,rounding,from,until
old,Paris,229,EUR,0.89,0.05,60,60,up,2017-01-01,2026-12-31
old,Paris,229,EUR,0.45,0,60,1,up,2027-01-01,
old,Paris,1,EUR,0.3,0,60,60,up,2017-01-01,
old,Cotonou,33,XOF,300,0,60,60,up,2017-01-01,
old,Cotonou,1,XOF,250,0,60,60,up,2017-01-01,
old,New York,229,USD,1.15,0,60,6,nearest,2017-01-01,
trunk,Orange,229,EUR,0.11,0,1,1,nearest,2017-01-01,
";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}
