//! Who asks, and by which name it knows us.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::accounts::line_of_text;
use crate::app::App;

/// How a connection reached us; the listener puts it into every request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Via {
    pub(super) peer: SocketAddr,
    pub(super) tls: bool,
}

/// What a request tells about the browser behind it.
#[derive(Debug, Clone)]
pub struct Client {
    /// Where it is; behind a trusted proxy, where that says it is.
    pub address: IpAddr,
    /// The origin by which it knows us: `https://meet.example.org`.
    pub origin: String,
    /// What it calls itself, as far as that can be shown.
    pub agent: String,
}

impl Client {
    /// Whether the browser's way to us is encrypted.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    /// The same origin for WebSockets.
    #[must_use]
    pub fn websocket_url(&self) -> String {
        // `http` becomes `ws`, `https` becomes `wss`.
        self.origin.replacen("http", "ws", 1)
    }

    /// The name or address by which it knows us, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.origin.split_once("://").map_or("", |(_, authority)| authority);
        match authority.rsplit_once(':') {
            // An IPv6 address without a port ends with a bracket.
            Some((host, port)) if !port.ends_with(']') => host,
            _ => authority,
        }
    }

    pub(super) fn of(app: &App, parts: &Parts) -> Self {
        let via = parts.extensions.get::<Via>();
        let peer = via.map_or(IpAddr::from([0, 0, 0, 0]), |via| via.peer.ip().to_canonical());
        Self {
            address: forwarded_for(app, peer, &parts.headers).unwrap_or(peer),
            origin: own_origin(app, via.is_some_and(|via| via.tls), parts),
            agent: agent(&parts.headers),
        }
    }
}

impl FromRequestParts<App> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(app, parts))
    }
}

/// The first line's worth of `User-Agent`, without what could disguise it.
fn agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let shown: String = agent.chars().take(MOST_AGENT).collect();
    line_of_text(&shown, MOST_AGENT).unwrap_or_default()
}

const MOST_AGENT: usize = 300;

/// The last address in `X-Forwarded-For` that is not a trusted proxy, if a trusted proxy brought it.
fn forwarded_for(app: &App, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    let trusted = &app.config.http.trusted_proxies;
    if !trusted.contains(&peer) {
        return None;
    }
    headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|item| item.trim().parse::<IpAddr>().ok())
        .map(|address| address.to_canonical())
        .rfind(|address| !trusted.contains(address))
}

/// The origin under which this request reached us.
fn own_origin(app: &App, tls: bool, parts: &Parts) -> String {
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| parts.uri.authority().map(axum::http::uri::Authority::as_str))
        .filter(|host| is_host(host))
        .unwrap_or("localhost")
        .to_ascii_lowercase();
    // A proxy in front of us may end TLS; the operator's word says which scheme its clients use. A proxy that changes
    // `Host` is only understood through that word, too.
    if !tls && let Some(public) = &app.config.http.public_url {
        let origin = parts.headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
        if public.ends_with(&format!("://{host}")) || origin == Some(public.as_bytes()) {
            return public.clone();
        }
    }
    format!("{}://{host}", if tls { "https" } else { "http" })
}

/// Whether a `Host` header is a name or address with perhaps a port, and nothing that could break out of a header.
fn is_host(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 255
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']'))
}
