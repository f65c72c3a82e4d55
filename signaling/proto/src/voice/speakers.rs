//! Who speaks, from what a room tells its participants.

use std::collections::HashMap;

use livekit_protocol as proto;

/// Somebody who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The participant.
    pub identity: String,
    /// Its name to show; empty if it has none.
    pub name: String,
}

/// The participants that a room tells of, and those of them who speak.
#[derive(Debug, Default)]
pub(super) struct Speakers {
    by_sid: HashMap<String, Speaker>,
    /// By sid, in the order in which they began.
    speaking: Vec<String>,
}

impl Speakers {
    /// Takes news of participants.
    pub(super) fn take_participants(&mut self, participants: &[proto::ParticipantInfo]) {
        for participant in participants {
            if participant.state() == proto::participant_info::State::Disconnected {
                self.by_sid.remove(&participant.sid);
                self.speaking.retain(|sid| *sid != participant.sid);
                continue;
            }
            let speaker = Speaker { identity: participant.identity.clone(), name: participant.name.clone() };
            self.by_sid.insert(participant.sid.clone(), speaker);
        }
    }

    /// Takes what has changed about who speaks, but for one who need not be told of itself.
    pub(super) fn take_changes(&mut self, changes: &[proto::SpeakerInfo], own_sid: &str) {
        for change in changes.iter().filter(|change| change.sid != own_sid) {
            let known = self.speaking.iter().position(|sid| *sid == change.sid);
            match (change.active, known) {
                (true, None) if self.by_sid.contains_key(&change.sid) => {
                    self.speaking.push(change.sid.clone());
                }
                (false, Some(index)) => {
                    self.speaking.remove(index);
                }
                _ => {}
            }
        }
    }

    /// Who speaks now, whoever began first before the others.
    pub(super) fn now(&self) -> Vec<Speaker> {
        self.speaking.iter().filter_map(|sid| self.by_sid.get(sid).cloned()).collect()
    }
}
