//! The load generator against the whole server: figures that must come out, and refusals in one sentence.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use palabre::server::Server;
use palabre_load::case::{Case, Layout, Protocol, Resolution, VideoCodec};
use palabre_load::outcome::{Outcome, table};
use palabre_load::run::{RunError, run};
use palabre_load::signal::{ConnectError, Server as Target};
use palabre_tests::program;

#[tokio::test]
async fn a_case_over_one_peer_connection_is_whole() {
    let office = Office::start().await;

    let outcome = run(office.target(), case(Protocol::V1), |_| {}).await.unwrap();

    assert_whole(&outcome);
}

#[tokio::test]
async fn a_case_over_two_peer_connections_is_whole() {
    let office = Office::start().await;

    let outcome = run(office.target(), case(Protocol::V0), |_| {}).await.unwrap();

    assert_whole(&outcome);
}

#[tokio::test]
async fn more_videos_than_free_places_are_received_and_no_more_than_the_layout_holds() {
    let office = Office::start().await;
    let many = Case {
        video_publishers: 8,
        audio_publishers: 0,
        subscribers: 1,
        video_resolution: Resolution::Low,
        video_codec: None,
        ..case(Protocol::V1)
    };

    let outcome = run(office.target(), many, |_| {}).await.unwrap();

    let total = &outcome.total;
    assert_eq!((total.tracks, total.expected, total.errors), (6, 6, 0), "{}", table(&outcome));
}

#[tokio::test]
async fn what_is_not_looked_into_is_counted_all_the_same() {
    let office = Office::start().await;
    let sampled = Case { decrypt_every: 10, subscribers: 1, ..case(Protocol::V1) };

    let outcome = run(office.target(), sampled, |_| {}).await.unwrap();

    let figures = &outcome.total.figures;
    assert_eq!((figures.lost, figures.unauthentic), (0, 0), "{}", table(&outcome));
    assert!(figures.looked_into > 0 && figures.looked_into < figures.packets / 5, "{figures:?}");
}

#[tokio::test]
async fn a_wrong_secret_is_told_from_a_server_that_is_not_there() {
    let office = Office::start().await;
    let wrong =
        Target { api_secret: "another secret of more than thirty characters".into(), ..office.target() };
    let nobody = Target { url: format!("ws://{}", free_address()), ..office.target() };

    for protocol in [Protocol::V1, Protocol::V0] {
        let refused = run(wrong.clone(), case(protocol), |_| {}).await.unwrap_err();
        let unreachable = run(nobody.clone(), case(protocol), |_| {}).await.unwrap_err();

        assert!(matches!(refused, RunError::Connect(ConnectError::Key(_))), "{refused}");
        assert!(matches!(unreachable, RunError::Connect(ConnectError::Unreachable { .. })), "{unreachable}");
    }
}

fn assert_whole(outcome: &Outcome) {
    let (total, figures) = (&outcome.total, &outcome.total.figures);
    let shown = table(outcome);
    assert_eq!((total.tracks, total.expected, total.errors), (8, 8, 0), "{shown}");
    assert_eq!((figures.lost, figures.unauthentic, figures.duplicated), (0, 0, 0), "{shown}");
    assert!(figures.packets > 0 && figures.looked_into >= figures.packets, "{shown}");
    assert!(figures.delay.count > 0 && figures.delay.p50.is_some_and(|delay| delay > 0.0), "{shown}");
    assert!(outcome.publishers.iter().all(|publisher| publisher.published.packets > 0), "{shown}");
    assert!(outcome.is_whole());
    for track in outcome.subscribers.iter().flat_map(|subscriber| &subscriber.track) {
        assert!(track.figures.delay.count > 0, "{} has no stamps\n{shown}", track.sid);
    }
}

/// Two cameras with microphones, two who watch.
fn case(protocol: Protocol) -> Case {
    Case {
        room: "load".to_owned(),
        identity_prefix: "load".to_owned(),
        video_publishers: 2,
        audio_publishers: 2,
        subscribers: 2,
        video_resolution: Resolution::Medium,
        video_codec: Some(VideoCodec::Vp8),
        simulcast: true,
        layout: Layout::Speaker,
        simulate_speakers: true,
        duration: Duration::from_secs(2),
        num_per_second: 20.0,
        protocol,
        decrypt_every: 1,
        nack: true,
    }
}

/// A server on free ports with a state of its own.
struct Office {
    server: Server,
    _dir: tempfile::TempDir,
}

impl Office {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = program::config(dir.path());
        config.keys.insert(KEY, SECRET).unwrap();
        let server = Server::start(config).await.unwrap();
        Self { server, _dir: dir }
    }

    fn target(&self) -> Target {
        Target {
            url: format!("ws://{}", self.server.http),
            api_key: KEY.to_owned(),
            api_secret: SECRET.to_owned(),
            insecure: false,
        }
    }
}

/// Where nobody listens any more.
fn free_address() -> std::net::SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

const KEY: &str = "load";
const SECRET: &str = "a secret of more than thirty-two characters";
