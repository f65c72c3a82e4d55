//! What happens because time passes.

use std::time::Instant;

use livekit_protocol::{DisconnectReason, leave_request::Action};

use super::{Room, SECTIONS_PATIENCE, Seat, TOKEN_REFRESH};
use crate::participant::Link;

/// What became due for a participant.
enum Due {
    NeverConnected,
    NeverCameBack,
    MediaClosed,
    Token,
    Sections,
    Quality(String),
}

impl Room {
    /// Does what has become due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        self.end_lingering(now);
        if self.finished {
            self.deadline = self.lingering.next_deadline();
            return;
        }
        if self.participants.is_empty() && self.ends_at.is_some_and(|at| at <= now) {
            self.finish();
            return;
        }

        self.time_out_rpcs(now);
        for (seat, due) in self.collect_due(now) {
            self.handle_due(now, seat, due);
        }
        self.deadline = self.next_deadline();
    }

    fn collect_due(&mut self, now: Instant) -> Vec<(Seat, Due)> {
        let mut due = Vec::new();
        for (&seat, participant) in &mut self.participants {
            if participant.join_deadline.is_some_and(|at| at <= now) {
                due.push((seat, Due::NeverConnected));
                continue;
            }
            if matches!(participant.link, Link::Lost { until, .. } if until <= now) {
                due.push((seat, Due::NeverCameBack));
                continue;
            }
            if participant.goodbye_deadline.is_some_and(|at| at <= now) {
                due.push((seat, Due::MediaClosed));
                continue;
            }
            if participant.refresh_at <= now {
                participant.refresh_at = now + TOKEN_REFRESH;
                due.push((seat, Due::Token));
            }
            if participant.sections_asked.is_some_and(|asked| asked + SECTIONS_PATIENCE <= now) {
                participant.sections_asked = None;
                due.push((seat, Due::Sections));
            }
            for track in &mut participant.tracks {
                let first = track.dynacast.handle_timeout(now);
                let second = track.backup.as_mut().and_then(|backup| backup.dynacast.handle_timeout(now));
                if first.or(second).is_some() {
                    due.push((seat, Due::Quality(track.info.sid.clone())));
                }
            }
        }
        due
    }

    fn handle_due(&mut self, now: Instant, seat: Seat, due: Due) {
        match due {
            Due::NeverConnected => {
                self.remove(now, seat, DisconnectReason::ConnectionTimeout, Some(Action::Disconnect));
            }
            Due::NeverCameBack => self.remove(now, seat, DisconnectReason::SignalClose, None),
            Due::MediaClosed => {
                self.remove(now, seat, DisconnectReason::StateMismatch, Some(Action::Reconnect));
            }
            Due::Token => self.refresh_token(now, seat),
            Due::Sections => self.settle(now, seat),
            Due::Quality(sid) => self.send_wanted_quality(seat, &sid),
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let participants = self.participants.values().flat_map(|participant| {
            let lost = match participant.link {
                Link::Lost { until, .. } => Some(until),
                Link::Up(_) => None,
            };
            let qualities = participant.tracks.iter().flat_map(|track| {
                let second = track.backup.as_ref().and_then(|backup| backup.dynacast.poll_timeout());
                track.dynacast.poll_timeout().into_iter().chain(second)
            });
            [
                participant.join_deadline,
                participant.goodbye_deadline,
                lost,
                Some(participant.refresh_at),
                participant.sections_asked.map(|asked| asked + SECTIONS_PATIENCE),
            ]
            .into_iter()
            .flatten()
            .chain(qualities)
        });
        participants
            .chain(self.ends_at)
            .chain(self.lingering.next_deadline())
            .chain(self.rpcs.next_deadline())
            .min()
    }
}
