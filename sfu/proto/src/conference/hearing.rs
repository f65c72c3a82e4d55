//! Sound on its way: who of all who speak is given to the others.

use super::{Conference, Sink};
use crate::speaker::{Ruling, Spoken};
use crate::track::MediaPacket;
use crate::track::moment::Moment;

impl Conference {
    /// Forwards a packet of sound, if its voice is among those that are heard.
    pub(super) fn forward_sound<S: Sink + ?Sized>(
        &mut self,
        moment: Moment,
        slot: u32,
        packet: &MediaPacket<'_>,
        sink: &mut S,
    ) {
        let Some(up) = self.up_tracks.get_mut(slot).filter(|up| !up.muted) else { return };
        let codec = up.codecs.get(usize::from(packet.codec));
        let clock_rate = codec.map_or(48_000, |codec| codec.clock_rate);
        let level = packet.extensions.audio_level;
        let millis = up.loudness.millis(packet.timestamp, clock_rate);
        if let Some(level) = level {
            up.loudness.count(level, millis);
        }

        let spoken = Spoken { track: slot, sequence: packet.sequence, level, millis };
        match self.loudest.judge(moment.now, spoken) {
            Ruling::Heard => self.fan_out(moment, slot, None, packet, sink),
            Ruling::Begins { from, instead_of } => {
                if let Some(loser) = instead_of {
                    self.interrupt(loser);
                }
                let earlier = Some(from).filter(|&from| from < packet.sequence);
                self.fan_out(moment, slot, earlier, packet, sink);
            }
            Ruling::Ends => self.interrupt(slot),
            Ruling::Unheard => {}
        }
    }

    /// Lets a track that is not forwarded any more go on without a gap whenever it is again.
    pub(super) fn interrupt(&mut self, slot: u32) {
        let Some(up) = self.up_tracks.get(slot) else { return };
        for &down in &up.subscribers {
            if let Some(down) = self.down_tracks.get_mut(down) {
                down.selector.restart();
            }
        }
    }
}
