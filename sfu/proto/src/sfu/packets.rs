//! What becomes of a packet, by kind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use is::stun::StunMessage;

use super::{ConferenceKey, Sfu};
use crate::conference::PeerKey;
use crate::demux::Kind;
use crate::id::PeerId;
use crate::io::{DataChannel, PeerCloseReason};
use crate::path::Path;
use crate::srtp::UnprotectError;
use crate::transport::SendOutcome;

impl Sfu {
    pub(super) fn handle_stun(&mut self, now: Instant, path: Path, datagram: &[u8]) {
        // A stranger's bytes: a fault in reading them must not reach further than they.
        let parsed = catch_unwind(AssertUnwindSafe(|| StunMessage::parse(datagram)));
        let Ok(Ok(message)) = parsed else {
            self.outlets.stats.dropped_stun += 1;
            return;
        };
        let key = message.split_username().and_then(|(local, _)| self.by_ufrag.get(local)).copied();
        let Some(key) = key else {
            self.outlets.stats.dropped_stun += 1;
            return;
        };

        let mut believed = false;
        self.with_peer(now, key, |transport, _, output| {
            believed = transport.handle_stun(now, path, &message, output);
        });
        if !believed {
            self.outlets.stats.dropped_stun += 1;
            return;
        }
        let Some(peer) = self.peer(key) else { return };
        let taken = peer.transport.as_ref().map_or(0, |transport| transport.local_ufrags().count());
        if peer.ufrags.len() != taken {
            self.register_ufrags(key);
        }
    }

    pub(super) fn handle_media(&mut self, now: Instant, key: PeerKey, kind: Kind, datagram: &mut [u8]) {
        let Some(peer) = self.peers[key.0 as usize].as_deref_mut() else {
            return;
        };
        let (place, Some(receiver)) = (peer.conference, peer.receiver.as_deref_mut()) else {
            self.outlets.stats.dropped_early += 1;
            return;
        };
        let result = catch_unwind(AssertUnwindSafe(|| match kind {
            Kind::Rtcp => receiver.unprotect_rtcp(datagram),
            _ => receiver.unprotect_rtp(datagram),
        }));
        let packet = match result {
            Ok(Ok(len)) => &datagram[..len],
            Ok(Err(UnprotectError::Replayed)) => {
                self.outlets.stats.dropped_replayed += 1;
                return;
            }
            Ok(Err(_)) => {
                self.outlets.stats.dropped_unauthentic += 1;
                return;
            }
            Err(_) => {
                self.fail_peer(now, key);
                return;
            }
        };
        match kind {
            Kind::Rtcp => self.with_conference(place, |conference, sink| {
                conference.handle_rtcp(now, key, packet, sink);
            }),
            _ => self.handle_rtp(now, place, key, packet),
        }
    }

    /// Gives a conference one plain packet.
    pub(super) fn handle_rtp(&mut self, now: Instant, place: ConferenceKey, from: PeerKey, packet: &[u8]) {
        let mut waits = false;
        self.with_conference(place, |conference, sink| {
            conference.handle_rtp(now, from, packet, sink);
            waits = conference.has_batch();
        });
        if waits && !self.batched.contains(&place) {
            self.batched.push(place);
        }
    }

    pub(super) fn send_data(
        &mut self,
        now: Instant,
        peer: PeerId,
        channel: DataChannel,
        payload: &Arc<[u8]>,
    ) {
        let mut outcome = SendOutcome::Dropped;
        self.with_transport(now, peer, |transport, _, output| {
            outcome = transport.send_data(now, channel, payload, output);
        });
        match outcome {
            SendOutcome::Queued => {}
            SendOutcome::Dropped => self.outlets.stats.dropped_data += 1,
            SendOutcome::Overflow => {
                if let Some(&key) = self.by_id.get(&peer) {
                    self.say_goodbye(now, key);
                    self.close_peer(now, key, PeerCloseReason::SlowConsumer);
                }
            }
        }
    }
}
