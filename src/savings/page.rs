//! The savings page: the sums of a month by post and route, the months before it, and whether they agree with the call
//! records.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use sip_gateway::Directory as _;

use super::{Savings, rater};
use crate::csv as table;
use crate::store::{RatedRecord, StoreError, Sums};
use crate::tariffs::Month;

/// The share that is to be saved, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Goal {
    pub from: u8,
    pub to: u8,
}

/// What the page shows. Amounts are in the currency's smallest coins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Page {
    pub month: String,
    pub post: Option<i64>,
    pub currency: String,
    /// How many digits of an amount stand behind the point.
    pub decimals: u32,
    pub time_zone: String,
    pub goal: Goal,
    pub total: SumsView,
    /// The month and the eleven before it.
    pub months: Vec<MonthView>,
    pub posts: Vec<PostRow>,
    /// Those that saved most.
    pub routes: Vec<RouteView>,
    /// All posts that were ever rated, to choose one.
    pub all_posts: Vec<NamedPost>,
    /// The first month of which there is anything.
    pub first_month: Option<String>,
    /// So much waits to be rated; the sums are not whole before.
    pub pending: u64,
    pub check: CheckView,
}

/// A post by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct NamedPost {
    pub id: i64,
    pub name: String,
}

/// Sums as they are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct SumsView {
    pub records: i64,
    /// In milliseconds, as call records have them.
    pub talked: i64,
    /// Records without a tariff, whose amounts are not in the sums.
    pub unrated: i64,
    pub actual: i64,
    pub old: i64,
    pub saved: i64,
    /// In per cent of the old cost; nothing while that is nothing.
    pub share: Option<i64>,
    pub good: i64,
    pub fair: i64,
    pub poor: i64,
}

/// A month of the trend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct MonthView {
    pub month: String,
    #[serde(flatten)]
    pub sums: SumsView,
}

/// A post in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct PostRow {
    pub post: i64,
    pub name: String,
    #[serde(flatten)]
    pub sums: SumsView,
}

/// A route in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct RouteView {
    pub post: i64,
    pub name: String,
    /// The post called; nothing for outside.
    pub to_post: Option<String>,
    /// The ISO code of the country outside; empty where it is not known.
    pub to_country: String,
    #[serde(flatten)]
    pub sums: SumsView,
}

/// Whether what is rated adds up to the call records. Meetings are not in it: they have no call record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct CheckView {
    pub agrees: bool,
    pub rated_records: i64,
    pub rated_talked: i64,
    pub call_records: i64,
    pub call_talked: i64,
}

impl SumsView {
    fn of(sums: &Sums) -> Self {
        let saved = sums.old - sums.actual;
        Self {
            records: sums.records,
            talked: sums.millis,
            unrated: sums.unrated,
            actual: sums.actual,
            old: sums.old,
            saved,
            share: (sums.old > 0).then(|| rounded_percent(saved, sums.old)),
            good: sums.good_millis,
            fair: sums.fair_millis,
            poor: sums.poor_millis,
        }
    }
}

/// Half a per cent is rounded away from zero.
fn rounded_percent(part: i64, whole: i64) -> i64 {
    let (part, whole) = (i128::from(part) * 200, i128::from(whole));
    let rounded = (part.abs() + whole) / (whole * 2);
    i64::try_from(rounded * part.signum()).unwrap_or(0)
}

/// The page of a month, of one post or all.
///
/// # Errors
/// When the database fails.
pub async fn page(
    savings: &Savings,
    month: Month,
    post: Option<i64>,
    goal: Goal,
) -> Result<Page, StoreError> {
    let pending = savings.catch_up().await?;
    let store = &savings.inner.store;
    let from = month.earlier(MONTHS - 1);
    let known: BTreeMap<Month, Sums> = store.sums_by_month(from, month, post).await?.into_iter().collect();
    let months = (0..MONTHS).rev().map(|earlier| {
        let each = month.earlier(earlier);
        let sums = known.get(&each).copied().unwrap_or_default();
        MonthView { month: each.to_string(), sums: SumsView::of(&sums) }
    });
    let posts = store.sums_by_post(month, month, post).await?;
    let routes = store.sums_by_route(month, post, MOST_ROUTES).await?;
    let names = Names::read(savings).await?;
    let (rated, recorded) = store.check_savings(month, month.bounds(savings.zone())).await?;
    Ok(Page {
        month: month.to_string(),
        post,
        currency: savings.currency().to_string(),
        decimals: savings.currency().decimals(),
        time_zone: savings.zone().iana_name().unwrap_or("UTC").to_owned(),
        goal,
        total: SumsView::of(&known.get(&month).copied().unwrap_or_default()),
        months: months.collect(),
        posts: posts
            .iter()
            .map(|(_, post, sums)| PostRow { post: *post, name: names.of(*post), sums: SumsView::of(sums) })
            .collect(),
        routes: routes
            .into_iter()
            .map(|route| RouteView {
                post: route.post,
                name: names.of(route.post),
                to_post: (route.to_post != 0).then(|| names.of(route.to_post)),
                to_country: route.to_country,
                sums: SumsView::of(&route.sums),
            })
            .collect(),
        all_posts: names.all(),
        first_month: store.first_rated_month().await?.map(|month| month.to_string()),
        pending,
        check: CheckView {
            agrees: rated == recorded,
            rated_records: rated.records,
            rated_talked: rated.millis,
            call_records: recorded.records,
            call_talked: recorded.millis,
        },
    })
}

/// The sums of each month and post of the trend, as a table for spreadsheets.
///
/// # Errors
/// When the database fails.
pub async fn sums_csv(savings: &Savings, month: Month, post: Option<i64>) -> Result<String, StoreError> {
    savings.catch_up().await?;
    let from = month.earlier(MONTHS - 1);
    let rows = savings.inner.store.sums_by_post(from, month, post).await?;
    let names = Names::read(savings).await?;
    let currency = savings.currency();
    let mut text = table::line(&SUM_HEADS);
    for (month, post, sums) in rows {
        let view = SumsView::of(&sums);
        text += &table::line(&[
            month.to_string(),
            names.of(post),
            sums.records.to_string(),
            seconds(sums.millis),
            currency.code().to_owned(),
            currency.written(sums.old),
            currency.written(sums.actual),
            currency.written(view.saved),
            view.share.map(|share| share.to_string()).unwrap_or_default(),
            sums.unrated.to_string(),
            seconds(sums.good_millis),
            seconds(sums.fair_millis),
            seconds(sums.poor_millis),
        ]);
    }
    Ok(text)
}

/// The rated records of a month with how each amount comes about, as a table for spreadsheets.
///
/// # Errors
/// When the database fails.
pub async fn records_csv(savings: &Savings, month: Month, post: Option<i64>) -> Result<String, StoreError> {
    savings.catch_up().await?;
    let records = savings.inner.store.rated_records(month, post, MOST_RECORDS).await?;
    let names = Names::read(savings).await?;
    let mut text = table::line(&RECORD_HEADS);
    for record in &records {
        text += &record_line(savings, &names, record);
    }
    Ok(text)
}

fn record_line(savings: &Savings, names: &Names, record: &RatedRecord) -> String {
    let amount =
        |amount: Option<i64>| amount.map(|amount| savings.currency().written(amount)).unwrap_or_default();
    let answered = record.answered.to_zoned(savings.zone().clone());
    table::line(&[
        format!("{}-{}", if record.kind == "leg" { "call" } else { "meeting" }, record.subject),
        answered.strftime("%Y-%m-%d %H:%M:%S%.3f%:z").to_string(),
        seconds(record.millis),
        names.of(record.post),
        if record.to_post == 0 { record.to_country.clone() } else { names.of(record.to_post) },
        amount(record.old),
        record.old_because.clone(),
        amount(record.actual),
        record.actual_because.clone(),
        record.quality.clone().unwrap_or_default(),
    ])
}

fn seconds(millis: i64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

/// What posts are called: as now, or as they were last.
struct Names(HashMap<i64, String>);

impl Names {
    async fn read(savings: &Savings) -> Result<Self, StoreError> {
        let mut names = savings.inner.store.rated_posts().await?;
        let plan = savings.inner.directory.plan();
        for (id, name) in &mut names {
            if let Some(now) = rater::post_name(&plan.posts, *id) {
                now.clone_into(name);
            }
        }
        Ok(Self(names))
    }

    fn of(&self, post: i64) -> String {
        self.0.get(&post).cloned().unwrap_or_default()
    }

    fn all(&self) -> Vec<NamedPost> {
        let mut all: Vec<_> =
            self.0.iter().map(|(id, name)| NamedPost { id: *id, name: name.clone() }).collect();
        all.sort_by_cached_key(|post| crate::directory::fold(&post.name));
        all
    }
}

const SUM_HEADS: [&str; 13] = [
    "month",
    "post",
    "records",
    "talked_seconds",
    "currency",
    "old_cost",
    "actual_cost",
    "saved",
    "saved_percent",
    "without_tariff",
    "good_seconds",
    "fair_seconds",
    "poor_seconds",
];
const RECORD_HEADS: [&str; 10] = [
    "record",
    "answered",
    "talked_seconds",
    "post",
    "to",
    "old_cost",
    "old_because",
    "actual_cost",
    "actual_because",
    "quality",
];
/// A year.
const MONTHS: i32 = 12;
const MOST_ROUTES: u32 = 10;
const MOST_RECORDS: u32 = 200_000;
