//! Packets from one shard to another: all of a turn in one message.

use std::sync::Arc;

use sfu_proto::id::PeerId;

use crate::shard::port::Port;

/// Where a shard puts packets for the end of a bridge: it leads to the other end.
#[derive(Debug)]
pub(crate) struct BridgeOutlet {
    pub(crate) port: Arc<Port>,
    pub(crate) peer: PeerId,
}

/// Packets for the ends of bridges on one shard.
#[derive(Debug, Default)]
pub(crate) struct Bundle {
    bytes: Vec<u8>,
    packets: Vec<(PeerId, u32)>,
}

impl Bundle {
    fn push(&mut self, peer: PeerId, packet: &[u8]) {
        self.bytes.extend_from_slice(packet);
        self.packets.push((peer, packet.len() as u32));
    }

    /// In bytes.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// For whom, and what, in order.
    pub(crate) fn packets(&self) -> impl Iterator<Item = (PeerId, &[u8])> {
        let mut rest = &self.bytes[..];
        self.packets.iter().map(move |&(peer, len)| {
            let (packet, others) = rest.split_at(len as usize);
            rest = others;
            (peer, packet)
        })
    }
}

/// What goes to other shards this turn.
#[derive(Debug, Default)]
pub(crate) struct Bridges {
    bundles: Vec<(Arc<Port>, Bundle)>,
}

impl Bridges {
    pub(crate) fn push(&mut self, outlet: &BridgeOutlet, packet: &[u8]) {
        let known = self.bundles.iter_mut().find(|(port, _)| Arc::ptr_eq(port, &outlet.port));
        if let Some((_, bundle)) = known {
            bundle.push(outlet.peer, packet);
            return;
        }
        let mut bundle = Bundle::default();
        bundle.push(outlet.peer, packet);
        self.bundles.push((Arc::clone(&outlet.port), bundle));
    }

    /// Hands everything over; how many packets a shard that is behind did not take.
    pub(crate) fn flush(&mut self) -> u64 {
        let mut dropped = 0;
        for (port, bundle) in self.bundles.drain(..) {
            let count = bundle.packets.len() as u64;
            if port.send_bundle(bundle).is_err() {
                dropped += count;
            }
        }
        dropped
    }
}
