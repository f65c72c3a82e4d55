//! Signalling over real sockets: who is let in, and what strangers may try.

#![allow(clippy::unwrap_used)]

use std::{
    io::Write,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use flate2::{Compression, write::GzEncoder};
use futures_util::{SinkExt, StreamExt};
use livekit_protocol::{
    self as proto, JoinRequest, SignalRequest, SignalResponse, WrappedJoinRequest, leave_request::Action,
    signal_request, signal_response::Message,
};
use prost::Message as _;
use reqwest::{StatusCode, header};
use signaling::{Drain, Relays, Rooms, RoomsConfig};
use signaling_proto::{
    Limits,
    token::{Claims, Keys},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message as Frame, protocol::frame::coding::CloseCode},
};

#[tokio::test]
async fn a_client_joins_over_either_address_and_with_a_slash_too_many() {
    let server = Server::start().await;
    for path in ["/rtc", "//rtc", "/rtc/v1", "//rtc/v1"] {
        let mut client = server.join_at(path, "ada").await.unwrap();

        let Message::Join(join) = client.next().await else { panic!("the join response comes first") };
        assert_eq!(join.participant.unwrap().identity, "ada");
        assert_eq!(join.subscriber_primary, !path.ends_with("v1"));
    }
}

#[tokio::test]
async fn bad_tokens_are_refused_before_the_websocket_opens() {
    let server = Server::start().await;
    let unsigned = {
        let part = |json: &str| BASE64_URL_SAFE_NO_PAD.encode(json);
        let claims = r#"{"iss":"key","sub":"eve","exp":4000000000,"video":{"roomJoin":true,"room":"room"}}"#;
        format!("{}.{}.", part(r#"{"alg":"none","typ":"JWT"}"#), part(claims))
    };
    let foreign = {
        let mut keys = Keys::default();
        keys.insert("key", "another secret of more than thirty-two letters").unwrap();
        Claims::join("eve", "room").until(now() + 60).sign(&keys, "key").unwrap()
    };
    let expired = server.sign(Claims::join("eve", "room").until(now() - 1));

    for token in ["", "garbage", &unsigned, &foreign, &expired] {
        for path in ["/rtc", "/rtc/v1"] {
            let url = format!("ws://{}{path}?access_token={token}", server.address);
            assert_eq!(refused(&url).await, 401, "{path} {token}");
            let validate = format!("http://{}{path}/validate?access_token={token}", server.address);
            assert_eq!(reqwest::get(validate).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        }
    }
    assert!(server.rooms.list_rooms(&[]).await.is_empty());
}

#[tokio::test]
async fn a_token_without_the_right_to_join_is_forbidden() {
    let server = Server::start().await;
    let mut claims = Claims::join("ada", "room").until(now() + 60);
    claims.video.room_join = false;
    let token = server.sign(claims);

    assert_eq!(refused(&format!("ws://{}/rtc?access_token={token}", server.address)).await, 403);
}

#[tokio::test]
async fn attributes_of_ones_own_need_permission() {
    let server = Server::start().await;
    let token = server.token("ada");
    let attributes = BASE64_URL_SAFE_NO_PAD.encode(r#"{"palabre.role":"host"}"#);
    let url = format!("ws://{}/rtc?access_token={token}&attributes={attributes}", server.address);

    assert_eq!(refused(&url).await, 403);
}

#[tokio::test]
async fn unusable_join_requests_are_bad_requests() {
    let server = Server::start().await;
    let token = server.token("ada");
    let bomb = gzipped(&vec![0; 32 * 1024 * 1024]);
    let absurd = JoinRequest {
        publisher_offer: Some(proto::SessionDescription {
            r#type: "offer".into(),
            sdp: format!("v=0\r\n{}", "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".repeat(5_000)),
            id: 1,
            ..Default::default()
        }),
        ..Default::default()
    };
    let no_message = [0xff; 40].to_vec();
    for request in [String::new(), "%21%21".into(), encode(&bomb), join_request(&absurd), encode(&no_message)]
    {
        let url = format!("ws://{}/rtc/v1?access_token={token}&join_request={request}", server.address);
        assert_eq!(refused(&url).await, 400, "{request:.60}");
    }
    for room in server.rooms.list_rooms(&[]).await {
        assert_eq!(room.num_participants, 0);
    }
}

#[tokio::test]
async fn browsers_of_any_origin_may_ask() {
    let server = Server::start().await;
    let url = format!("http://{}/rtc/v1/validate", server.address);
    let client = reqwest::Client::new();

    let preflight = client.request(reqwest::Method::OPTIONS, &url).send().await.unwrap();
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
    assert_eq!(preflight.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert!(
        preflight.headers()[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().contains("authorization")
    );

    let bearer = format!("Bearer {}", server.token("ada"));
    let request = format!("{url}?join_request={}", join_request(&JoinRequest::default()));
    let valid = client.get(request).header(header::AUTHORIZATION, bearer).send().await.unwrap();
    assert_eq!(valid.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!((valid.status(), valid.text().await.unwrap().as_str()), (StatusCode::OK, "success"));
}

#[tokio::test]
async fn a_plain_request_is_told_that_this_is_a_websocket() {
    let server = Server::start().await;
    let url = format!("http://{}/rtc?access_token={}", server.address, server.token("ada"));

    assert_eq!(reqwest::get(url).await.unwrap().status(), StatusCode::BAD_REQUEST);
    assert!(server.rooms.list_rooms(&[]).await.is_empty());
}

#[tokio::test]
async fn who_speaks_json_is_answered_in_json() {
    let server = Server::start().await;
    let mut client = server.join_at("/rtc/v1", "ada").await.unwrap();
    client.next().await;

    client.socket.send(Frame::text(r#"{"pingReq":{"timestamp":"5"}}"#)).await.unwrap();

    let pong = loop {
        match client.frame().await {
            Frame::Text(text) => break text,
            Frame::Binary(_) | Frame::Ping(_) => {}
            frame => panic!("{frame:?}"),
        }
    };
    let pong: serde_json::Value = serde_json::from_str(&pong).unwrap();
    assert_eq!(pong["pongResp"]["lastPingTimestamp"], "5");
}

#[tokio::test]
async fn garbage_ends_its_senders_connection_and_nobody_elses() {
    let server = Server::start().await;
    let mut honest = server.join_at("/rtc/v1", "ada").await.unwrap();
    let too_large = vec![0; 3 * 1024 * 1024];
    let truncated = {
        let offer = proto::SessionDescription { sdp: "v=0".repeat(50), ..Default::default() };
        let message = SignalRequest { message: Some(signal_request::Message::Offer(offer)) };
        let mut bytes = message.encode_to_vec();
        bytes.truncate(40);
        bytes
    };

    for garbage in [
        Frame::binary(vec![0xff; 100]),
        Frame::binary(truncated),
        Frame::binary(too_large),
        Frame::text("{\"offer\":"),
        Frame::text("[".repeat(100_000)),
    ] {
        let mut stranger = server.join_at("/rtc/v1", "eve").await.unwrap();
        // A message beyond the limit may meet a socket that is closed before it is through.
        let _ = stranger.socket.send(garbage).await;
        stranger.closed().await;
    }

    honest.say(signal_request::Message::Ping(1)).await;
    honest.until(|message| matches!(message, Message::Pong(_))).await;
}

#[tokio::test]
async fn an_absurd_offer_ends_its_sender_with_a_leave() {
    let server = Server::start().await;
    let mut client = server.join_at("/rtc/v1", "ada").await.unwrap();

    let offer = proto::SessionDescription {
        r#type: "offer".into(),
        sdp: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video x y z\r\n".into(),
        ..Default::default()
    };
    client.say(signal_request::Message::Offer(offer)).await;

    client
        .until(|message| matches!(message, Message::Leave(leave) if leave.action() == Action::Disconnect))
        .await;
    client.closed().await;
}

#[tokio::test]
async fn a_session_that_nobody_knows_is_told_to_rebuild() {
    let server = Server::start().await;
    let url = |path: &str, rest: String| {
        format!("ws://{}{path}?access_token={}&{rest}", server.address, server.token("ada"))
    };
    let resumption = JoinRequest { reconnect: true, participant_sid: "PA_lost".into(), ..Default::default() };
    for url in [
        url("/rtc", "reconnect=1&sid=PA_lost".into()),
        url("/rtc/v1", format!("join_request={}", join_request(&resumption))),
    ] {
        let mut client = Client::connect(&url).await.unwrap();
        let Message::Leave(leave) = client.next().await else { panic!("leave comes first") };
        assert_eq!(leave.action(), Action::Reconnect);
        assert_eq!(leave.reason(), proto::DisconnectReason::StateMismatch);
        client.closed().await;
    }
}

#[tokio::test]
async fn clients_are_told_of_relays_under_the_name_by_which_they_came_until_they_leave() {
    let server = Server::start().await;
    let relays = Arc::new(Recorder::default());
    server.rooms.set_relays(relays.clone());
    for path in ["/rtc", "/rtc/v1"] {
        let mut client = server.join_at(path, "ada").await.unwrap();
        let Message::Join(join) = client.next().await else { panic!("the join response comes first") };
        let sid = join.participant.unwrap().sid;
        let [relay] = &join.ice_servers[..] else { panic!("{:?}", join.ice_servers) };
        assert_eq!(relay.urls, ["turn:127.0.0.1"]);
        assert_eq!((&*relay.username, &relay.credential), ("ada", &sid));
        assert_eq!(*relays.ended.lock().unwrap(), [] as [(String, String); 0]);

        let leave = proto::LeaveRequest { action: Action::Disconnect as i32, ..Default::default() };
        client.say(signal_request::Message::Leave(leave)).await;
        let told = async {
            while relays.ended.lock().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, told).await.unwrap();
        let gone = vec![("ada".to_owned(), sid)];
        assert_eq!(std::mem::take(&mut *relays.ended.lock().unwrap()), gone);
    }
}

#[tokio::test]
async fn without_relays_nobody_is_told_of_any() {
    let server = Server::start().await;
    let mut client = server.join_at("/rtc/v1", "ada").await.unwrap();
    let Message::Join(join) = client.next().await else { panic!("the join response comes first") };
    assert_eq!(join.ice_servers, []);
}

#[tokio::test]
async fn a_full_room_and_a_full_server_say_so() {
    let server = Server::with(RoomsConfig {
        limits: {
            let mut limits = Limits::default();
            (limits.participants_per_room, limits.rooms) = (1, 1);
            limits
        },
        ..config()
    })
    .await;
    let _ada = server.join_at("/rtc", "ada").await.unwrap();

    let url = format!("ws://{}/rtc?access_token={}", server.address, server.token("bob"));
    assert_eq!(refused(&url).await, 429);
    let elsewhere = server.sign(Claims::join("bob", "other").until(now() + 60));
    let url = format!("ws://{}/rtc?access_token={elsewhere}", server.address);
    assert_eq!(refused(&url).await, 429);
}

#[tokio::test]
async fn rooms_that_must_be_created_first_are_not_found_before() {
    let server = Server::with(RoomsConfig { auto_create: false, ..config() }).await;
    let url = format!("ws://{}/rtc?access_token={}", server.address, server.token("ada"));
    assert_eq!(refused(&url).await, 404);

    let request = proto::CreateRoomRequest { name: "room".into(), ..Default::default() };
    server.rooms.create_room(request).await.unwrap();
    server.join_at("/rtc", "ada").await.unwrap();
}

#[tokio::test]
async fn a_draining_server_tells_everybody_and_admits_nobody() {
    let server = Server::start().await;
    let mut ada = server.join_at("/rtc/v1", "ada").await.unwrap();

    server.rooms.drain(Drain::Reconnect).await;

    ada.until(|message| matches!(message, Message::Leave(leave) if leave.action() == Action::Reconnect))
        .await;
    ada.closed().await;
    let url = format!("ws://{}/rtc?access_token={}", server.address, server.token("bob"));
    assert_eq!(refused(&url).await, 503);
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_cut_off_and_the_room_goes_on() {
    let limits = {
        let mut limits = Limits::default();
        (limits.outgoing_messages, limits.requests_per_second, limits.request_burst) = (8, 100_000, 100_000);
        limits
    };
    let server = Server::with(RoomsConfig { limits, ..config() }).await;
    let mut ada = server.join_at("/rtc/v1", "ada").await.unwrap();
    let deaf = server.join_at("/rtc/v1", "deaf").await.unwrap();

    let room = server.rooms.clone();
    let flood = async {
        while room.participant("room", "deaf").await.is_ok() {
            room.update_room_metadata("room", "x".repeat(60_000)).await.unwrap();
        }
    };
    let reading = async { while !matches!(ada.next().await, Message::Pong(_)) {} };
    tokio::select! {
        outcome = timeout(Duration::from_secs(20), flood) => outcome.unwrap(),
        () = reading => panic!("nobody pinged"),
    }

    drop(deaf);
    assert!(server.rooms.participant("room", "ada").await.is_ok());
}

/// Relays that remember who has left.
#[derive(Debug, Default)]
struct Recorder {
    ended: Mutex<Vec<(String, String)>>,
}

impl Relays for Recorder {
    fn servers(&self, identity: &str, sid: &str, host: Option<&str>) -> Vec<proto::IceServer> {
        let urls = vec![format!("turn:{}", host.unwrap())];
        vec![proto::IceServer { urls, username: identity.to_owned(), credential: sid.to_owned() }]
    }

    fn ended(&self, identity: &str, sid: &str) {
        self.ended.lock().unwrap().push((identity.to_owned(), sid.to_owned()));
    }
}

struct Server {
    rooms: Rooms,
    address: SocketAddr,
    keys: Keys,
}

impl Server {
    async fn start() -> Self {
        Self::with(config()).await
    }

    async fn with(config: RoomsConfig) -> Self {
        let keys = config.keys.clone();
        let sfu = sfu::Sfu::start(&sfu::SfuConfig::default()).unwrap();
        let rooms = Rooms::new(sfu, config);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = signaling::router(rooms.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { rooms, address, keys }
    }

    fn sign(&self, claims: Claims) -> String {
        claims.sign(&self.keys, "key").unwrap()
    }

    fn token(&self, identity: &str) -> String {
        self.sign(Claims::join(identity, "room").until(now() + 60))
    }

    async fn join_at(&self, path: &str, identity: &str) -> Result<Client, tungstenite::Error> {
        let request = match path.ends_with("v1") {
            true => format!("&join_request={}", join_request(&JoinRequest::default())),
            false => "&protocol=17&sdk=js".to_owned(),
        };
        let url = format!("ws://{}{path}?access_token={}{request}", self.address, self.token(identity));
        Client::connect(&url).await
    }
}

struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    async fn connect(url: &str) -> Result<Self, tungstenite::Error> {
        let (socket, _) = connect_async(url).await?;
        Ok(Self { socket })
    }

    async fn say(&mut self, message: signal_request::Message) {
        let message = SignalRequest { message: Some(message) };
        self.socket.send(Frame::binary(message.encode_to_vec())).await.unwrap();
    }

    async fn frame(&mut self) -> Frame {
        timeout(PATIENCE, self.socket.next()).await.unwrap().unwrap().unwrap()
    }

    async fn next(&mut self) -> Message {
        loop {
            if let Frame::Binary(bytes) = self.frame().await {
                return SignalResponse::decode(&bytes[..]).unwrap().message.unwrap();
            }
        }
    }

    async fn until(&mut self, wanted: impl Fn(&Message) -> bool) {
        while !wanted(&self.next().await) {}
    }

    /// Waits until the server has closed the connection.
    async fn closed(&mut self) {
        let end = async {
            while let Some(Ok(frame)) = self.socket.next().await {
                if let Frame::Close(Some(close)) = frame {
                    assert_ne!(close.code, CloseCode::Error);
                }
            }
        };
        timeout(PATIENCE, end).await.unwrap();
    }
}

fn config() -> RoomsConfig {
    let mut keys = Keys::default();
    keys.insert("key", "a secret of more than thirty-two letters").unwrap();
    RoomsConfig { keys, limits: Limits::default(), auto_create: true, product: "test".into() }
}

/// The HTTP status with which a WebSocket is refused.
async fn refused(url: &str) -> u16 {
    match connect_async(url).await {
        Err(tungstenite::Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("let in"),
    }
}

fn join_request(request: &JoinRequest) -> String {
    encode(&gzipped(&request.encode_to_vec()))
}

/// The wrapper of a join request around compressed bytes.
fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    WrappedJoinRequest { compression: 1, join_request: gzip.finish().unwrap() }.encode_to_vec()
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

const PATIENCE: Duration = Duration::from_secs(10);
