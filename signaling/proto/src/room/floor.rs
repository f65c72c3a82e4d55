//! The floor: while somebody has it, nobody else is heard.

use std::{collections::BTreeSet, time::Instant};

use livekit_protocol::{self as proto, TrackType, request_response::Reason, signal_response};

use super::{Room, Seat};

impl Room {
    /// Says who alone may be heard from now on, by identity, whether they are here yet or not; `None` is everybody.
    /// Whatever sounds of the others, a shared screen too, is muted, and stays so whatever their clients ask for.
    /// Nobody is unmuted by this: only who speaks opens a microphone.
    pub fn set_floor(&mut self, now: Instant, floor: Option<BTreeSet<String>>) {
        let before = std::mem::replace(&mut self.floor, floor);
        for seat in self.participants.keys().copied().collect::<Vec<_>>() {
            self.hold_to_the_floor(now, seat);
            let has = |floor: &Option<BTreeSet<String>>| {
                let identity = self.participant(seat).map(|participant| &participant.identity);
                identity.zip(floor.as_ref()).is_some_and(|(identity, floor)| floor.contains(identity))
            };
            if has(&before) != has(&self.floor) {
                self.tell_always_heard(seat);
            }
        }
    }

    /// Mutes a participant who may not be heard.
    pub(super) fn hold_to_the_floor(&mut self, now: Instant, seat: Seat) {
        if self.may_be_heard(seat) {
            return;
        }
        let audible = |participant: &crate::participant::Participant| {
            let sounds = participant.tracks.iter().filter(|track| track.info.r#type == SOUND);
            sounds.filter(|track| !track.info.muted).map(|track| track.info.sid.clone()).collect::<Vec<_>>()
        };
        for sid in self.participant(seat).map(audible).unwrap_or_default() {
            self.set_muted(now, seat, &sid, true);
            self.tell_muted(seat, sid);
        }
    }

    /// A client's wish to be heard, or not, with a track that it has.
    pub(super) fn mute_own(&mut self, now: Instant, seat: Seat, mute: proto::MuteTrackRequest) {
        let sounds = self
            .participant(seat)
            .and_then(|participant| participant.track(&mute.sid))
            .is_some_and(|track| track.info.r#type == SOUND);
        if mute.muted || !sounds || self.may_be_heard(seat) {
            self.set_muted(now, seat, &mute.sid, mute.muted);
            return;
        }
        let sid = mute.sid.clone();
        let echo = proto::request_response::Request::Mute(mute);
        self.respond(seat, 0, Reason::NotAllowed, "somebody else has the floor", Some(echo));
        // The client has opened it already.
        self.tell_muted(seat, sid);
    }

    /// Whether a track that a client asks for must begin muted, though the client does not say so.
    pub(super) fn is_held(&self, seat: Seat, request: &proto::AddTrackRequest) -> bool {
        request.r#type == SOUND && !request.muted && !self.may_be_heard(seat)
    }

    /// Has a client mute its track.
    pub(super) fn tell_muted(&mut self, seat: Seat, sid: String) {
        self.send(seat, signal_response::Message::Mute(proto::MuteTrackRequest { sid, muted: true }));
    }

    fn may_be_heard(&self, seat: Seat) -> bool {
        let Some(floor) = &self.floor else { return true };
        self.participant(seat).is_none_or(|participant| floor.contains(&participant.identity))
    }
}

const SOUND: i32 = TrackType::Audio as i32;
