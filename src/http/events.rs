//! `GET /api/events`: what a signed-in user's browser is told while it is open, and by which it rings.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::stream;
use serde::Serialize;
use sip_gateway::Directory as _;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

use super::ApiError;
use super::signed_in::SignedIn;
use crate::accounts::UserId;
use crate::app::App;
use crate::calls::{Listening, ScreenCallView, Stream};
use crate::directory::EntryView;
use crate::store::StoreError;

/// Everything that is true at a moment.
#[derive(Serialize)]
struct Whole {
    #[serde(flatten)]
    own: Own,
    calls: Vec<ScreenCallView>,
    missed: u32,
    /// Messages not heard yet.
    messages: u32,
}

/// What a plan says of a user.
#[derive(Serialize, Clone, PartialEq, Eq)]
struct Own {
    extension: Option<EntryView>,
    do_not_disturb: bool,
}

/// `GET /api/events`.
pub(super) async fn watch(
    State(app): State<App>,
    SignedIn { user, session }: SignedIn,
) -> Result<Sse<impl stream::Stream<Item = Result<Event, Infallible>>>, ApiError> {
    if app.is_draining() {
        return Err(ApiError::draining());
    }
    app.directory.refresh().await?;
    let stream =
        app.switchboard.open(&user.id).ok_or_else(|| ApiError::too_many_attempts(Duration::from_secs(30)))?;
    let mut watcher = Watcher {
        plans: app.directory.plan_changes(),
        presence: app.directory.presence_news(),
        written: app.directory.written_calls(),
        own: None,
        listening: None,
        // The page connects anew when a stream ends, and must then still be signed in.
        end: Instant::now() + LONGEST_WATCH,
        look: Instant::now() + LOOK_EVERY,
        session,
        user: user.id,
        _stream: stream,
        app,
    };
    watcher.plans.mark_changed();
    let events = stream::unfold(watcher, |mut watcher| async move {
        let event = watcher.next().await?;
        Some((Ok(event), watcher))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Watcher {
    app: App,
    user: UserId,
    /// As it was told last.
    own: Option<Own>,
    listening: Option<(String, Listening)>,
    plans: watch::Receiver<i64>,
    presence: broadcast::Receiver<Arc<str>>,
    written: broadcast::Receiver<Arc<[String]>>,
    end: Instant,
    /// When to see again whether the sign-in still is.
    look: Instant,
    session: String,
    _stream: Stream,
}

/// What has happened.
enum Happened {
    Plan,
    Presence(Result<Arc<str>, RecvError>),
    Call(Result<crate::calls::Told, RecvError>),
    Written(Result<Arc<[String]>, RecvError>),
}

impl Watcher {
    /// The next event; nothing when the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            let app = self.app.clone();
            let happened = tokio::select! {
                () = app.draining_begins() => return None,
                () = sleep_until(self.end) => return None,
                () = sleep_until(self.look) => {
                    // Whoever was signed out elsewhere hears no more.
                    if !app.store.session_is_there(&self.session).await.ok()? {
                        return None;
                    }
                    self.look = Instant::now() + LOOK_EVERY;
                    continue;
                }
                changed = self.plans.changed() => { changed.ok()?; Happened::Plan }
                told = call(&mut self.listening) => Happened::Call(told),
                news = self.presence.recv() => Happened::Presence(news),
                written = self.written.recv() => Happened::Written(written),
            };
            if let Some(event) = self.event(happened).await {
                return Some(event);
            }
        }
    }

    async fn event(&mut self, happened: Happened) -> Option<Event> {
        match happened {
            Happened::Plan => {
                let own = self.own_now();
                if self.own.as_ref() == Some(&own) {
                    return None;
                }
                self.listen(own.extension.as_ref().map(|extension| extension.number.as_str()));
                self.own = Some(own);
                self.whole().await
            }
            Happened::Call(Ok(told)) => Some(Event::default().event(told.event).data(told.data)),
            // Too far behind: everything anew, as after a reconnection.
            Happened::Call(Err(_)) => self.whole().await,
            Happened::Presence(news) => {
                let data = news.unwrap_or_else(|_| r#"{"all":true}"#.into());
                Some(Event::default().event("presence").data(data))
            }
            Happened::Written(written) => {
                let (own, _) = self.listening.as_ref()?;
                if written.is_ok_and(|written| !written.contains(own)) {
                    return None;
                }
                let missed = self.missed().await.ok()?;
                Some(event("missed", &serde_json::json!({ "missed": missed })))
            }
        }
    }

    fn own_now(&self) -> Own {
        let directory = &self.app.directory;
        let (plan, house) = (directory.plan(), directory.house());
        let number = house.extension_of(&self.user);
        let entry = number.and_then(|number| directory.read(Some(number), |reader| reader.entry(number)));
        let quiet = number.and_then(|number| plan.extension(number)).is_some_and(|one| one.do_not_disturb);
        // One's own presence is told like that of all others.
        Own { extension: entry.map(|entry| EntryView { presence: None, ..entry }), do_not_disturb: quiet }
    }

    fn listen(&mut self, extension: Option<&str>) {
        if self.listening.as_ref().map(|(number, _)| number.as_str()) != extension {
            self.listening = extension.map(|number| (number.to_owned(), self.app.switchboard.listen(number)));
        }
    }

    async fn whole(&mut self) -> Option<Event> {
        // A database that fails costs the stream, and the page comes again.
        let missed = self.missed().await.ok()?;
        let own = self.own.clone()?;
        let calls = match &self.listening {
            Some((number, _)) => self.app.switchboard.calls_of(number),
            None => Vec::new(),
        };
        let messages = self.listening.as_ref().map_or(0, |(number, _)| self.app.mailboxes.count(number).new);
        Some(event("state", &Whole { own, calls, missed, messages }).retry(RETRY))
    }

    async fn missed(&self) -> Result<u32, StoreError> {
        self.app.store.missed_calls(&self.user, MOST_MISSED).await
    }
}

/// What the calls of one's extension bring; nothing ever without one.
async fn call(listening: &mut Option<(String, Listening)>) -> Result<crate::calls::Told, RecvError> {
    match listening {
        Some((_, listening)) => listening.news.recv().await,
        None => std::future::pending().await,
    }
}

fn event(name: &str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).expect("what we send is JSON without line breaks")
}

const KEEP_ALIVE: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_secs(5);
const LONGEST_WATCH: Duration = Duration::from_secs(10 * 60);
/// A browser that waits for long to come again would not ring meanwhile.
const RETRY: Duration = Duration::from_secs(1);
/// More than that is "many".
const MOST_MISSED: u32 = 99;
