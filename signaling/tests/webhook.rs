//! Webhooks over real sockets, into a receiver that is well, slow of wit, or away.

#![allow(clippy::unwrap_used)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use livekit_protocol as proto;
use serde_json::Value;
use sha2::{Digest, Sha256};
use signaling::webhook::{Delivery, Outbox, OutboxError, WebhookConfig, WebhookError, Webhooks};
use signaling_proto::{
    room::RoomEvent,
    token::{Claims, Keys},
};
use tokio::{
    net::TcpListener,
    sync::{broadcast, mpsc},
    time::timeout,
};

#[tokio::test]
async fn an_event_arrives_as_json_signed_with_the_api_key() {
    let mut receiver = Receiver::open([]).await;
    let (events, _webhooks) = start(&receiver, MemoryOutbox::default());

    let participant = proto::ParticipantInfo { identity: "awa".to_owned(), ..Default::default() };
    let track = proto::TrackInfo { sid: "TR_1".to_owned(), ..Default::default() };
    events.send(RoomEvent::TrackPublished { room: room("bilateral"), participant, track }).unwrap();

    let (headers, body) = receiver.next().await;
    assert_eq!(headers["content-type"], "application/webhook+json");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let token = headers["authorization"].to_str().unwrap();
    let claims = Claims::verify(token, &keys(), now).expect("a token of ours");
    assert_eq!(claims.issuer, "hooks");
    assert_eq!(claims.sha256, BASE64_STANDARD.encode(Sha256::digest(&body)));
    let event: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(event["event"], "track_published");
    assert_eq!(event["room"]["name"], "bilateral");
    assert_eq!(event["participant"]["identity"], "awa");
    assert_eq!(event["track"]["sid"], "TR_1");
    assert!(event["id"].as_str().unwrap().starts_with("EV_"));
    assert!(event["createdAt"].as_str().unwrap().parse::<u64>().unwrap() + 60 > now);
}

#[tokio::test]
async fn a_failing_receiver_gets_everything_in_order_once_it_is_well() {
    let unwell = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS, StatusCode::FOUND];
    let mut receiver = Receiver::open(unwell).await;
    let outbox = MemoryOutbox::default();
    let (events, _webhooks) = start(&receiver, outbox.clone());

    for name in ["one", "two", "three"] {
        events.send(RoomEvent::RoomStarted { room: room(name) }).unwrap();
    }

    let mut names = Vec::new();
    for _ in 0..6 {
        names.push(receiver.next_room().await);
    }
    assert_eq!(names, ["one", "one", "one", "one", "two", "three"]);
}

#[tokio::test]
async fn what_a_receiver_refuses_does_not_hold_up_the_rest() {
    let mut receiver = Receiver::open([StatusCode::BAD_REQUEST]).await;
    let (events, _webhooks) = start(&receiver, MemoryOutbox::default());

    for name in ["refused", "taken"] {
        events.send(RoomEvent::RoomFinished { room: room(name) }).unwrap();
    }

    assert_eq!(receiver.next_room().await, "refused");
    assert_eq!(receiver.next_room().await, "taken");
}

#[tokio::test]
async fn what_a_run_before_has_left_is_delivered_first() {
    let mut receiver = Receiver::open([]).await;
    let outbox = MemoryOutbox::default();
    let left = r#"{"event":"room_started","room":{"name":"yesterday"}}"#;
    outbox.enqueue(&receiver.url, left).await.unwrap();
    let (events, _webhooks) = start(&receiver, outbox);
    events.send(RoomEvent::RoomStarted { room: room("today") }).unwrap();

    assert_eq!(receiver.next_room().await, "yesterday");
    assert_eq!(receiver.next_room().await, "today");
}

#[tokio::test]
async fn what_cannot_be_delivered_in_time_is_given_up() {
    let mut receiver = Receiver::open([StatusCode::BAD_GATEWAY]).await;
    let outbox = MemoryOutbox::default();
    outbox.enqueue_at(&receiver.url, r#"{"room":{"name":"old"}}"#, SystemTime::now() - DAY);
    outbox.enqueue(&receiver.url, r#"{"room":{"name":"new"}}"#).await.unwrap();
    let (_events, _webhooks) = start(&receiver, outbox);

    assert_eq!(receiver.next_room().await, "old");
    assert_eq!(receiver.next_room().await, "new");
}

#[tokio::test]
async fn a_full_outbox_drops_what_is_new_and_the_rest_goes_on() {
    let mut receiver = Receiver::open([]).await;
    let outbox = MemoryOutbox::default();
    outbox.0.lock().unwrap().full = true;
    let (events, mut webhooks) = start(&receiver, outbox.clone());
    events.send(RoomEvent::RoomStarted { room: room("dropped") }).unwrap();
    drop(events);
    webhooks.collected().await;

    outbox.0.lock().unwrap().full = false;
    let (events, _webhooks) = start(&receiver, outbox);
    events.send(RoomEvent::RoomStarted { room: room("kept") }).unwrap();

    assert_eq!(receiver.next_room().await, "kept");
}

#[tokio::test]
async fn the_last_events_of_a_program_that_stops_are_kept() {
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let outbox = MemoryOutbox::default();
    let (events, receiver) = broadcast::channel(16);
    let mut webhooks = Webhooks::start(receiver, config(&format!("http://{away}/")), outbox.clone()).unwrap();

    events.send(RoomEvent::RoomFinished { room: room("last") }).unwrap();
    drop(events);
    webhooks.collected().await;

    assert_eq!(outbox.0.lock().unwrap().rows.len(), 1);
}

#[tokio::test]
async fn without_the_key_that_signs_nothing_starts() {
    let (_events, receiver) = broadcast::channel(1);
    let config = WebhookConfig { key: "lost".to_owned(), ..config("http://127.0.0.1:1/") };

    let refused = Webhooks::start(receiver, config, MemoryOutbox::default());

    assert!(matches!(refused, Err(WebhookError::UnknownKey(key)) if key == "lost"));
}

#[tokio::test]
async fn rooms_that_are_nobodys_business_are_not_told_of() {
    let mut receiver = Receiver::open([]).await;
    let (events, subscription) = broadcast::channel(16);
    let untold = WebhookConfig { untold: |room| room.starts_with("private-"), ..config(&receiver.url) };
    let _webhooks = Webhooks::start(subscription, untold, MemoryOutbox::default()).unwrap();

    for name in ["private-1", "open"] {
        events.send(RoomEvent::RoomStarted { room: room(name) }).unwrap();
    }

    assert_eq!(receiver.next_room().await, "open");
}

const DAY: Duration = Duration::from_secs(24 * 3600);

fn room(name: &str) -> proto::Room {
    proto::Room { name: name.to_owned(), ..Default::default() }
}

fn keys() -> Keys {
    let mut keys = Keys::default();
    keys.insert("hooks", "a secret of more than thirty-two letters").unwrap();
    keys
}

fn config(url: &str) -> WebhookConfig {
    let config = WebhookConfig::new(vec![url.to_owned()], keys(), "hooks".to_owned());
    WebhookConfig { first_retry: Duration::from_millis(10), ..config }
}

fn start(receiver: &Receiver, outbox: MemoryOutbox) -> (broadcast::Sender<RoomEvent>, Webhooks) {
    let (events, subscription) = broadcast::channel(16);
    let webhooks = Webhooks::start(subscription, config(&receiver.url), outbox).unwrap();
    (events, webhooks)
}

/// A receiver of webhooks that answers as told, then well.
struct Receiver {
    url: String,
    requests: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
}

#[derive(Clone)]
struct Answers {
    statuses: Arc<Mutex<VecDeque<StatusCode>>>,
    requests: mpsc::UnboundedSender<(HeaderMap, Bytes)>,
}

impl Receiver {
    async fn open(statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        let (sender, requests) = mpsc::unbounded_channel();
        let statuses = Arc::new(Mutex::new(statuses.into_iter().collect()));
        let hook = async |State(answers): State<Answers>, headers: HeaderMap, body: Bytes| {
            answers.requests.send((headers, body)).unwrap();
            answers.statuses.lock().unwrap().pop_front().unwrap_or(StatusCode::OK)
        };
        let router =
            Router::new().route("/hook", post(hook)).with_state(Answers { statuses, requests: sender });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, requests }
    }

    async fn next(&mut self) -> (HeaderMap, Bytes) {
        let request = timeout(Duration::from_secs(10), self.requests.recv()).await;
        request.expect("a webhook in time").expect("the receiver lives")
    }

    async fn next_room(&mut self) -> String {
        let (_, body) = self.next().await;
        let event: Value = serde_json::from_slice(&body).unwrap();
        event["room"]["name"].as_str().unwrap().to_owned()
    }
}

/// An outbox that forgets with the program.
#[derive(Clone, Default)]
struct MemoryOutbox(Arc<Mutex<Rows>>);

#[derive(Default)]
struct Rows {
    rows: VecDeque<(String, Delivery)>,
    next_id: i64,
    full: bool,
}

impl MemoryOutbox {
    fn enqueue_at(&self, url: &str, body: &str, enqueued: SystemTime) {
        let mut rows = self.0.lock().unwrap();
        rows.next_id += 1;
        let delivery =
            Delivery { id: rows.next_id, body: body.to_owned(), attempts: 0, enqueued, due: enqueued };
        rows.rows.push_back((url.to_owned(), delivery));
    }

    fn remove(&self, id: i64) {
        self.0.lock().unwrap().rows.retain(|(_, row)| row.id != id);
    }
}

impl Outbox for MemoryOutbox {
    async fn enqueue(&self, url: &str, body: &str) -> Result<(), OutboxError> {
        if self.0.lock().unwrap().full {
            return Err(OutboxError::Full(0));
        }
        self.enqueue_at(url, body, SystemTime::now());
        Ok(())
    }

    async fn head(&self, url: &str) -> Result<Option<Delivery>, OutboxError> {
        let rows = self.0.lock().unwrap();
        Ok(rows.rows.iter().find(|(to, _)| to == url).map(|(_, row)| row.clone()))
    }

    async fn delivered(&self, id: i64) -> Result<(), OutboxError> {
        self.remove(id);
        Ok(())
    }

    async fn postponed(&self, id: i64, until: SystemTime) -> Result<(), OutboxError> {
        let mut rows = self.0.lock().unwrap();
        let (_, row) = rows.rows.iter_mut().find(|(_, row)| row.id == id).unwrap();
        row.attempts += 1;
        row.due = until;
        Ok(())
    }

    async fn abandoned(&self, id: i64) -> Result<(), OutboxError> {
        self.remove(id);
        Ok(())
    }
}
