//! Tells other programs what happens in rooms: signed HTTP requests from a durable outbox.
//!
//! ```text
//! RoomEvent ──▶ collector ──▶ Outbox (the office keeps it) ──▶ one sender per URL ──▶ POST, in order
//! ```
//!
//! A row leaves the outbox when its receiver has taken it, refused it for good, or could not be reached for a day.

mod event;
mod sender;

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, SystemTime},
};

use livekit_protocol as proto;
use signaling_proto::{room::RoomEvent, token::Keys};
use tokio::{
    sync::{
        Notify,
        broadcast::{Receiver, error::RecvError},
    },
    task::JoinSet,
};

use sender::Sender;

/// Where webhooks wait until they are delivered, across restarts of the program. Rows of a URL are delivered in the
/// order in which they were enqueued; rows of URLs that are no longer configured are never asked for.
pub trait Outbox: Clone + Send + Sync + 'static {
    /// Adds a row at the end of a URL's queue.
    fn enqueue(&self, url: &str, body: &str) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// The row at the head of a URL's queue, due or not.
    fn head(&self, url: &str) -> impl Future<Output = Result<Option<Delivery>, OutboxError>> + Send;

    /// Removes a row that its receiver has taken.
    fn delivered(&self, id: i64) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Counts a failed attempt; the row is not due before `until`.
    fn postponed(&self, id: i64, until: SystemTime) -> impl Future<Output = Result<(), OutboxError>> + Send;

    /// Removes a row that will not be delivered.
    fn abandoned(&self, id: i64) -> impl Future<Output = Result<(), OutboxError>> + Send;
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// The JSON to be posted.
    pub body: String,
    /// How often delivery has failed.
    pub attempts: u32,
    /// When it was enqueued.
    pub enqueued: SystemTime,
    /// Not to be tried before.
    pub due: SystemTime,
}

/// Why an outbox did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OutboxError {
    /// The URL has as many rows as it may have.
    #[error("{0} webhooks wait already")]
    Full(usize),
    /// The database said no.
    #[error("{0}")]
    Store(String),
}

/// Who is told, and how patiently.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Where events are posted.
    pub urls: Vec<String>,
    /// The API keys.
    pub keys: Keys,
    /// Which of them signs.
    pub key: String,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// The wait after the first failure; doubled with each up to five minutes.
    pub first_retry: Duration,
    /// How long a row is tried.
    pub give_up_after: Duration,
    /// By their names: rooms of which nobody is told.
    pub untold: fn(&str) -> bool,
}

impl WebhookConfig {
    /// With the usual patience: 10 s for an attempt, a second before the next, a day in all.
    #[must_use]
    pub fn new(urls: Vec<String>, keys: Keys, key: String) -> Self {
        Self {
            urls,
            keys,
            key,
            timeout: Duration::from_secs(10),
            first_retry: Duration::from_secs(1),
            give_up_after: Duration::from_secs(24 * 3600),
            untold: |_| false,
        }
    }
}

/// The tasks that collect and send. Dropping it stops them; rows stay in the outbox.
#[derive(Debug)]
pub struct Webhooks {
    collector: JoinSet<()>,
    _senders: JoinSet<()>,
}

/// Why webhooks cannot be sent at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// No API key of that name.
    #[error("webhooks are to be signed with the unknown API key {0:?}")]
    UnknownKey(String),
    /// No HTTP client on this system.
    #[error("no HTTP client for webhooks")]
    Client(#[from] reqwest::Error),
}

impl Webhooks {
    /// Begins to collect events and to deliver them, and what a run before has left.
    pub fn start(
        events: Receiver<RoomEvent>,
        config: WebhookConfig,
        outbox: impl Outbox,
    ) -> Result<Self, WebhookError> {
        if config.keys.secret(&config.key).is_none() {
            return Err(WebhookError::UnknownKey(config.key));
        }
        let client = reqwest::Client::builder()
            .timeout(config.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("palabre/", env!("CARGO_PKG_VERSION")))
            .build()?;

        let config = Arc::new(config);
        let mut senders = JoinSet::new();
        let mut wakers = Vec::new();
        for url in &config.urls {
            let news = Arc::new(Notify::new());
            wakers.push(Arc::clone(&news));
            let sender = Sender::new(url.clone(), Arc::clone(&config), client.clone(), outbox.clone());
            senders.spawn(sender.run(news));
        }
        let mut collector = JoinSet::new();
        collector.spawn(collect(events, config, outbox, wakers));
        Ok(Self { collector, _senders: senders })
    }

    /// Waits until the last event of a program that stops is in the outbox: the rooms must be gone.
    pub async fn collected(&mut self) {
        while self.collector.join_next().await.is_some() {}
    }
}

/// Moves events from rooms into the outbox.
async fn collect(
    mut events: Receiver<RoomEvent>,
    config: Arc<WebhookConfig>,
    outbox: impl Outbox,
    wakers: Vec<Arc<Notify>>,
) {
    let mut full = vec![false; config.urls.len()];
    loop {
        let event = match events.recv().await {
            Ok(event) => event,
            Err(RecvError::Lagged(missed)) => {
                tracing::warn!(missed, "webhooks could not keep up with the rooms");
                continue;
            }
            Err(RecvError::Closed) => return,
        };

        let Some(webhook) = event::webhook_event(event, SystemTime::now()) else { continue };
        if webhook.room.as_ref().is_some_and(|room| (config.untold)(&room.name)) {
            continue;
        }
        let body = json(&webhook);
        for ((url, waker), full) in config.urls.iter().zip(&wakers).zip(&mut full) {
            let enqueued = outbox.enqueue(url, &body).await;
            if let Err(error) = &enqueued
                && !*full
            {
                tracing::warn!(url = sender::loggable(url), %error, "webhooks are being dropped");
            }
            *full = enqueued.is_err();
            waker.notify_one();
        }
    }
}

fn json(webhook: &proto::WebhookEvent) -> String {
    serde_json::to_string(webhook).expect("a message of strings and numbers has a JSON form")
}
