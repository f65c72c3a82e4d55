//! The packet path: from a publisher to its subscribers.

use std::time::Instant;

use super::{Conference, Outlet, PeerKey, Sink, pacing};
use crate::io::{Event, MediaKind};
use crate::participant::sources;
use crate::rtp::{ExtensionValues, Packet};
use crate::track::MediaPacket;
use crate::track::encoding::Arrival;
use crate::track::moment::Moment;

impl Conference {
    pub(super) fn receive_rtp<S: Sink + ?Sized>(
        &mut self,
        now: Instant,
        from: PeerKey,
        bytes: &[u8],
        sink: &mut S,
    ) {
        let (Some(packet), Some(slot)) = (Packet::parse(bytes), self.slot(from)) else {
            return;
        };
        let moment = self.moment(now);
        let Some(peer) = self.peers.get_mut(slot) else { return };
        let values = ExtensionValues::read(packet.extensions, &peer.extensions);
        if let Some(number) = values.transport_cc {
            peer.arrivals.note(moment, number);
        }

        let source = match peer.sources.find(packet.ssrc) {
            Some(source) => source,
            None => match self.bind(slot, &packet, &values) {
                Some(source) => source,
                None => return,
            },
        };
        let Some(up) = self.up_tracks.get_mut(source.track) else { return };
        let arrival = up.receive(now, source.encoding, &packet, values);
        if up.encodings.get(usize::from(source.encoding)).is_some_and(|encoding| !encoding.nacks.is_empty()) {
            self.timers.want_nacks(now);
        }
        match arrival {
            Arrival::Media(packet) => {
                let kind = up.kind;
                up.tap(&packet, &mut self.scratch.header, sink);
                self.note_start(source.track, &packet, sink);
                match kind {
                    MediaKind::Audio => self.forward_sound(moment, source.track, &packet, sink),
                    MediaKind::Video if self.batch.takes(source.track, &packet) => {
                        if self.batch.is_full() {
                            self.forward_collected(now, sink);
                        }
                    }
                    MediaKind::Video => self.fan_out(moment, source.track, None, &packet, sink),
                }
            }
            Arrival::Padding(from, sequence) => {
                up.tap_padding(from, sequence, &mut self.scratch.header, sink);
                // Its place is behind what came before it.
                self.forward_collected(now, sink);
                let Some(up) = self.up_tracks.get(source.track) else { return };
                for &down in &up.subscribers {
                    if let Some(down) = self.down_tracks.get_mut(down) {
                        down.omit_padding(from, sequence);
                    }
                }
            }
            Arrival::Useless => {}
        }
    }

    /// Finds out what an unknown stream carries, and remembers it.
    fn bind(
        &mut self,
        slot: u32,
        packet: &Packet<'_>,
        values: &ExtensionValues<'_>,
    ) -> Option<sources::Source> {
        let peer = self.peers.get_mut(slot)?;
        let up_tracks = &self.up_tracks;
        let tracks = peer.up_tracks.iter().filter_map(|&up| Some((up, up_tracks.get(up)?)));
        let source = sources::recognise(packet, values, tracks)?;

        peer.sources.bind(packet.ssrc, source);
        let up = self.up_tracks.get_mut(source.track)?;
        if !source.repair {
            up.encodings.get_mut(usize::from(source.encoding))?.bind(packet.ssrc);
        }
        Some(source)
    }

    fn note_start<S: Sink + ?Sized>(&mut self, slot: u32, packet: &MediaPacket<'_>, sink: &mut S) {
        let Some(up) = self.up_tracks.get_mut(slot).filter(|up| !up.started) else { return };
        up.started = true;
        if let Some(codec) = up.codecs.get(usize::from(packet.codec)).filter(|_| !up.bridged) {
            sink.event(Event::UpTrackStarted { track: up.id, mime: codec.mime });
        }
    }

    /// Sends a packet to all who receive its track. If its source begins with it, it may do so with one that came
    /// earlier: then all that came since follows.
    pub(super) fn fan_out<S: Sink + ?Sized>(
        &mut self,
        moment: Moment,
        slot: u32,
        earlier: Option<u64>,
        packet: &MediaPacket<'_>,
        sink: &mut S,
    ) {
        let Some(up) = self.up_tracks.get(slot).filter(|up| !up.muted) else { return };
        let earlier = earlier
            .and_then(|sequence| up.encoding(packet.source)?.stored(packet.source, sequence, &up.codecs));
        let packet = earlier.as_ref().unwrap_or(packet);
        let mut out = Outlet { moment, sink, scratch: &mut self.scratch };
        for &down in &up.subscribers {
            let Some(down) = self.down_tracks.get_mut(down) else { continue };
            let Some(peer) = self.peers.get_mut(down.peer).filter(|peer| peer.connected) else { continue };
            let waited = !peer.pacer.is_empty();
            down.forward(packet, up, peer, &mut out);
            if !waited && !peer.pacer.is_empty() {
                pacing::schedule(&mut self.timers, &mut self.pacing, moment, down.peer, peer);
            }
        }
    }
}
