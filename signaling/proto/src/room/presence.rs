//! Who is told what about whom: participants, speakers, connection quality, paused videos.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use livekit_protocol::{self as proto, StreamState, signal_response};

use super::{DownKey, Output, PeerKey, Room, RoomEvent, Seat, UpKey, join::participant_update};
use crate::{participant::Participant, quality::Quality, voice::Voice};

impl Room {
    /// Everybody else whom a participant may know of.
    pub(super) fn others(&self, seat: Seat) -> Vec<proto::ParticipantInfo> {
        self.participants
            .iter()
            .filter(|(other, participant)| **other != seat && participant.is_visible())
            .map(|(_, participant)| participant.info())
            .collect()
    }

    /// Sends one message to everybody for whom the condition holds.
    pub(super) fn broadcast(
        &mut self,
        message: signal_response::Message,
        to: impl Fn(Seat, &Participant) -> bool,
    ) {
        let message = Arc::new(proto::SignalResponse { message: Some(message) });
        for (&seat, participant) in &self.participants {
            let Some(connection) = participant.connection() else {
                continue;
            };
            if to(seat, participant) {
                self.outputs.push_back(Output::Send { connection, message: Arc::clone(&message) });
            }
        }
    }

    /// Tells a participant's new state to itself and to everybody who may know of it.
    pub(super) fn announce(&mut self, seat: Seat) {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        participant.version += 1;
        let visible = participant.is_visible();
        let update = participant_update(vec![participant.info()]);
        self.broadcast(update, |other, _| visible || other == seat);
    }

    /// Tells the outside that a participant's words or rights are others.
    pub(super) fn tell_changed(&mut self, seat: Seat) {
        let known = self.participant(seat).filter(|participant| !participant.is_ears());
        if let Some(participant) = known.map(Participant::info) {
            self.tell(RoomEvent::ParticipantChanged { room: self.info(), participant });
        }
    }

    pub(super) fn announce_room(&mut self, now: Instant) {
        let _ = self.timed_version(now);
        let update = signal_response::Message::RoomUpdate(proto::RoomUpdate { room: Some(self.info()) });
        self.broadcast(update, |_, _| true);
    }

    pub(super) fn handle_speakers(&mut self, changes: &[(UpKey, f32, bool)]) {
        let mut speakers: BTreeMap<Seat, Vec<(String, proto::SpeakerInfo)>> = BTreeMap::new();
        for &(up, level, active) in changes {
            let Some((seat, track)) = self.by_up.get(&up).cloned() else {
                continue;
            };
            let Some(participant) = self.participants.get(&seat) else {
                continue;
            };
            if active {
                self.speaking.insert(up, (level, active));
            } else {
                self.speaking.remove(&up);
            }
            let speaker = proto::SpeakerInfo {
                sid: participant.sid.clone(),
                level: if active { level } else { 0.0 },
                active,
            };
            speakers.entry(seat).or_default().push((track, speaker));
        }
        if speakers.is_empty() {
            return;
        }

        let mut messages = Vec::new();
        for (&seat, participant) in &self.participants {
            if participant.connection().is_none() || !participant.is_active() {
                continue;
            }
            // One hears of those whom one hears, and of oneself; a phone hears by way of the ears.
            let heard: Vec<_> = speakers
                .iter()
                .filter_map(|(&speaker, tracks)| {
                    tracks
                        .iter()
                        .filter(|(track, _)| {
                            speaker == seat
                                || participant.subscriptions.contains_key(track)
                                || self.overhears(seat, participant, track)
                        })
                        .map(|(_, info)| info.clone())
                        .max_by(|a, b| {
                            (a.active, a.level)
                                .partial_cmp(&(b.active, b.level))
                                .unwrap_or(std::cmp::Ordering::Equal)
                        })
                })
                .collect();
            if !heard.is_empty() {
                messages.push((seat, heard));
            }
        }
        for (seat, speakers) in messages {
            self.send(seat, signal_response::Message::SpeakersChanged(proto::SpeakersChanged { speakers }));
        }
    }

    /// Those who speak now and whom a participant hears.
    pub(super) fn current_speakers(&self, seat: Seat) -> Vec<proto::SpeakerInfo> {
        let Some(participant) = self.participant(seat) else {
            return Vec::new();
        };
        self.speaking
            .iter()
            .filter_map(|(up, &(level, active))| {
                let (speaker, track) = self.by_up.get(up)?;
                let heard = *speaker == seat
                    || participant.subscriptions.contains_key(track)
                    || self.overhears(seat, participant, track);
                heard.then_some(())?;
                Some(proto::SpeakerInfo { sid: self.participant(*speaker)?.sid.clone(), level, active })
            })
            .collect()
    }

    /// Whether a participant is a phone that may hear a track, although it does not subscribe to it.
    fn overhears(&self, seat: Seat, participant: &Participant, track: &str) -> bool {
        participant.voice == Some(Voice::Seat) && self.is_permitted(seat, track)
    }

    /// Tells a phone that comes in who speaks already.
    pub(super) fn tell_overheard(&mut self, seat: Seat) {
        let is_phone = self.participant(seat).is_some_and(|one| one.voice == Some(Voice::Seat));
        let speakers = if is_phone { self.current_speakers(seat) } else { Vec::new() };
        if !speakers.is_empty() {
            self.send(seat, signal_response::Message::SpeakersChanged(proto::SpeakersChanged { speakers }));
        }
    }

    /// Whoever speaks while somebody begins to hear them is not news to the speaker detection, but is to the listener.
    pub(super) fn tell_if_speaking(&mut self, seat: Seat, track: &str) {
        let speaking = self.speaking.iter().find_map(|(up, &(level, active))| {
            let (speaker, heard) = self.by_up.get(up)?;
            (heard == track).then_some(())?;
            Some(proto::SpeakerInfo { sid: self.participant(*speaker)?.sid.clone(), level, active })
        });
        if let Some(speaker) = speaking {
            let speakers = vec![speaker];
            self.send(seat, signal_response::Message::SpeakersChanged(proto::SpeakersChanged { speakers }));
        }
    }

    pub(super) fn handle_quality(&mut self, peer: PeerKey, loss: f32, rtt: Option<Duration>, limited: bool) {
        let Some(&seat) = self.by_peer.get(&peer) else {
            return;
        };
        self.set_quality(seat, Quality::measured(loss, rtt, limited));
    }

    pub(super) fn set_quality(&mut self, seat: Seat, quality: Quality) {
        let Some(participant) = self.participants.get_mut(&seat) else {
            return;
        };
        let changed = participant.quality.level != quality.level;
        participant.quality = quality;
        if !changed {
            return;
        }

        let tracks: Vec<String> = participant.tracks.iter().map(|track| track.info.sid.clone()).collect();
        let lost = quality == Quality::LOST;
        let update = quality_update(participant);
        self.broadcast(update, |other, receiver| {
            if other == seat {
                // A client that hears of its own loss rebuilds its connection.
                return !lost;
            }
            tracks.iter().any(|track| receiver.subscriptions.contains_key(track))
        });
    }

    /// The qualities that matter to a participant: its own and those whom it receives.
    pub(super) fn current_qualities(&self, seat: Seat) -> Vec<proto::ConnectionQualityInfo> {
        let Some(participant) = self.participant(seat) else {
            return Vec::new();
        };
        self.participants
            .iter()
            .filter(|(other, publisher)| {
                **other == seat
                    || publisher
                        .tracks
                        .iter()
                        .any(|track| participant.subscriptions.contains_key(&track.info.sid))
            })
            .filter(|(other, publisher)| **other != seat || publisher.quality != Quality::LOST)
            .map(|(_, publisher)| quality_info(publisher))
            .collect()
    }

    pub(super) fn handle_paused(&mut self, down: DownKey, paused: bool) {
        let Some((seat, track)) = self.by_down.get(&down).cloned() else {
            return;
        };
        let Some(publisher) = self.by_track.get(&track).copied() else {
            return;
        };
        let Some((muted, publisher_sid)) = self.participant(publisher).and_then(|participant| {
            let track = participant.track(&track)?;
            Some((track.info.muted, participant.sid.clone()))
        }) else {
            return;
        };
        let Some(subscription) = self
            .participants
            .get_mut(&seat)
            .and_then(|participant| participant.subscriptions.get_mut(&track))
        else {
            return;
        };
        // A muted or hidden video is quiet for other reasons than congestion.
        let paused = paused && !muted && subscription.wish.enabled;
        if subscription.paused == paused {
            return;
        }

        subscription.paused = paused;
        let state = match paused {
            true => StreamState::Paused,
            false => StreamState::Active,
        };
        self.send(
            seat,
            signal_response::Message::StreamStateUpdate(proto::StreamStateUpdate {
                stream_states: vec![proto::StreamStateInfo {
                    participant_sid: publisher_sid,
                    track_sid: track,
                    state: state as i32,
                }],
            }),
        );
    }
}

fn quality_update(participant: &Participant) -> signal_response::Message {
    signal_response::Message::ConnectionQuality(proto::ConnectionQualityUpdate {
        updates: vec![quality_info(participant)],
    })
}

fn quality_info(participant: &Participant) -> proto::ConnectionQualityInfo {
    proto::ConnectionQualityInfo {
        participant_sid: participant.sid.clone(),
        quality: participant.quality.level as i32,
        score: participant.quality.score,
    }
}
