//! What all phones of a room hear: one hidden participant that receives every sound but their own.

use std::collections::VecDeque;

use livekit_protocol::{self as proto, signal_request, signal_response};

use crate::{
    description::{self, Description, Offers},
    sdp::{self, Mime},
};

/// A room's sound, once for all phones.
#[derive(Debug)]
pub struct Ears {
    /// Sections in which we receive.
    sections: usize,
    tracks: Vec<EarTrack>,
    offers: Offers,
    outputs: VecDeque<EarsOutput>,
    ended: bool,
}

/// One RTP stream that arrives: Opus, or Opus with redundancy where a browser sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarTrack {
    /// Its synchronization source.
    pub ssrc: u32,
    /// The payload type of Opus.
    pub payload_type: u8,
    /// The payload type of Opus with redundancy (RFC 2198), if it may come in that.
    pub redundant: Option<u8>,
    /// The id of the header extension with the audio level (RFC 6464), which browsers send.
    pub audio_level_extension: Option<u8>,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum EarsOutput {
    /// Say to the room.
    ToRoom(Box<signal_request::Message>),
    /// Expect these streams from now on, and no others.
    Tracks(Vec<EarTrack>),
    /// The room has ended, or sent us away; nothing follows.
    End,
}

impl Default for Ears {
    fn default() -> Self {
        Self {
            sections: FIRST_SECTIONS,
            tracks: Vec::new(),
            offers: Offers::default(),
            outputs: VecDeque::new(),
            ended: false,
        }
    }
}

impl Ears {
    /// Takes a message of the room; the first one lets it begin.
    pub fn handle_message(&mut self, message: &signal_response::Message) {
        match message {
            signal_response::Message::Join(_) => self.offer(),
            signal_response::Message::MediaSectionsRequirement(required) => {
                let more = required.num_audios as usize;
                self.sections = self.sections.saturating_add(more).min(MAX_SECTIONS);
                self.offer();
            }
            signal_response::Message::Answer(answer) => self.take_answer(answer),
            signal_response::Message::Leave(_) => self.end(),
            _ => {}
        }
    }

    /// What is to be done next, until `None`.
    pub fn poll_output(&mut self) -> Option<EarsOutput> {
        self.outputs.pop_front()
    }

    /// Whether something is to be done.
    #[must_use]
    pub fn has_output(&self) -> bool {
        !self.outputs.is_empty()
    }

    /// The room cannot be reached any more.
    pub fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.outputs.push_back(EarsOutput::End);
        }
    }

    fn offer(&mut self) {
        let mut description = Description::default();
        for _ in 0..self.sections {
            description.receive_redundant();
        }
        let offer = self.offers.offer(description);
        self.tell(EarsOutput::ToRoom(Box::new(offer)));
    }

    /// The room says in which section it sends which track.
    fn take_answer(&mut self, answer: &proto::SessionDescription) {
        let Ok(sections) = sdp::sections(&answer.sdp, &LIMITS) else {
            self.end();
            return;
        };
        let filled = sections.into_iter().filter(|section| answer.mid_to_track_id.contains_key(&section.mid));
        let tracks: Vec<EarTrack> = filled
            .filter_map(|section| {
                let payload_type = |mime| {
                    section.codecs.iter().find(|codec| codec.mime == mime).map(|codec| codec.payload_type)
                };
                Some(EarTrack {
                    ssrc: section.encodings.first()?.ssrc?,
                    payload_type: payload_type(Mime::Opus)?,
                    redundant: payload_type(Mime::Red),
                    audio_level_extension: Some(description::AUDIO_LEVEL),
                })
            })
            .collect();
        if tracks != self.tracks {
            self.tracks.clone_from(&tracks);
            self.tell(EarsOutput::Tracks(tracks));
        }
    }

    fn tell(&mut self, output: EarsOutput) {
        if !self.ended {
            self.outputs.push_back(output);
        }
    }
}

/// Places for sound that are there before anybody asks.
const FIRST_SECTIONS: usize = 4;
/// Sounds of one room that phones hear at most.
const MAX_SECTIONS: usize = 512;
/// What is read of the room's answers, which are our own program's.
const LIMITS: sdp::Limits = sdp::Limits { bytes: 4 * 1024 * 1024, sections: MAX_SECTIONS, attributes: 512 };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sdp::{
        AnsweringSession, Codec, DownMedia, Feedback, Fingerprint, IceCredentials, LocalTransport, Offer,
    };

    #[test]
    fn sound_with_redundancy_is_taken_as_it_was_sent() {
        let mut ears = Ears::default();
        ears.handle_message(&signal_response::Message::Join(proto::JoinResponse::default()));
        let Some(EarsOutput::ToRoom(message)) = ears.poll_output() else { panic!("an offer") };
        let signal_request::Message::Offer(offer) = *message else { panic!("an offer") };
        let mut room = AnsweringSession::new(1);
        room.handle_offer(Offer::parse(&offer.sdp, &sdp::Limits::default()).unwrap()).unwrap();
        let red = Codec { payload_type: 99, mime: Mime::Red, fmtp: "98/98".to_owned(), ..Codec::opus() };
        let opus = Codec { payload_type: 98, feedback: Feedback::default(), ..Codec::opus() };
        room.fill(DownMedia {
            kind: sdp::MediaKind::Audio,
            participant_sid: "PA_awa".to_owned(),
            track_sid: "TR_mic".to_owned(),
            stream: "camera".to_owned(),
            codecs: vec![red, opus],
            stereo: false,
            ssrc: 4711,
            rtx_ssrc: 4712,
        })
        .unwrap();
        let local = LocalTransport {
            ice: IceCredentials { ufrag: "room".to_owned(), pwd: "0123456789012345678901".to_owned() },
            fingerprint: Fingerprint([1; 32]),
            candidates: Vec::new(),
        };
        let answer = room.answer(&local);

        ears.handle_message(&signal_response::Message::Answer(proto::SessionDescription {
            sdp: answer.sdp,
            mid_to_track_id: answer.mid_to_track_id.into_iter().collect(),
            ..Default::default()
        }));

        let track =
            EarTrack { ssrc: 4711, payload_type: 111, redundant: Some(63), audio_level_extension: Some(1) };
        assert_eq!(ears.poll_output(), Some(EarsOutput::Tracks(vec![track])));
    }

    #[test]
    fn an_answer_that_is_none_ends_them() {
        let mut ears = Ears::default();
        ears.handle_message(&signal_response::Message::Answer(proto::SessionDescription {
            sdp: "m=audio".to_owned(),
            ..Default::default()
        }));
        ears.end();

        assert_eq!(ears.poll_output(), Some(EarsOutput::End));
        assert_eq!(ears.poll_output(), None);
    }
}
