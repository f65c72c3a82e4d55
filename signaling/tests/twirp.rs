//! The server API over real sockets, with participants at the other end of the room.

#![allow(clippy::unwrap_used)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE};
use futures_util::StreamExt;
use livekit_protocol::{self as proto, signal_response::Message};
use prost::Message as _;
use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use signaling::{Rooms, RoomsConfig};
use signaling_proto::{
    Limits,
    token::{Claims, Keys, VideoGrant},
};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite};

#[tokio::test]
async fn a_room_is_made_listed_and_deleted() {
    let server = Server::start().await;

    let made = server.json("CreateRoom", creator(), json!({"name": "bilateral", "emptyTimeout": 60})).await;
    assert_eq!(made.status, StatusCode::OK);
    assert!(made.body["sid"].as_str().unwrap().starts_with("RM_"));
    assert_eq!((&made.body["name"], &made.body["emptyTimeout"]), (&json!("bilateral"), &json!(60)));
    let again = server.json("CreateRoom", creator(), json!({"name": "bilateral"})).await;
    assert_eq!(again.body["sid"], made.body["sid"], "the room that is there is returned");

    server.json("CreateRoom", creator(), json!({"name": "other"})).await;
    let all = server.json("ListRooms", lister(), json!({})).await;
    assert_eq!(all.body["rooms"].as_array().unwrap().len(), 2);
    let one = server.json("ListRooms", lister(), json!({"names": ["other"]})).await;
    assert_eq!(one.body["rooms"][0]["name"], "other");

    let mut awa = server.join("awa", "bilateral").await;
    assert_eq!(
        server.json("DeleteRoom", creator(), json!({"room": "bilateral"})).await.status,
        StatusCode::OK
    );
    let leave = awa.leave().await;
    assert_eq!(leave.reason(), proto::DisconnectReason::RoomDeleted);
    let gone = server.json("DeleteRoom", creator(), json!({"room": "bilateral"})).await;
    assert_eq!((gone.status, &gone.body["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));
}

#[tokio::test]
async fn protobuf_and_both_spellings_of_json_are_understood() {
    let server = Server::start().await;
    let request = proto::CreateRoomRequest {
        name: "binary".to_owned(),
        metadata: "m".to_owned(),
        ..Default::default()
    };

    let response =
        server.post("CreateRoom", creator(), "application/protobuf", request.encode_to_vec()).await;
    assert_eq!(response.headers()[CONTENT_TYPE], "application/protobuf");
    let room = proto::Room::decode(response.bytes().await.unwrap()).unwrap();
    assert_eq!((room.name.as_str(), room.metadata.as_str()), ("binary", "m"));

    let snake = json!({"name": "snake", "departure_timeout": 7, "a_field_of_tomorrow": true});
    let room = server.json("CreateRoom", creator(), snake).await;
    assert_eq!(room.body["departureTimeout"], 7);
}

#[tokio::test]
async fn participants_are_seen_changed_and_sent_away() {
    let server = Server::start().await;
    let mut awa = server.join("awa", "bilateral").await;
    let admin = admin("bilateral");

    let list = server.json("ListParticipants", admin.clone(), json!({"room": "bilateral"})).await;
    assert_eq!(list.body["participants"][0]["identity"], "awa");
    let awa_here = json!({"room": "bilateral", "identity": "awa"});
    let participant = server.json("GetParticipant", admin.clone(), awa_here.clone()).await;
    assert_eq!(participant.body["permission"]["canPublish"], true);

    let change = json!({"room": "bilateral", "identity": "awa", "name": "Awa K.", "attributes": {"hand": "up"},
        "permission": {"canSubscribe": true, "canPublish": false}});
    let changed = server.json("UpdateParticipant", admin.clone(), change).await;
    assert_eq!(changed.body["name"], "Awa K.");
    assert_eq!(changed.body["permission"]["canPublish"], Value::Null, "false is not written");
    let told = awa.update_of("awa").await;
    assert_eq!((told.name.as_str(), told.attributes["hand"].as_str()), ("Awa K.", "up"));
    assert!(!told.permission.unwrap().can_publish);

    let removed = server.json("RemoveParticipant", admin.clone(), awa_here.clone()).await;
    assert_eq!(removed.status, StatusCode::OK);
    assert_eq!(awa.leave().await.reason(), proto::DisconnectReason::ParticipantRemoved);
    let gone = server.json("GetParticipant", admin.clone(), awa_here).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_was_removed_comes_back_only_by_a_token_of_later() {
    let server = Server::start().await;
    let old = Claims::join("awa", "bilateral").until(now() + 60);
    let later = Claims { not_before: Some(now() + 30), ..old.clone() };
    let [old, later] = [old, later].map(|claims| claims.sign(&keys(), "key").unwrap());
    let mut awa = server.join_with("bilateral", &old).await;
    let mut fresh = String::new();
    let _ben = server.join("ben", "bilateral").await;

    let awa_here = json!({"room": "bilateral", "identity": "awa", "revokeTokenTs": (now() + 1).to_string()});
    assert_eq!(server.json("RemoveParticipant", admin("bilateral"), awa_here).await.status, StatusCode::OK);

    awa.until(|message| match message {
        Message::RefreshToken(token) => {
            fresh = token;
            None
        }
        Message::Leave(_) => Some(()),
        _ => None,
    })
    .await;
    for token in [&old, &fresh] {
        let refused = server.try_join(token).await.unwrap_err();
        assert!(matches!(refused, tungstenite::Error::Http(response) if response.status() == 403));
    }
    server.join_with("bilateral", &later).await;
}

#[tokio::test]
async fn metadata_of_a_room_reaches_who_is_there() {
    let server = Server::start().await;
    let mut awa = server.join("awa", "bilateral").await;

    let room = server
        .json("UpdateRoomMetadata", admin("bilateral"), json!({"room": "bilateral", "metadata": "agenda"}))
        .await;

    assert_eq!(room.body["metadata"], "agenda");
    let told = awa
        .until(|message| match message {
            Message::RoomUpdate(update) => update.room,
            _ => None,
        })
        .await;
    assert_eq!(told.metadata, "agenda");
}

#[tokio::test]
async fn a_participant_is_moved_by_a_token_for_the_other_room() {
    let server = Server::start().await;
    let mut awa = server.join("awa", "lobby").await;
    let mover = VideoGrant { destination_room: "meeting".to_owned(), ..admin("lobby") };
    let to = |room: &str| json!({"room": "lobby", "identity": "awa", "destinationRoom": room});

    let moved = server.json("MoveParticipant", mover.clone(), to("meeting")).await;

    assert_eq!(moved.status, StatusCode::OK);
    // The first token names the lobby; the last one counts.
    let mut token = String::new();
    let leave = awa
        .until(|message| match message {
            Message::RefreshToken(fresh) => {
                token = fresh;
                None
            }
            Message::Leave(leave) => Some(leave),
            _ => None,
        })
        .await;
    assert_eq!(leave.action(), proto::leave_request::Action::Reconnect);
    let claims = Claims::verify(&token, &keys(), now()).unwrap();
    assert_eq!((claims.identity.as_str(), claims.video.room.as_str()), ("awa", "meeting"));

    let _there = server.join_with("meeting", &token).await;
    let list = server.json("ListParticipants", admin("meeting"), json!({"room": "meeting"})).await;
    assert_eq!(list.body["participants"][0]["identity"], "awa");
    let gone = server.json("MoveParticipant", mover.clone(), to("meeting")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);

    let _again = server.join("awa", "lobby").await;
    let twice = server.json("MoveParticipant", mover.clone(), to("meeting")).await;
    assert_eq!(twice.status, StatusCode::PRECONDITION_FAILED, "two of one identity");
    let elsewhere = server.json("MoveParticipant", mover, to("elsewhere")).await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_does_not_exist_is_not_found() {
    let server = Server::start().await;
    let _awa = server.join("awa", "bilateral").await;
    let admin = admin("bilateral");

    let track = json!({"room": "bilateral", "identity": "awa", "trackSid": "TR_none", "muted": true});
    let eve = json!({"room": "bilateral", "identity": "eve", "trackSids": ["TR_none"], "subscribe": true});
    for (method, body) in [("MutePublishedTrack", track), ("UpdateSubscriptions", eve)] {
        let answer = server.json(method, admin.clone(), body).await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (StatusCode::NOT_FOUND, &json!("not_found")),
            "{method}"
        );
    }
}

#[tokio::test]
async fn every_method_asks_for_its_grant() {
    let server = Server::start().await;
    let _awa = server.join("awa", "bilateral").await;
    let elsewhere = admin("elsewhere");
    let here = json!({"room": "bilateral", "identity": "awa"});

    for method in [
        "ListParticipants",
        "GetParticipant",
        "RemoveParticipant",
        "MutePublishedTrack",
        "UpdateParticipant",
        "UpdateSubscriptions",
        "SendData",
        "UpdateRoomMetadata",
    ] {
        let answer = server.json(method, elsewhere.clone(), here.clone()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
        assert_eq!(answer.body["code"], "permission_denied", "{method}");
        assert!(answer.body["msg"].as_str().unwrap().contains("roomAdmin"), "{method}");
    }
    for method in ["CreateRoom", "ListRooms", "DeleteRoom"] {
        let answer = server.json(method, admin("bilateral"), json!({"name": "x", "room": "bilateral"})).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{method}");
    }
    let list = server.json("ListParticipants", admin("bilateral"), json!({"room": "bilateral"})).await;
    assert_eq!(list.body["participants"].as_array().unwrap().len(), 1, "nothing was done");
}

#[tokio::test]
async fn without_a_good_token_nobody_is_heard() {
    let server = Server::start().await;
    let expired = Claims { video: creator(), ..Claims::default() }.until(now() - 1);
    let forged = {
        let mut keys = Keys::default();
        keys.insert("key", "another secret of thirty-two letters").unwrap();
        Claims { video: creator(), ..Claims::default() }.until(now() + 60).sign(&keys, "key").unwrap()
    };

    for authorization in [
        None,
        Some("Bearer".to_owned()),
        Some("Basic YTpi".to_owned()),
        Some(format!("Bearer {forged}")),
        Some(format!("Bearer {}", expired.sign(&keys(), "key").unwrap())),
    ] {
        let mut request = server.http.post(server.url("CreateRoom")).json(&json!({"name": "x"}));
        if let Some(authorization) = &authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{authorization:?}");
        assert_eq!(response.json::<Value>().await.unwrap()["code"], "unauthenticated");
    }
}

#[tokio::test]
async fn nonsense_is_answered_in_twirps_words() {
    let server = Server::start().await;
    let post = async |method: &str, content_type: &str, body: Vec<u8>| {
        let response = server.post(method, creator(), content_type, body).await;
        let status = response.status();
        (status, response.json::<Value>().await.unwrap()["code"].as_str().unwrap().to_owned())
    };
    let malformed = (StatusCode::BAD_REQUEST, "malformed".to_owned());
    let bad_route = (StatusCode::NOT_FOUND, "bad_route".to_owned());

    assert_eq!(post("CreateRoom", "application/json", b"{".to_vec()).await, malformed);
    assert_eq!(post("CreateRoom", "application/json", br#"{"name": 7}"#.to_vec()).await, malformed);
    assert_eq!(post("CreateRoom", "application/json", b"[".repeat(100_000)).await, malformed);
    assert_eq!(post("CreateRoom", "application/protobuf", vec![0xff; 64]).await, malformed);
    assert_eq!(post("CreateRoom", "text/plain", b"name=x".to_vec()).await, bad_route);
    assert_eq!(post("DestroyRoom", "application/json", b"{}".to_vec()).await, bad_route);
    let nameless = post("CreateRoom", "application/json", b"{}".to_vec()).await;
    assert_eq!(nameless, (StatusCode::BAD_REQUEST, "invalid_argument".to_owned()));
    let huge = post("CreateRoom", "application/json", vec![b' '; 11 * 1024 * 1024]).await;
    assert_eq!(huge, (StatusCode::TOO_MANY_REQUESTS, "resource_exhausted".to_owned()));

    let get = server.http.get(server.url("ListRooms")).send().await.unwrap();
    assert_eq!(
        (get.status(), get.json::<Value>().await.unwrap()["code"].clone()),
        (StatusCode::NOT_FOUND, json!("bad_route"))
    );
    let other = format!("http://{}/twirp/livekit.Egress/ListEgress", server.address);
    assert_eq!(server.http.post(other).send().await.unwrap().status(), StatusCode::NOT_FOUND);
}

const SECRET: &str = "a secret of more than thirty-two letters";

fn keys() -> Keys {
    let mut keys = Keys::default();
    keys.insert("key", SECRET).unwrap();
    keys
}

fn creator() -> VideoGrant {
    VideoGrant { room_create: true, ..Default::default() }
}

fn lister() -> VideoGrant {
    VideoGrant { room_list: true, ..Default::default() }
}

fn admin(room: &str) -> VideoGrant {
    VideoGrant { room_admin: true, room: room.to_owned(), ..Default::default() }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

struct Server {
    address: std::net::SocketAddr,
    http: reqwest::Client,
}

struct Answer {
    status: StatusCode,
    body: Value,
}

impl Server {
    async fn start() -> Self {
        let sfu = sfu::Sfu::start(&sfu::SfuConfig::default()).unwrap();
        let config = RoomsConfig {
            keys: keys(),
            limits: Limits::default(),
            auto_create: true,
            product: "test".to_owned(),
        };
        let router = signaling::router(Rooms::new(sfu, config));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { address, http: reqwest::Client::new() }
    }

    fn url(&self, method: &str) -> String {
        format!("http://{}/twirp/livekit.RoomService/{method}", self.address)
    }

    async fn post(
        &self,
        method: &str,
        grant: VideoGrant,
        content_type: &str,
        body: Vec<u8>,
    ) -> reqwest::Response {
        let claims = Claims { video: grant, ..Claims::default() }.until(now() + 60);
        let request = self.http.post(self.url(method)).header(CONTENT_TYPE, content_type);
        request.bearer_auth(claims.sign(&keys(), "key").unwrap()).body(body).send().await.unwrap()
    }

    async fn json(&self, method: &str, grant: VideoGrant, body: Value) -> Answer {
        let response = self.post(method, grant, "application/json", body.to_string().into_bytes()).await;
        Answer { status: response.status(), body: response.json().await.unwrap() }
    }

    async fn join(&self, identity: &str, room: &str) -> Participant {
        let token = Claims::join(identity, room).until(now() + 60).sign(&keys(), "key").unwrap();
        self.join_with(room, &token).await
    }

    async fn join_with(&self, room: &str, token: &str) -> Participant {
        let mut participant = self.try_join(token).await.unwrap();
        let joined = participant
            .until(|message| match message {
                Message::Join(join) => join.room,
                _ => None,
            })
            .await;
        assert_eq!(joined.name, room);
        participant
    }

    async fn try_join(&self, token: &str) -> Result<Participant, tungstenite::Error> {
        let client = proto::ClientInfo { protocol: 17, ..Default::default() };
        let request = proto::WrappedJoinRequest {
            join_request: proto::JoinRequest { client_info: Some(client), ..Default::default() }
                .encode_to_vec(),
            ..Default::default()
        };
        let request = BASE64_URL_SAFE.encode(request.encode_to_vec());
        let url = format!("ws://{}/rtc/v1?access_token={token}&join_request={request}", self.address);
        let (socket, _) = connect_async(url).await?;
        Ok(Participant { socket })
    }
}

/// Somebody at the other end of a WebSocket.
#[derive(Debug)]
struct Participant {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Participant {
    /// Reads until a message is what is looked for.
    async fn until<T>(&mut self, mut find: impl FnMut(Message) -> Option<T>) -> T {
        let search = async {
            loop {
                let frame = self.socket.next().await.expect("an open connection").unwrap();
                let tungstenite::Message::Binary(bytes) = frame else { continue };
                let message = proto::SignalResponse::decode(bytes).unwrap().message;
                if let Some(found) = message.and_then(&mut find) {
                    return found;
                }
            }
        };
        timeout(Duration::from_secs(10), search).await.expect("the message in time")
    }

    async fn leave(&mut self) -> proto::LeaveRequest {
        self.until(|message| match message {
            Message::Leave(leave) => Some(leave),
            _ => None,
        })
        .await
    }

    async fn update_of(&mut self, identity: &str) -> proto::ParticipantInfo {
        self.until(|message| match message {
            Message::Update(update) => update.participants.into_iter().find(|one| one.identity == identity),
            _ => None,
        })
        .await
    }
}
