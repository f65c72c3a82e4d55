//! Who is heard however quiet, and how participants are asked to send what they say.

use std::time::Instant;

use livekit_protocol::TrackSource;

use super::{MediaCommand, PeerKey, Room, Seat};
use crate::{
    audio::Redundancy,
    participant::{Participant, Track},
    sdp::{AudioOrder, MediaKind},
};

impl Room {
    /// Whether a track is a sound that is forwarded however quiet it is beside others.
    pub(super) fn hears_always(&self, seat: Seat, sid: &str) -> bool {
        let participant = self.participant(seat);
        let track = participant.and_then(|participant| Some((participant, participant.track(sid)?)));
        track.is_some_and(|(participant, track)| self.is_always_heard(participant, track))
    }

    /// Microphones compete, but for those of whom everything is to be heard. The sound of a screen is played to all,
    /// and what has no source is no person.
    fn is_always_heard(&self, participant: &Participant, track: &Track) -> bool {
        let microphone = track.info.source == TrackSource::Microphone as i32;
        let floor = self.floor.as_ref().is_some_and(|floor| floor.contains(&participant.identity));
        track.kind() == MediaKind::Audio && (!microphone || participant.always_heard || floor)
    }

    /// Tells the media engine whose microphones are heard however quiet, for whom that has changed.
    pub(super) fn tell_always_heard(&mut self, seat: Seat) {
        let Some(participant) = self.participant(seat) else {
            return;
        };
        let microphones: Vec<_> = participant
            .tracks
            .iter()
            .filter(|track| track.info.source == TrackSource::Microphone as i32)
            .filter_map(|track| Some((track.up()?, self.is_always_heard(participant, track))))
            .collect();
        for (up, always) in microphones {
            self.command(MediaCommand::AlwaysHear { up, always });
        }
    }

    /// Takes what is lost of what a participant sends. If it is much, the client is asked to repeat itself. Only where
    /// it makes one connection can it be asked to negotiate; elsewhere that waits for its next offer.
    pub(super) fn handle_loss(&mut self, now: Instant, seat: Seat, peer: PeerKey, loss: f32) {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let leg = &mut participant.transport.answering;
        if leg.peer != peer {
            return;
        }
        let order = leg.session.audio_order();
        if let Some(lossy) = participant.loss.handle(loss)
            && order.policy.red == Redundancy::OnLoss
        {
            leg.session.order_audio(AudioOrder { lossy, ..order });
            self.settle(now, seat);
        }
    }
}
