//! What is relayed, both ways (RFC 8656 §11 and §12). Whatever is not permitted is lost without a word.

use std::net::SocketAddr;
use std::time::Instant;

use super::super::framing::write_channel_data;
use super::super::stun::{Class, Message, Method, TransactionId, Writer, attribute};
use super::{Client, RelayId, ToPeer, Turn};

impl Turn {
    /// A datagram came to a relay. Writes into `out` what its client is to be sent, and says who that is.
    pub fn handle_peer(
        &mut self,
        now: Instant,
        relay: RelayId,
        from: SocketAddr,
        data: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<Client> {
        let allocation = self.allocations.get_mut(&relay)?;
        let peer = allocation
            .called(from)
            .or_else(|| self.peers.known_as(from).find(|peer| allocation.permits(now, peer.ip())))
            .filter(|peer| allocation.permits(now, peer.ip()))?;
        if !allocation.down.take(now, self.limits.rate, data.len() as u64) {
            self.counters.throttled += 1;
            return None;
        }
        allocation.used = now;
        self.counters.bytes_down += data.len() as u64;

        let client = allocation.client;
        match allocation.channel_of(now, peer) {
            Some(channel) => {
                let on_stream = matches!(client, Client::Stream { .. });
                write_channel_data(out, channel, data, on_stream);
            }
            None => {
                self.indications += 1;
                let transaction = indication(self.indications);
                let mut writer = Writer::begin(out, Class::Indication, Method::Data, transaction);
                writer.address(attribute::XOR_PEER_ADDRESS, peer);
                writer.attribute(attribute::DATA, data);
                writer.finish(None);
            }
        }
        Some(client)
    }

    pub(super) fn relay_channel_data<'a>(
        &mut self,
        now: Instant,
        client: Client,
        channel: u16,
        data: &'a [u8],
    ) -> Option<ToPeer<'a>> {
        let relay = self.by_client.get(&client)?;
        let peer = self.allocations.get(relay)?.peer_of(now, channel)?;
        self.relay(now, *relay, peer, data)
    }

    pub(super) fn relay_indication<'a>(
        &mut self,
        now: Instant,
        client: Client,
        message: &Message<'a>,
    ) -> Option<ToPeer<'a>> {
        if message.method != Method::Send || message.unknown(KNOWN).next().is_some() {
            return None;
        }
        let relay = *self.by_client.get(&client)?;
        let peer = message.address(attribute::XOR_PEER_ADDRESS)?;
        let data = message.attribute(attribute::DATA)?;
        self.relay(now, relay, peer, data)
    }

    fn relay<'a>(
        &mut self,
        now: Instant,
        relay: RelayId,
        peer: SocketAddr,
        data: &'a [u8],
    ) -> Option<ToPeer<'a>> {
        let allocation = self.allocations.get_mut(&relay)?;
        if allocation.relayed.is_none() || !allocation.permits(now, peer.ip()) {
            return None;
        }
        let to = self.peers.destination(peer)?;
        if !allocation.up.take(now, self.limits.rate, data.len() as u64) {
            self.counters.throttled += 1;
            return None;
        }
        allocation.note_called(to, peer);
        allocation.used = now;
        self.counters.bytes_up += data.len() as u64;
        Some(ToPeer { relay, to, data })
    }
}

/// Indications are not answered; a number is all that tells one from the next.
fn indication(number: u64) -> TransactionId {
    let mut id = [0; 12];
    id[4..].copy_from_slice(&number.to_be_bytes());
    TransactionId(id)
}

/// What a Send indication may ask us to understand; DONT-FRAGMENT is not among it.
const KNOWN: &[u16] = &[attribute::XOR_PEER_ADDRESS, attribute::DATA];
