//! What clients are told of relays, for networks that let little out.

use std::{fmt::Debug, sync::Arc};

use axum::http::{HeaderMap, header};
use livekit_protocol::{self as proto, signal_response::Message};

/// Knows the relays there are, and who may use them.
pub trait Relays: Debug + Send + Sync + 'static {
    /// What one presence of somebody is told, whose client reached us by the name of a host, without port.
    fn servers(&self, identity: &str, sid: &str, host: Option<&str>) -> Vec<proto::IceServer>;

    /// That presence is over.
    fn ended(&self, identity: &str, sid: &str);
}

/// Adds the relays to the first that a room says to a client: only the edge knows how that client reached us.
#[derive(Debug)]
pub(crate) struct RelayOffer {
    pub(crate) relays: Option<Arc<dyn Relays>>,
    pub(crate) host: Option<String>,
    /// Identity and sid of a session that is taken up again: the room's word does not name it.
    pub(crate) resumed: Option<(String, String)>,
}

impl RelayOffer {
    /// Completes a message if it is one that tells of relays.
    pub(crate) fn complete(&self, message: &mut Arc<proto::SignalResponse>) {
        let Some(relays) = &self.relays else { return };
        if !matches!(message.message, Some(Message::Join(_) | Message::Reconnect(_))) {
            return;
        }
        let host = self.host.as_deref();
        // It has no other receiver, so that nothing is copied.
        match &mut Arc::make_mut(message).message {
            Some(Message::Join(join)) => {
                if let Some(own) = &join.participant {
                    join.ice_servers = relays.servers(&own.identity, &own.sid, host);
                }
            }
            Some(Message::Reconnect(reconnect)) => {
                if let Some((identity, sid)) = &self.resumed {
                    reconnect.ice_servers = relays.servers(identity, sid, host);
                }
            }
            _ => {}
        }
    }
}

/// The name by which a client reached us, without port; `None` if it says nothing that could be one.
pub(crate) fn host(headers: &HeaderMap) -> Option<String> {
    let authority = headers.get(header::HOST)?.to_str().ok()?;
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let good = match inner {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => (1..=253).contains(&host.len()) && host.bytes().all(is_name),
    };
    good.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct One;

    impl Relays for One {
        fn servers(&self, identity: &str, sid: &str, host: Option<&str>) -> Vec<proto::IceServer> {
            let urls = vec![format!("turn:{}", host.unwrap_or("nowhere"))];
            vec![proto::IceServer { urls, username: identity.to_owned(), credential: sid.to_owned() }]
        }

        fn ended(&self, _: &str, _: &str) {}
    }

    #[test]
    fn the_first_word_of_a_room_tells_of_relays_and_no_other() {
        let offer = RelayOffer {
            relays: Some(Arc::new(One)),
            host: Some("meet.example.org".to_owned()),
            resumed: Some(("alice".to_owned(), "PA_1".to_owned())),
        };
        let participant =
            Some(proto::ParticipantInfo { identity: "bob".into(), sid: "PA_2".into(), ..Default::default() });
        let mut join = message(Message::Join(proto::JoinResponse { participant, ..Default::default() }));
        let mut reconnect = message(Message::Reconnect(proto::ReconnectResponse::default()));
        let mut other = message(Message::RoomUpdate(proto::RoomUpdate::default()));
        let before = other.clone();
        for message in [&mut join, &mut reconnect, &mut other] {
            offer.complete(message);
        }

        let Some(Message::Join(join)) = &join.message else { panic!() };
        let Some(Message::Reconnect(reconnect)) = &reconnect.message else { panic!() };
        assert_eq!((&*join.ice_servers[0].username, &*join.ice_servers[0].credential), ("bob", "PA_2"));
        assert_eq!(
            (&*reconnect.ice_servers[0].username, &*reconnect.ice_servers[0].credential),
            ("alice", "PA_1")
        );
        assert_eq!(join.ice_servers[0].urls, ["turn:meet.example.org"]);
        assert_eq!(other, before);
    }

    #[test]
    fn the_host_is_what_could_be_one() {
        for (header, expected) in [
            ("meet.example.org", Some("meet.example.org")),
            ("meet.example.org:7443", Some("meet.example.org")),
            ("127.0.0.1:7880", Some("127.0.0.1")),
            ("[::1]:7880", Some("[::1]")),
            ("[2001:db8::1]", Some("[2001:db8::1]")),
            ("", None),
            (":80", None),
            ("[::1", None),
            ("a?transport=udp", None),
            ("a b", None),
            ("a@b", None),
            ("::1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, header.parse().expect("a header"));
            assert_eq!(host(&headers).as_deref(), expected, "{header}");
        }
        assert_eq!(host(&HeaderMap::new()), None);
    }

    fn message(message: Message) -> Arc<proto::SignalResponse> {
        Arc::new(proto::SignalResponse { message: Some(message) })
    }
}
