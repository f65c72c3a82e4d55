//! The client offers, we answer (JSEP, RFC 9429 §5.3): its tracks are taken, its free sections become slots for ours.
//!
//! ```text
//! recvonly, nothing to send   -> inactive      free slot
//! recvonly, filled            -> sendonly      our msid and ssrc
//! emptied                     -> inactive      free once the client knows
//! sendonly                    -> recvonly      published
//! sendrecv                    -> both of these
//! ```

use std::collections::{BTreeMap, HashMap};

use super::{
    Answer, AudioOrder, Codec, DownMedia, DownNegotiated, EndedUp, FillError, LocalTransport, MediaKind,
    Offer, OfferChanges, RemoteTransport, SdpError, Section, SectionKind, UpMedia, UpOptions,
    codec::{accepted_extensions, down_codecs, idle_codecs, up_codecs},
    write::{Description, MediaSection, Role, Sound},
};

/// Our side of a connection on which the client makes the offers.
#[derive(Debug)]
pub struct AnsweringSession {
    session_id: u64,
    version: u64,
    transport: Option<RemoteTransport>,
    slots: Vec<Slot>,
    asked: Asked,
    /// How sound is to be ordered from the next offer on.
    order: AudioOrder,
}

/// What is asked of a client that sends.
#[derive(Debug, Default)]
struct Asked {
    options: HashMap<String, UpOptions>,
    audio: AudioOrder,
}

impl AnsweringSession {
    /// A connection without sections; `session_id` is a random number for the `o=` line.
    #[must_use]
    pub fn new(session_id: u64) -> Self {
        Self {
            // It must fit into a signed integer (RFC 9429 §5.2.1).
            session_id: session_id >> 1,
            version: 0,
            transport: None,
            slots: Vec::new(),
            asked: Asked::default(),
            order: AudioOrder::default(),
        }
    }

    /// Takes the client's next offer. On an error nothing has changed.
    pub fn handle_offer(&mut self, offer: Offer) -> Result<OfferChanges, SdpError> {
        let (before, now) = (self.slots.len(), offer.sections.len());
        if now < before {
            return Err(SdpError::SectionsVanished { before, now });
        }

        let mut changes = OfferChanges { transport: offer.transport.clone(), ..OfferChanges::default() };
        if let (Some(old), Some(new)) = (&self.transport, &offer.transport) {
            changes.ice_restart = old.ice != new.ice;
        }
        self.transport = offer.transport.or(self.transport.take());

        let mut gone: BTreeMap<String, UpMedia> = self.ups().map(|up| (up.mid.clone(), up)).collect();
        self.asked.audio = self.order;
        let mut old = std::mem::take(&mut self.slots).into_iter();
        for section in offer.sections {
            let slot = old.next().unwrap_or_default();
            self.slots.push(slot.renegotiated(section, &mut changes.unslotted));
        }

        for up in self.ups() {
            match gone.remove(&up.mid) {
                Some(known) if known == up => continue,
                Some(known) if known.cid != up.cid => changes.ended.push(known.into()),
                Some(_) | None => {}
            }
            changes.published.push(up);
        }
        changes.ended.extend(gone.into_values().map(EndedUp::from));
        changes.data = self.data_section().is_some();
        Ok(changes)
    }

    /// Takes what `add_track` said about a track, before or after the offer that carries it.
    pub fn set_up_options(&mut self, cid: &str, options: UpOptions) {
        let known = &self.asked.options;
        if known.len() >= MAX_OPTIONS && !known.contains_key(cid) {
            // Announced and never offered.
            let offered: Vec<String> = self.ups().map(|up| up.cid).collect();
            self.asked.options.retain(|cid, _| offered.contains(cid));
        }
        self.asked.options.insert(cid.to_owned(), options);
    }

    /// Changes how the client is to send its sound. The answer to its next offer says so.
    pub fn order_audio(&mut self, order: AudioOrder) {
        self.order = order;
    }

    /// How the client is to send its sound.
    #[must_use]
    pub fn audio_order(&self) -> AudioOrder {
        self.order
    }

    /// What the client sends in a section.
    #[must_use]
    pub fn up(&self, mid: &str) -> Option<UpMedia> {
        self.slot(mid)?.up(&self.asked)
    }

    /// All that the client sends.
    pub fn ups(&self) -> impl Iterator<Item = UpMedia> {
        self.slots.iter().filter_map(|slot| slot.up(&self.asked))
    }

    /// How many sections of a kind wait to be filled.
    #[must_use]
    pub fn free_slots(&self, kind: MediaKind) -> usize {
        self.slots.iter().filter(|slot| slot.is_free(kind)).count()
    }

    /// Puts a track into a free section, whose mid it returns. The next answer says so.
    pub fn fill(&mut self, media: DownMedia) -> Result<String, FillError> {
        let mut free: Vec<&mut Slot> =
            self.slots.iter_mut().filter(|slot| slot.is_free(media.kind)).collect();
        if free.is_empty() {
            return Err(FillError::NoFreeSlot);
        }

        // A section in which the client sends as well may be closed when it stops sending.
        free.sort_by_key(|slot| slot.offered.sends);
        let fits = |slot: &&mut Slot| !down_codecs(&slot.offered, &media).is_empty();
        let slot = free.into_iter().find(fits).ok_or(FillError::NoCommonCodec)?;
        slot.down = Some(media);
        Ok(slot.offered.mid.clone())
    }

    /// Takes the track out of a section. The next answer says so; until then the section is not free.
    pub fn empty(&mut self, mid: &str) -> Option<DownMedia> {
        let slot = self.slots.iter_mut().find(|slot| slot.offered.mid == mid && !mid.is_empty())?;
        slot.down.take()
    }

    /// How a filled section carries its track.
    #[must_use]
    pub fn down(&self, mid: &str) -> Option<DownNegotiated> {
        self.slot(mid)?.down(&self.asked)
    }

    /// Whether something was filled, emptied or ordered that no answer has said yet: the client must offer again.
    #[must_use]
    pub fn needs_offer(&self) -> bool {
        self.is_reordered() || self.slots.iter().any(|slot| slot.down.is_some() != slot.said)
    }

    /// Answers the last offer.
    pub fn answer(&mut self, local: &LocalTransport) -> Answer {
        let mut description = Description::new(local, Role::Server);
        let mut mid_to_track_id = BTreeMap::new();
        let data = self.data_section();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let section = &slot.offered;
            slot.said = slot.down.is_some();
            if Some(index) == data {
                description.data(&section.mid);
                continue;
            }
            let Some(agreed) = slot.agreed(&self.asked) else {
                description.rejected(section.words.each_ref().map(String::as_str), &section.mid);
                continue;
            };
            if let Some(media) = &slot.down {
                mid_to_track_id.insert(section.mid.clone(), media.track_sid.clone());
            }
            let sound = self.asked.sound(section, agreed.kind);
            description.media(&MediaSection {
                mid: &section.mid,
                kind: agreed.kind,
                codecs: &agreed.codecs,
                extensions: &accepted_extensions(section, agreed.kind, &agreed.codecs),
                sends: slot.down.as_ref(),
                receives: section.sends.then_some(section.encodings.as_slice()),
                reduced_size_rtcp: section.reduced_size_rtcp,
                sound,
            });
        }
        self.version += 1;
        Answer { sdp: description.finish(self.session_id, self.version), mid_to_track_id }
    }

    /// Whether what the client sends would be answered otherwise now.
    fn is_reordered(&self) -> bool {
        let otherwise = |slot: &Slot| {
            let (section, kind) = (&slot.offered, MediaKind::Audio);
            let options = self.asked.options(section);
            let codecs = |order| up_codecs(section, kind, &options, order);
            let sends = section.sends && !section.rejected && section.kind == SectionKind::Media(kind);
            sends && codecs(self.order) != codecs(self.asked.audio)
        };
        self.order != self.asked.audio && self.slots.iter().any(otherwise)
    }

    /// The one section of data channels that we accept.
    fn data_section(&self) -> Option<usize> {
        let open = |slot: &Slot| slot.offered.kind == SectionKind::Data && !slot.offered.rejected;
        self.slots.iter().position(open)
    }

    fn slot(&self, mid: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.offered.mid == mid && !mid.is_empty())
    }
}

impl Asked {
    fn options(&self, section: &Section) -> UpOptions {
        self.options.get(section.cid()).cloned().unwrap_or_default()
    }

    /// How sound is to be sent in a section, if the client sends some there.
    fn sound(&self, section: &Section, kind: MediaKind) -> Option<Sound> {
        let sends = section.sends && kind == MediaKind::Audio;
        let bitrate = self.audio.bitrate(&self.options(section));
        sends.then_some(Sound { ptime: self.audio.policy.ptime, bitrate })
    }
}

/// One media section over all negotiations.
#[derive(Debug, Default)]
struct Slot {
    /// As last offered.
    offered: Section,
    /// What we send in it.
    down: Option<DownMedia>,
    /// Whether the last answer said that we send.
    said: bool,
}

/// The codecs of a section that is not refused.
struct Agreed {
    kind: MediaKind,
    codecs: Vec<Codec>,
}

impl Slot {
    /// The slot after another offer; a track that can no longer be sent in it leaves.
    fn renegotiated(mut self, section: Section, unslotted: &mut Vec<DownMedia>) -> Self {
        let same = self.offered.mid == section.mid;
        let fits = |media: &DownMedia| !down_codecs(&section, media).is_empty();
        if !same || !section.receives || section.rejected || !self.down.as_ref().is_none_or(fits) {
            unslotted.extend(self.down.take());
            self.said = false;
        }
        self.offered = section;
        self
    }

    fn is_free(&self, kind: MediaKind) -> bool {
        let section = &self.offered;
        let open = section.kind == SectionKind::Media(kind) && section.receives && !section.rejected;
        // A track that took the place of another at once would not be noticed: the client must see the section
        // inactive in between.
        open && self.down.is_none() && !self.said
    }

    fn up(&self, asked: &Asked) -> Option<UpMedia> {
        let section = &self.offered;
        if !section.sends {
            return None;
        }
        let Agreed { kind, codecs } = self.agreed(asked)?;
        Some(UpMedia {
            mid: section.mid.clone(),
            kind,
            cid: section.cid().to_owned(),
            extensions: accepted_extensions(section, kind, &codecs),
            codecs,
            encodings: section.encodings.clone(),
        })
    }

    fn down(&self, asked: &Asked) -> Option<DownNegotiated> {
        let (section, media) = (&self.offered, self.down.as_ref()?);
        let Agreed { kind, codecs } = self.agreed(asked)?;
        Some(DownNegotiated {
            mid: section.mid.clone(),
            track_sid: media.track_sid.clone(),
            extensions: accepted_extensions(section, kind, &codecs),
            codecs: down_codecs(section, media),
            ssrc: media.ssrc,
            rtx_ssrc: media.rtx_ssrc,
        })
    }

    /// What the answer names for both directions together; `None` refuses the section.
    fn agreed(&self, asked: &Asked) -> Option<Agreed> {
        let section = &self.offered;
        let SectionKind::Media(kind) = section.kind else { return None };
        if section.rejected {
            return None;
        }

        let mut codecs = Vec::new();
        if section.sends {
            codecs = up_codecs(section, kind, &asked.options(section), asked.audio);
        }
        for codec in self.down.iter().flat_map(|media| down_codecs(section, media)) {
            if codecs.iter().all(|known| known.payload_type != codec.payload_type) {
                codecs.push(codec);
            }
        }
        if codecs.is_empty() {
            codecs = idle_codecs(section, kind);
        }
        (!codecs.is_empty()).then_some(Agreed { kind, codecs })
    }
}

impl From<UpMedia> for EndedUp {
    fn from(up: UpMedia) -> Self {
        Self { mid: up.mid, cid: up.cid }
    }
}

/// Tracks of one client about which we keep options.
const MAX_OPTIONS: usize = 128;
