//! The signalling connection: a WebSocket with a token of ours.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;
use futures_util::{SinkExt as _, StreamExt as _};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use livekit_protocol as proto;
use prost::Message as _;
use proto::{signal_request, signal_response};
use signaling_proto::token::Claims;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::case::Protocol;
use crate::tls::{self, Stream};

/// The server and our key to it.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where it is, without a path of the protocol's.
    pub url: String,
    /// The name of the key.
    pub api_key: String,
    /// The key.
    pub api_secret: String,
    /// Whether any certificate of its is taken.
    pub insecure: bool,
}

/// Why there is no connection.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The address makes no sense.
    #[error("{0:?} is no address of a server: ws://host:port or wss://host is")]
    Url(String),
    /// Nobody is there.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// What the system says.
        why: String,
    },
    /// The key, its secret or the machine's clock is wrong.
    #[error("the server refuses the API key or its secret: {0}")]
    Key(String),
    /// The key is right, but not for this.
    #[error("the server refuses the room {room:?}: {why}")]
    Room {
        /// Which.
        room: String,
        /// What it says.
        why: String,
    },
    /// It does not know this signalling.
    #[error("the server does not speak protocol {0}; try the other one with --protocol")]
    Protocol(&'static str),
    /// It has said no for another reason.
    #[error("the server refuses the connection: {0}")]
    Refused(String),
}

/// A connection on which both sides say what they want of each other.
pub struct Signal {
    socket: WebSocketStream<Stream>,
}

impl Signal {
    /// Reaches the server and joins a room; `offer` goes along with protocol v1.
    pub async fn connect(
        server: &Server,
        protocol: Protocol,
        room: &str,
        identity: &str,
        offer: Option<proto::SessionDescription>,
    ) -> Result<Self, ConnectError> {
        let address = Address::parse(&server.url).ok_or_else(|| ConnectError::Url(server.url.clone()))?;
        let unreachable = |why: String| ConnectError::Unreachable { url: server.url.clone(), why };
        let target = match protocol {
            Protocol::V0 => v0_target(),
            Protocol::V1 => v1_target(offer),
        };
        let mut request = format!("{}{target}", address.base)
            .into_client_request()
            .map_err(|_| ConnectError::Url(server.url.clone()))?;
        let bearer = format!("Bearer {}", token(server, room, identity));
        let bearer = HeaderValue::try_from(bearer).map_err(|error| ConnectError::Key(error.to_string()))?;
        request.headers_mut().insert("Authorization", bearer);

        let attempt = async {
            let stream = TcpStream::connect((address.host.as_str(), address.port))
                .await
                .map_err(|error| unreachable(error.to_string()))?;
            stream.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
            let stream = if address.secure {
                tls::connect(stream, &address.host, server.insecure)
                    .await
                    .map_err(|error| unreachable(error.to_string()))?
            } else {
                Box::new(stream)
            };
            match tokio_tungstenite::client_async(request, stream).await {
                Ok((socket, _)) => Ok(Self { socket }),
                Err(Error::Http(answer)) => {
                    let body = answer.body().as_deref().unwrap_or_default();
                    let status = answer.status();
                    Err(refusal(status.as_u16(), &said(&status.to_string(), body), protocol, room))
                }
                Err(error) => Err(unreachable(error.to_string())),
            }
        };
        let too_late = || unreachable(format!("no answer in {} s", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, attempt).await.map_err(|_| too_late())?
    }

    /// Says something.
    pub async fn send(&mut self, message: signal_request::Message) -> Result<(), String> {
        let request = proto::SignalRequest { message: Some(message) };
        self.socket.send(Message::binary(request.encode_to_vec())).await.map_err(|error| error.to_string())
    }

    /// Waits for what the server says next.
    pub async fn next(&mut self) -> Result<signal_response::Message, String> {
        loop {
            match self.socket.next().await {
                Some(Ok(Message::Binary(bytes))) => {
                    let response = proto::SignalResponse::decode(bytes)
                        .map_err(|error| format!("the server says what nobody understands: {error}"))?;
                    // What this version of the protocol does not know means nothing.
                    if let Some(message) = response.message {
                        return Ok(message);
                    }
                }
                Some(Ok(Message::Close(_))) | None => {
                    return Err("the server has closed the signalling connection".to_owned());
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(format!("the signalling connection broke: {error}")),
            }
        }
    }

    /// Closes it.
    pub async fn close(mut self) {
        // Whoever has gone already needs no goodbye.
        let _ = tokio::time::timeout(GOODBYE, self.socket.close(None)).await;
    }
}

/// Whom an address leads to.
pub(crate) fn host_and_port(url: &str) -> Option<(String, u16)> {
    Address::parse(url).map(|address| (address.host, address.port))
}

/// An address as people write it, in its parts.
#[derive(Debug, PartialEq, Eq)]
struct Address {
    /// `ws://host:port/path`, without a slash at the end.
    base: String,
    host: String,
    port: u16,
    secure: bool,
}

impl Address {
    fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let secure = match scheme {
            "ws" | "http" => false,
            "wss" | "https" => true,
            _ => return None,
        };
        let scheme = if secure { "wss" } else { "ws" };
        let base = format!("{scheme}://{}", rest.trim_end_matches('/'));
        let uri: tokio_tungstenite::tungstenite::http::Uri = base.parse().ok()?;
        let host = uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        (!host.is_empty() && uri.query().is_none()).then_some(Self { base, host, port, secure })
    }
}

fn v0_target() -> String {
    format!("/rtc?auto_subscribe=0&protocol={PROTOCOL}&version={}", env!("CARGO_PKG_VERSION"))
}

fn v1_target(offer: Option<proto::SessionDescription>) -> String {
    let request = proto::JoinRequest {
        client_info: Some(proto::ClientInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            protocol: PROTOCOL,
            os: "linux".to_owned(),
            ..Default::default()
        }),
        connection_settings: Some(proto::ConnectionSettings::default()),
        publisher_offer: offer,
        ..Default::default()
    };
    let wrapped = proto::WrappedJoinRequest { join_request: request.encode_to_vec(), ..Default::default() };
    // Padding would have to be escaped in an address.
    let encoded = BASE64_URL_SAFE.encode(wrapped.encode_to_vec()).replace('=', "%3D");
    format!("/rtc/v1?join_request={encoded}")
}

/// The right to join one room.
fn token(server: &Server, room: &str, identity: &str) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let claims = Claims { issuer: server.api_key.clone(), ..Claims::join(identity, room) };
    let claims = claims.until(now.as_secs() + LIFETIME.as_secs());
    let key = EncodingKey::from_secret(server.api_secret.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)
        .expect("text claims serialize and HMAC takes every secret")
}

fn refusal(status: u16, said: &str, protocol: Protocol, room: &str) -> ConnectError {
    let said = said.to_owned();
    match status {
        401 => ConnectError::Key(said),
        404 if said.contains("room") => ConnectError::Room { room: room.to_owned(), why: said },
        404 if protocol == Protocol::V1 => ConnectError::Protocol("v1"),
        404 => ConnectError::Protocol("v0"),
        403 => ConnectError::Room { room: room.to_owned(), why: said },
        _ => ConnectError::Refused(said),
    }
}

/// The status and the first words of the answer.
fn said(status: &str, body: &[u8]) -> String {
    let body: String = String::from_utf8_lossy(body).trim().chars().take(120).collect();
    if body.is_empty() { status.to_owned() } else { format!("{status}: {body}") }
}

/// The version of signalling that we speak.
const PROTOCOL: i32 = 17;
/// Until a server that does not answer counts as out of reach.
const PATIENCE: Duration = Duration::from_secs(10);
const GOODBYE: Duration = Duration::from_secs(1);
/// Longer than any run.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        let parse = |url| Address::parse(url).map(|address| (address.base, address.host, address.port));

        let plain = ("ws://localhost:7880".to_owned(), "localhost".to_owned(), 7880);
        assert_eq!(parse("ws://localhost:7880"), Some(plain.clone()));
        assert_eq!(parse("http://localhost:7880/"), Some(plain));
        let secure = ("wss://[::1]/meet".to_owned(), "::1".to_owned(), 443);
        assert_eq!(parse("https://[::1]/meet/"), Some(secure));
        for nonsense in ["localhost:7880", "ftp://localhost", "ws://", "ws://a b", ""] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_refused() {
        let refusal = |status, said, protocol| refusal(status, said, protocol, "r").to_string();

        assert!(refusal(401, "x", Protocol::V1).contains("key"));
        assert!(refusal(403, "x", Protocol::V1).contains("room \"r\""));
        assert!(refusal(404, "requested room does not exist", Protocol::V1).contains("room \"r\""));
        assert!(refusal(404, "404 Not Found", Protocol::V1).contains("protocol v1"));
        assert!(refusal(503, "503: draining", Protocol::V0).contains("draining"));
    }

    #[test]
    fn a_join_request_is_what_it_says_in_an_address() {
        let offer = proto::SessionDescription { sdp: "v=0".to_owned(), id: 1, ..Default::default() };

        let target = v1_target(Some(offer.clone()));

        let encoded = target.strip_prefix("/rtc/v1?join_request=").expect("the path of v1");
        let bytes = BASE64_URL_SAFE.decode(encoded.replace("%3D", "=")).expect("base64");
        let wrapped = proto::WrappedJoinRequest::decode(bytes.as_slice()).expect("a wrapper");
        let request = proto::JoinRequest::decode(wrapped.join_request.as_slice()).expect("a request");
        assert_eq!(request.publisher_offer, Some(offer));
        assert!(!request.connection_settings.expect("settings").auto_subscribe);
    }
}
