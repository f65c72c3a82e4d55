//! From an HTTP request to somebody at the door of a room: token, parameters, permissions.

use std::collections::HashMap;

use axum::http::{HeaderMap, Uri, header};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use livekit_protocol::{self as proto, client_info::Sdk};
use signaling_proto::{
    Joining, PeerConnections,
    room::{ConnectionId, Resuming},
    token::Claims,
};

use super::{join_request, query::Query, refusal::Refusal};
use crate::rooms::{Rooms, unix_now};

/// Somebody whose token is good, and what it wants.
pub(super) struct Admission {
    pub(super) connection: ConnectionId,
    /// The room, as it is to be opened if it is not there.
    pub(super) room: proto::CreateRoomRequest,
    pub(super) entry: Entry,
}

/// A new presence, or an old one over a new connection.
pub(super) enum Entry {
    Join(Box<Joining>),
    Resume(Box<Resuming>),
}

impl Admission {
    /// `/rtc/v1`: everything is in the join request.
    pub(super) fn single(rooms: &Rooms, headers: &HeaderMap, uri: &Uri) -> Result<Self, Refusal> {
        let query = Query::parse(uri.query().unwrap_or_default());
        let claims = authorize(rooms, headers, &query)?;
        let Some(parameter) = query.text("join_request") else {
            return Err(Refusal::bad_request("join_request is missing"));
        };
        let request = join_request::parse(parameter, rooms.limits().join_request_bytes)
            .map_err(|error| Refusal::bad_request(error.to_string()))?;
        Self::from_join_request(rooms, claims, browser(headers), request)
    }

    /// `/rtc`: two peer connections, unless a join request says otherwise.
    pub(super) fn dual_or_single(rooms: &Rooms, headers: &HeaderMap, uri: &Uri) -> Result<Self, Refusal> {
        let query = Query::parse(uri.query().unwrap_or_default());
        if query.text("join_request").is_some() {
            return Self::single(rooms, headers, uri);
        }

        let claims = authorize(rooms, headers, &query)?;
        let mut client = client_info(&query);
        name_browser(&mut client, browser(headers));
        let connection = rooms.new_connection();
        let room = claims.room_request();
        if query.flag("reconnect") == Some(true) {
            let resuming = Resuming {
                connection,
                identity: claims.identity,
                participant_sid: query.owned("sid"),
                sync_state: None,
                client: Some(client),
            };
            let entry = Entry::Resume(Box::new(resuming));
            return Ok(Self { connection, room, entry });
        }

        let attributes = match query.text("attributes") {
            Some(text) => BASE64_URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .ok()
                .and_then(|json| serde_json::from_slice(&json).ok())
                .ok_or_else(|| Refusal::bad_request("attributes are not base64 of JSON"))?,
            None => HashMap::new(),
        };
        let settings = proto::ConnectionSettings {
            auto_subscribe: query.flag("auto_subscribe").unwrap_or(true),
            adaptive_stream: query.flag("adaptive_stream").unwrap_or(false),
            ..Default::default()
        };
        let own = OwnWords { metadata: String::new(), attributes };
        let joining = joining(rooms, connection, claims, client, settings, own, PeerConnections::Dual)?;
        Ok(Self { connection, room, entry: Entry::Join(Box::new(joining)) })
    }

    fn from_join_request(
        rooms: &Rooms,
        claims: Claims,
        browser: &str,
        request: proto::JoinRequest,
    ) -> Result<Self, Refusal> {
        let connection = rooms.new_connection();
        let room = claims.room_request();
        let mut client = request.client_info.unwrap_or_default();
        name_browser(&mut client, browser);
        if request.reconnect {
            let resuming = Resuming {
                connection,
                identity: claims.identity,
                participant_sid: request.participant_sid,
                sync_state: request.sync_state,
                client: Some(client),
            };
            return Ok(Self { connection, room, entry: Entry::Resume(Box::new(resuming)) });
        }

        let offer = request.publisher_offer.filter(|offer| !offer.sdp.is_empty());
        // Where the client says nothing, it wants what everybody wants.
        let settings = request
            .connection_settings
            .unwrap_or(proto::ConnectionSettings { auto_subscribe: true, ..Default::default() });
        let own = OwnWords { metadata: request.metadata, attributes: request.participant_attributes };
        let connections = PeerConnections::Single { offer };
        let mut joining = joining(rooms, connection, claims, client, settings, own, connections)?;
        joining.add_tracks = request.add_track_requests;
        Ok(Self { connection, room, entry: Entry::Join(Box::new(joining)) })
    }
}

/// What a client says of itself beyond its token; it needs the permission to.
struct OwnWords {
    metadata: String,
    attributes: HashMap<String, String>,
}

fn authorize(rooms: &Rooms, headers: &HeaderMap, query: &Query<'_>) -> Result<Claims, Refusal> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let token =
        bearer.or(query.text("access_token")).ok_or_else(|| Refusal::unauthorized("no access token"))?;
    let claims = Claims::verify(token.trim(), &rooms.config().keys, unix_now().as_secs())
        .map_err(|error| Refusal::unauthorized(error.to_string()))?;

    if !claims.video.room_join || claims.video.room.is_empty() {
        return Err(Refusal::forbidden("the token does not allow joining a room"));
    }
    if claims.identity.is_empty() {
        return Err(Refusal::unauthorized("the token names no identity"));
    }
    if claims.video.room.len() > rooms.limits().room_name_bytes {
        return Err(Refusal::bad_request("the name of the room is too long"));
    }
    Ok(claims)
}

fn joining(
    rooms: &Rooms,
    connection: ConnectionId,
    claims: Claims,
    client: proto::ClientInfo,
    settings: proto::ConnectionSettings,
    own: OwnWords,
    connections: PeerConnections,
) -> Result<Joining, Refusal> {
    let mut joining = Joining::by(connection, claims);
    let says_something = !own.metadata.is_empty() || !own.attributes.is_empty();
    if says_something && !joining.permission.can_update_metadata {
        return Err(Refusal::forbidden("the token does not allow changing own metadata"));
    }
    if !rooms.limits().own_attributes(own.attributes.keys()) {
        return Err(Refusal::forbidden("one of these attributes is not a participant's own"));
    }
    if !own.metadata.is_empty() {
        joining.metadata = own.metadata;
    }
    joining.attributes.extend(own.attributes);

    Ok(Joining {
        client,
        auto_subscribe: settings.auto_subscribe,
        adaptive_stream: settings.adaptive_stream,
        connections,
        ..joining
    })
}

fn client_info(query: &Query<'_>) -> proto::ClientInfo {
    let capabilities = query.text("capabilities").unwrap_or_default();
    proto::ClientInfo {
        sdk: sdk(query.text("sdk").unwrap_or_default()) as i32,
        version: query.owned("version"),
        protocol: query.number("protocol").unwrap_or_default(),
        os: query.owned("os"),
        os_version: query.owned("os_version"),
        device_model: query.owned("device_model"),
        browser: query.owned("browser"),
        browser_version: query.owned("browser_version"),
        network: query.owned("network"),
        other_sdks: query.owned("other_sdks"),
        client_protocol: query.number("client_protocol").unwrap_or_default(),
        capabilities: capabilities
            .split(',')
            .filter_map(proto::client_info::Capability::from_str_name)
            .map(|capability| capability as i32)
            .collect(),
        ..Default::default()
    }
}

/// Browsers do not always say so themselves; one of them names its tracks like no other.
fn browser(headers: &HeaderMap) -> &'static str {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    match agent.contains(" Firefox/") {
        true => "Firefox",
        false => "",
    }
}

fn name_browser(client: &mut proto::ClientInfo, browser: &str) {
    if client.browser.is_empty() {
        browser.clone_into(&mut client.browser);
    }
}

fn sdk(name: &str) -> Sdk {
    match name {
        "js" => Sdk::Js,
        "reactnative" => Sdk::ReactNative,
        "swift" | "ios" => Sdk::Swift,
        "android" => Sdk::Android,
        "flutter" => Sdk::Flutter,
        "go" => Sdk::Go,
        "unity" => Sdk::Unity,
        "unityweb" => Sdk::UnityWeb,
        "rust" => Sdk::Rust,
        "python" => Sdk::Python,
        "cpp" => Sdk::Cpp,
        "node" => Sdk::Node,
        "unreal" => Sdk::Unreal,
        "esp32" => Sdk::Esp32,
        _ => Sdk::Unknown,
    }
}
