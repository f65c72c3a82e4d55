//! The data channels that a client SDK has open (RFC 8831, RFC 8832). Nothing is said on them, but servers count a client
//! as connected only when they stand.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use bytes::Bytes;
use sctp_proto::{
    Association, AssociationHandle, ClientConfig, DatagramEvent, Endpoint, EndpointConfig, Event, Payload,
    PayloadProtocolIdentifier, ServerConfig, StreamEvent,
};

/// One association. We begin it whoever offers: a side that has also begun finds one (RFC 9260 §5.2.1).
pub(super) struct Sctp {
    endpoint: Endpoint,
    association: Option<(AssociationHandle, Association)>,
    opening: bool,
}

impl Sctp {
    /// Opens the usual channels itself, or takes those that the other side opens.
    pub(super) fn new(opening: bool) -> Self {
        // An association of the other side's is refused, but by an endpoint that could have one: another panics.
        let mut endpoint = Endpoint::new(Arc::clone(&ENDPOINT), Some(Arc::new(ServerConfig::new())));
        endpoint.reject_new_associations();
        Self { endpoint, association: None, opening }
    }

    /// DTLS stands.
    pub(super) fn begin(&mut self) {
        if self.association.is_none() {
            self.association = self.endpoint.connect(ClientConfig::new(), PEER).ok();
        }
    }

    pub(super) fn handle_packet(&mut self, now: Instant, packet: &[u8]) {
        let event = self.endpoint.handle(now, PEER, None, None, Bytes::copy_from_slice(packet));
        if let (Some((to, DatagramEvent::AssociationEvent(event))), Some((handle, association))) =
            (event, &mut self.association)
            && to == *handle
        {
            association.handle_event(event);
        }
        self.handle_events();
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) {
        if let Some((_, association)) = &mut self.association {
            association.handle_timeout(now);
        }
        self.handle_events();
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        self.association.as_ref().and_then(|(_, association)| association.poll_timeout())
    }

    pub(super) fn poll_transmit(&mut self, now: Instant) -> Option<Vec<Bytes>> {
        let transmit = self.endpoint.poll_transmit().or_else(|| {
            let (_, association) = self.association.as_mut()?;
            association.poll_transmit(now)
        })?;
        match transmit.payload {
            Payload::RawEncode(packets) => Some(packets),
            Payload::PartialDecode(_) => Some(Vec::new()),
        }
    }

    fn handle_events(&mut self) {
        let Some((handle, association)) = &mut self.association else { return };
        while let Some(event) = association.poll_endpoint_event() {
            self.endpoint.handle_event(*handle, event);
        }
        while let Some(event) = association.poll() {
            match event {
                Event::Connected if self.opening => {
                    for (id, channel_type, label) in CHANNELS {
                        open(association, id, channel_type, label);
                    }
                }
                Event::Stream(StreamEvent::Opened { id } | StreamEvent::Readable { id }) => {
                    read(association, id);
                }
                _ => {}
            }
        }
    }
}

/// `DATA_CHANNEL_OPEN` (RFC 8832 §5.1).
fn open(association: &mut Association, id: u16, channel_type: u8, label: &str) {
    let Ok(mut stream) = association.open_stream(id, PayloadProtocolIdentifier::Dcep) else { return };
    let mut message = vec![0x03, channel_type, 0, 0, 0, 0, 0, 0];
    message.extend((label.len() as u16).to_be_bytes());
    message.extend([0, 0]);
    message.extend(label.as_bytes());
    // If there is no room, there is no association either, which shows elsewhere.
    let _ = stream.write_with_ppi(&message, PayloadProtocolIdentifier::Dcep);
}

/// Takes all that is there, and acknowledges channels that are opened (§5.2).
fn read(association: &mut Association, id: u16) {
    let Ok(mut stream) = association.stream(id) else { return };
    while let Ok(Some(message)) = stream.read_sctp() {
        let mut bytes = vec![0; message.len()];
        let first = message.read(&mut bytes).ok().and_then(|_| bytes.first().copied());
        if message.ppi == PayloadProtocolIdentifier::Dcep && first == Some(0x03) {
            let _ = stream.write_with_ppi(&[0x02], PayloadProtocolIdentifier::Dcep);
        }
    }
}

/// Stream, type and label of what client SDKs open; even numbers, as the DTLS client takes them (RFC 8832 §6).
const CHANNELS: [(u16, u8, &str); 2] = [(0, 0x00, "_reliable"), (2, 0x81, "_lossy")];

/// There is one other side, and it has no address.
const PEER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

static ENDPOINT: LazyLock<Arc<EndpointConfig>> = LazyLock::new(|| {
    let mut config = EndpointConfig::new();
    config.max_payload_size(1_100);
    Arc::new(config)
});
