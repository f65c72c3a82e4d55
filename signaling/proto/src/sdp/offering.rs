//! We offer, the client answers (JSEP, RFC 9429 §5.2): the connection on which protocol v0 sends to a subscriber.
//!
//! One section for each track, recycled under a new mid when its track has gone (RFC 9429 §5.2.2): a client then makes
//! a new receiver for it, whose track id is the new track's. One offer at a time is under way.
//!
//! ```text
//!          add            offer, answer            remove               offer, answer
//! Closed ------> Wanted ---------------> Agreed ------------> Closing ----------------> Closed
//! ```

use std::collections::BTreeMap;

use super::{
    AnswerChanges, Codec, DownMedia, DownNegotiated, Extension, Feedback, FillError, Limits, LocalTransport,
    MediaKind, Mime, RemoteAnswer, RemoteTransport, SdpError, Section, SentOffer,
    codec::{H264, H264Profile, opus_to_send},
    write::{Description, MediaSection, Role},
};

/// Our side of a connection on which we make the offers.
#[derive(Debug)]
pub struct OfferingSession {
    session_id: u64,
    max_sections: usize,
    version: u64,
    next_mid: u64,
    transport: Option<RemoteTransport>,
    /// After the section of data channels, which leads the bundle.
    sections: Vec<OurSection>,
    /// The number of the offer that awaits its answer.
    outstanding: Option<Outstanding>,
    last_id: u32,
    forced: bool,
}

impl OfferingSession {
    /// A connection with data channels only; `session_id` is a random number for the `o=` line.
    #[must_use]
    pub fn new(session_id: u64, limits: &Limits) -> Self {
        Self {
            session_id: session_id >> 1,
            max_sections: limits.sections,
            version: 0,
            next_mid: 1,
            transport: None,
            sections: Vec::new(),
            outstanding: None,
            last_id: 0,
            forced: true,
        }
    }

    /// Gives a track a section, whose mid it returns. The next offer says so.
    pub fn add(&mut self, media: DownMedia) -> Result<String, FillError> {
        let codecs = our_codecs(&media);
        if codecs.is_empty() {
            return Err(FillError::NoCommonCodec);
        }
        let recyclable = |section: &OurSection| section.state == State::Closed;
        let index = match self.sections.iter().position(recyclable) {
            Some(index) => index,
            None if self.sections.len() + 1 < self.max_sections => {
                self.sections.push(OurSection::default());
                self.sections.len() - 1
            }
            None => return Err(FillError::TooManySections(self.max_sections)),
        };
        let mid = self.next_mid.to_string();
        self.next_mid += 1;
        let extensions = our_extensions(media.kind, &codecs);
        self.sections[index] = OurSection {
            mid: mid.clone(),
            kind: Some(media.kind),
            state: State::Wanted,
            media: Some(media),
            codecs,
            extensions,
            ..OurSection::default()
        };
        Ok(mid)
    }

    /// Takes the track out of a section. The next offer says so.
    pub fn remove(&mut self, mid: &str) -> Option<DownMedia> {
        let section = self.sections.iter_mut().find(|section| section.mid == mid)?;
        section.close()
    }

    /// How a section carries its track, once the client has agreed.
    #[must_use]
    pub fn down(&self, mid: &str) -> Option<DownNegotiated> {
        self.sections.iter().find(|section| section.mid == mid)?.negotiated()
    }

    /// Whether an offer is due and may be made.
    #[must_use]
    pub fn needs_offer(&self) -> bool {
        let due = |section: &OurSection| matches!(section.state, State::Wanted | State::Closing);
        self.outstanding.is_none() && (self.forced || self.sections.iter().any(due))
    }

    /// Makes the next offer due although no track changed: with new credentials it restarts ICE.
    pub fn force_offer(&mut self) {
        self.forced = true;
    }

    /// Forgets the offer under way: signalling was lost, and its answer with it.
    pub fn abandon_offer(&mut self) {
        self.forced |= self.outstanding.take().is_some();
    }

    /// Makes an offer; `None` while another is unanswered.
    pub fn offer(&mut self, local: &LocalTransport) -> Option<SentOffer> {
        if self.outstanding.is_some() {
            return None;
        }
        let mut description = Description::new(local, Role::Either);
        let mut mid_to_track_id = BTreeMap::new();
        description.data(DATA_MID);
        for section in &mut self.sections {
            section.offered = true;
            let Some(media) = &section.media else {
                // Until both sides have seen it rejected it keeps its kind.
                let kind = match section.kind {
                    Some(MediaKind::Audio) => "audio",
                    _ => "video",
                };
                description.rejected([kind, "UDP/TLS/RTP/SAVPF", "0"], &section.mid);
                continue;
            };
            mid_to_track_id.insert(section.mid.clone(), media.track_sid.clone());
            description.media(&MediaSection {
                mid: &section.mid,
                kind: media.kind,
                codecs: &section.codecs,
                extensions: &section.extensions,
                sends: Some(media),
                receives: None,
                reduced_size_rtcp: true,
                sound: None,
            });
        }
        self.version += 1;
        self.last_id += 1;
        self.outstanding = Some(Outstanding { id: self.last_id, sections: self.sections.len() });
        self.forced = false;
        let sdp = description.finish(self.session_id, self.version);
        Some(SentOffer { id: self.last_id, sdp, mid_to_track_id })
    }

    /// Takes the client's answer to the offer under way; clients of old do not number it and say 0. On an error nothing
    /// has changed.
    pub fn handle_answer(&mut self, id: u32, answer: RemoteAnswer) -> Result<AnswerChanges, SdpError> {
        let outstanding = self.outstanding.ok_or(SdpError::UnexpectedAnswer)?;
        if id != outstanding.id && id != 0 {
            return Err(SdpError::StaleAnswer { answered: id, awaited: outstanding.id });
        }
        let answered = answer.sections.get(1..).unwrap_or_default();
        let same = |(ours, theirs): (&OurSection, &Section)| {
            !ours.offered || theirs.rejected || ours.mid == theirs.mid
        };
        if answered.len() != outstanding.sections || !self.sections.iter().zip(answered).all(same) {
            return Err(SdpError::AnswerMismatch);
        }

        let known = self.transport.replace(answer.transport.clone());
        let mut changes = AnswerChanges {
            ice_restart: known.is_some_and(|known| known.ice != answer.transport.ice),
            transport: answer.transport,
            accepted: Vec::new(),
            refused: Vec::new(),
        };
        self.outstanding = None;
        for (ours, theirs) in self.sections.iter_mut().zip(answered) {
            ours.answered(theirs, &mut changes);
        }
        Ok(changes)
    }
}

/// The offer under way.
#[derive(Debug, Clone, Copy)]
struct Outstanding {
    id: u32,
    /// How many media sections it had.
    sections: usize,
}

/// One media section of ours.
#[derive(Debug, Default)]
struct OurSection {
    mid: String,
    kind: Option<MediaKind>,
    state: State,
    media: Option<DownMedia>,
    /// As we offer them.
    codecs: Vec<Codec>,
    extensions: BTreeMap<Extension, u8>,
    /// As the client agreed.
    agreed: Option<(Vec<Codec>, BTreeMap<Extension, u8>)>,
    /// Whether an offer has named it under this mid.
    offered: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    /// Carries nothing, and both sides know.
    #[default]
    Closed,
    /// Has a track of which the client does not know yet.
    Wanted,
    /// Carries its track.
    Agreed,
    /// Carries nothing, but the client may think it does.
    Closing,
}

impl OurSection {
    fn close(&mut self) -> Option<DownMedia> {
        self.agreed = None;
        self.state = match self.state {
            State::Wanted if !self.offered => State::Closed,
            State::Wanted | State::Agreed | State::Closing => State::Closing,
            State::Closed => State::Closed,
        };
        self.media.take()
    }

    fn answered(&mut self, theirs: &Section, changes: &mut AnswerChanges) {
        if !self.offered {
            return;
        }
        match self.state {
            // Closed after the offer was made, unless the client refused it of its own accord.
            State::Closing | State::Closed if theirs.rejected => self.state = State::Closed,
            State::Closing | State::Closed => {}
            State::Wanted | State::Agreed => {
                let codecs = common_codecs(&self.codecs, &theirs.codecs);
                if theirs.rejected || !theirs.receives || codecs.is_empty() {
                    changes.refused.extend(self.close());
                    if theirs.rejected {
                        self.state = State::Closed;
                    }
                    return;
                }
                let mut extensions = self.extensions.clone();
                extensions.retain(|extension, id| theirs.extensions.get(extension) == Some(id));
                if extensions.contains_key(&Extension::TransportCc) {
                    extensions.remove(&Extension::AbsSendTime);
                }
                self.agreed = Some((codecs, extensions));
                if self.state == State::Wanted {
                    self.state = State::Agreed;
                    changes.accepted.extend(self.negotiated());
                }
            }
        }
    }

    fn negotiated(&self) -> Option<DownNegotiated> {
        let (media, (codecs, extensions)) = (self.media.as_ref()?, self.agreed.as_ref()?);
        Some(DownNegotiated {
            mid: self.mid.clone(),
            track_sid: media.track_sid.clone(),
            codecs: codecs.clone(),
            extensions: extensions.clone(),
            ssrc: media.ssrc,
            rtx_ssrc: media.rtx_ssrc,
        })
    }
}

/// What the client took of what we offered, in our order: ours is the publisher's.
fn common_codecs(ours: &[Codec], theirs: &[Codec]) -> Vec<Codec> {
    let agree = |our: &Codec| {
        let same = |their: &&Codec| their.payload_type == our.payload_type && their.mime == our.mime;
        let their = theirs.iter().find(same)?;
        let mut codec = our.clone();
        codec.rtx = our.rtx.filter(|_| their.rtx == our.rtx);
        codec.feedback = our.feedback.and(their.feedback);
        Some(codec)
    };
    ours.iter().filter_map(agree).collect()
}

/// At most two codecs under payload types of ours, the same in every section as a bundle demands.
fn our_codecs(media: &DownMedia) -> Vec<Codec> {
    let mut codecs: Vec<Codec> = Vec::new();
    for sent in &media.codecs {
        if codecs.len() < 2
            && sent.mime.kind() == media.kind
            && codecs.iter().all(|known| known.mime != sent.mime)
        {
            codecs.push(our_codec(sent, media.stereo));
        }
    }
    codecs
}

fn our_codec(sent: &Codec, stereo: bool) -> Codec {
    let (payload_type, fmtp) = match sent.mime {
        Mime::Opus => (111, opus_to_send(stereo)),
        Mime::Red => (63, "111/111".to_owned()),
        Mime::Vp8 => (96, String::new()),
        Mime::Vp9 => (98, "profile-id=0".to_owned()),
        Mime::Av1 => (45, String::new()),
        Mime::H265 => (49, sent.fmtp.clone()),
        Mime::H264 => our_h264(sent.h264()),
    };
    let video = sent.mime.kind() == MediaKind::Video;
    Codec {
        payload_type,
        rtx: video.then_some(payload_type + 1),
        mime: sent.mime,
        clock_rate: sent.mime.clock_rate(),
        fmtp,
        feedback: Feedback {
            nack: sent.mime != Mime::Red,
            pli: video,
            fir: video,
            transport_cc: true,
            remb: video,
        },
    }
}

/// Profiles under payload types of their own: a receiver decides by them whether it can decode.
fn our_h264(sent: H264) -> (u8, String) {
    let (payload_type, profile) = match sent.profile {
        H264Profile::ConstrainedBaseline | H264Profile::Other => (102, "42e01f"),
        H264Profile::Baseline => (104, "42001f"),
        H264Profile::Main => (106, "4d001f"),
        H264Profile::High => (108, "64001f"),
    };
    let fmtp = format!("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}");
    (payload_type, fmtp)
}

fn our_extensions(kind: MediaKind, codecs: &[Codec]) -> BTreeMap<Extension, u8> {
    let video = kind == MediaKind::Video;
    let scalable = codecs.first().is_some_and(|codec| matches!(codec.mime, Mime::Av1 | Mime::Vp9));
    let ids = Extension::ALL.into_iter().zip(1..);
    ids.filter(|(extension, _)| match extension {
        Extension::Mid | Extension::TransportCc | Extension::AbsSendTime => true,
        // They name what a publisher sends.
        Extension::Rid | Extension::RepairedRid => false,
        Extension::AudioLevel => !video,
        Extension::VideoOrientation | Extension::PlayoutDelay => video,
        Extension::DependencyDescriptor => scalable,
    })
    .collect()
}

const DATA_MID: &str = "0";
