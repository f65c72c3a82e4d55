//! What the ministry saves: rates what is due, and adds it up for the page.
//!
//! The database notes by itself which legs and meetings are to be rated (`dues`), and keeps the sums. Here each is
//! rated by the one function of [`crate::tariffs::Book`], a thousand at a time, by a job and before somebody looks.

mod page;
mod rater;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::tz::TimeZone;
use sip_gateway::Directory as _;
use sip_gateway_proto::plan::Plan;

pub use page::{CheckView, Goal, MonthView, Page, PostRow, RouteView, SumsView, page, records_csv, sums_csv};

use crate::directory::PhoneDirectory;
use crate::store::{Store, StoreError};
use crate::tariffs::{Book, Currency, Owners};

/// The savings. Cheap to clone.
#[derive(Clone)]
pub struct Savings {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    directory: PhoneDirectory,
    zone: TimeZone,
    currency: Currency,
    /// The tariffs as they were read last, and for which version of them and of the plan.
    book: Mutex<Option<Known>>,
    /// Held while something is rated.
    rating: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Known {
    version: i64,
    plan: Arc<Plan>,
    book: Arc<Book>,
}

impl Savings {
    /// The savings of a house with this time and currency.
    #[must_use]
    pub fn new(store: Store, directory: PhoneDirectory, zone: TimeZone, currency: Currency) -> Self {
        let (book, rating) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { inner: Arc::new(Inner { store, directory, zone, currency, book, rating }) }
    }

    /// The currency of the house.
    #[must_use]
    pub fn currency(&self) -> Currency {
        self.inner.currency
    }

    /// The time of the house.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.inner.zone
    }

    /// Rates what is due whenever there is something, until the program stops.
    pub async fn keep(self) {
        let mut every = tokio::time::interval(TICK);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            // Others want to write, too.
            loop {
                match self.rate_some().await {
                    Ok(0) => break,
                    Ok(_) => tokio::time::sleep(PAUSE).await,
                    Err(error) => {
                        tracing::warn!(%error, "calls could not be rated yet");
                        break;
                    }
                }
            }
        }
    }

    /// Rates what is due before somebody looks; of very much only a part. Says how much is left.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn catch_up(&self) -> Result<u64, StoreError> {
        for _ in 0..MOST_ROUNDS {
            if self.rate_some().await? == 0 {
                return Ok(0);
            }
        }
        self.inner.store.count_dues(MOST_COUNTED).await
    }

    /// The names that tables may use.
    #[must_use]
    pub fn owners(&self) -> Owners {
        let plan = self.inner.directory.plan();
        Owners {
            posts: plan.posts.iter().map(|post| (post.name.to_lowercase(), post.id.0)).collect(),
            trunks: plan.trunks.iter().map(|trunk| (trunk.name.to_lowercase(), trunk.id.0)).collect(),
        }
    }

    async fn rate_some(&self) -> Result<usize, StoreError> {
        let _rating = self.inner.rating.lock().await;
        let store = &self.inner.store;
        if store.count_dues(1).await? == 0 {
            return Ok(0);
        }
        let Known { plan, book, .. } = self.known().await?;
        let names: Vec<_> = plan.posts.iter().map(|post| (post.id.0, post.name.clone())).collect();
        store.settle(ROUND, &names, |dues| rater::rate(&book, &plan, dues)).await
    }

    /// The tariffs of the moment.
    async fn known(&self) -> Result<Known, StoreError> {
        let (version, plan) = (self.inner.store.tariff_version().await?, self.inner.directory.plan());
        let same = |known: &Known| known.version == version && Arc::ptr_eq(&known.plan, &plan);
        if let Some(known) = self.remembered().filter(same) {
            return Ok(known);
        }
        let mut book = Book::new(self.inner.zone.clone(), self.inner.currency);
        self.inner.store.read_tariffs(&mut book).await?;
        rater::add_numbers(&mut book, &plan);
        let known = Known { version, plan, book: Arc::new(book) };
        *self.inner.book.lock().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
        Ok(known)
    }

    fn remembered(&self) -> Option<Known> {
        self.inner.book.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Savings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Savings").field("currency", &self.inner.currency).finish_non_exhaustive()
    }
}

/// How soon a call that has ended is rated.
const TICK: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(20);
/// So much is rated in one transaction.
const ROUND: u32 = 500;
/// So many transactions are waited for before somebody sees the page.
const MOST_ROUNDS: usize = 4;
const MOST_COUNTED: u32 = 1_000_000;

#[cfg(test)]
mod tests;
