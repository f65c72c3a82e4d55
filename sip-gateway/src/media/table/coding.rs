//! What phones hear, in their codecs: encoded once for all who hear the same.

use sip_gateway_proto::media::mixer::FRAME;
use sip_gateway_proto::media::resample::Resampler;
use sip_gateway_proto::sdp::Codec;

use super::{Frame, RATE};
use crate::media::codec::Encoder;

/// A codec of phones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Pcma,
    Pcmu,
    G722,
    Opus,
}

impl Coding {
    const ALL: [Self; 4] = [Self::Pcma, Self::Pcmu, Self::G722, Self::Opus];

    pub(super) fn of(codec: &Codec) -> Option<Self> {
        match codec {
            Codec::Pcma => Some(Self::Pcma),
            Codec::Pcmu => Some(Self::Pcmu),
            Codec::G722 => Some(Self::G722),
            Codec::Opus => Some(Self::Opus),
            _ => None,
        }
    }

    fn codec(self) -> Codec {
        match self {
            Self::Pcma => Codec::Pcma,
            Self::Pcmu => Codec::Pcmu,
            Self::G722 => Codec::G722,
            Self::Opus => Codec::Opus,
        }
    }

    /// Samples a second of what is encoded.
    pub(super) fn rate(self) -> u32 {
        match self {
            Self::Pcma | Self::Pcmu => 8_000,
            Self::G722 => 16_000,
            Self::Opus => RATE,
        }
    }

    /// Media clock ticks of a beat.
    pub(super) fn ticks(self) -> u32 {
        self.codec().clock_rate() / 50
    }

    /// Octets of a packet of some milliseconds, if that is not simply a beat.
    pub(super) fn octets(self, millis: u32) -> Option<usize> {
        match self {
            Self::Opus => None,
            _ => Some(millis as usize * 8).filter(|_| millis != 20),
        }
    }

    fn encoder(self) -> Option<Encoder> {
        Encoder::new(&self.codec(), self.rate())
    }
}

/// The codings of one table.
pub(super) struct Codings {
    narrow: Lower,
    wide: Lower,
    full: Box<Frame>,
    shared: [Shared; 4],
    own: Vec<u8>,
    encoded: u64,
}

/// The common frame at a lower rate, once it is wanted.
struct Lower {
    resampler: Option<Resampler>,
    frame: Vec<i16>,
    made: bool,
    /// Whether anybody wants it at all.
    wanted: bool,
}

struct Shared {
    encoder: Option<Encoder>,
    payload: Vec<u8>,
    made: bool,
}

/// One phone's coding.
pub(super) struct Own {
    coding: Coding,
    encoder: Encoder,
    resampler: Option<Resampler>,
}

impl Own {
    pub(super) fn encoder(&mut self) -> &mut Encoder {
        &mut self.encoder
    }
}

impl Codings {
    pub(super) fn new() -> Self {
        let lower = |rate| Lower {
            resampler: Resampler::new(RATE, rate),
            frame: vec![0; rate as usize / 50],
            made: false,
            wanted: false,
        };
        let shared = |coding: Coding| Shared {
            encoder: coding.encoder(),
            payload: Vec::with_capacity(MAX_PAYLOAD),
            made: false,
        };
        Self {
            narrow: lower(8_000),
            wide: lower(16_000),
            full: Box::new([0; FRAME]),
            shared: Coding::ALL.map(shared),
            own: vec![0; MAX_PAYLOAD],
            encoded: 0,
        }
    }

    /// A beat begins, with what all hear who are not heard themselves.
    pub(super) fn begin(&mut self, shared: &Frame) {
        self.full.copy_from_slice(shared);
        for lower in [&mut self.narrow, &mut self.wide] {
            lower.made = false;
        }
        for shared in &mut self.shared {
            shared.made = false;
        }
    }

    /// Whoever parts in this beat has done so. What is wanted at all goes on, whether or not anybody hears it now.
    pub(super) fn advance(&mut self) {
        for lower in [&mut self.narrow, &mut self.wide] {
            if lower.wanted {
                lower.make(&self.full);
            }
        }
    }

    /// The beat ends; tells how many frames were encoded in it.
    pub(super) fn end(&mut self) -> u64 {
        std::mem::take(&mut self.encoded)
    }

    /// The common sound in a codec, encoded when it is first asked for.
    pub(super) fn shared(&mut self, coding: Coding) -> &[u8] {
        let frame = match coding {
            Coding::Pcma | Coding::Pcmu => self.narrow.make(&self.full),
            Coding::G722 => self.wide.make(&self.full),
            Coding::Opus => &self.full[..],
        };
        let shared = &mut self.shared[coding as usize];
        if !shared.made {
            shared.made = true;
            shared.payload.resize(MAX_PAYLOAD, 0);
            let len = shared.encoder.as_mut().map_or(0, |encoder| encoder.encode(frame, &mut shared.payload));
            shared.payload.truncate(len);
            self.encoded += 1;
        }
        &shared.payload
    }

    /// The common coder of a codec, and what it was given last.
    pub(super) fn state(&self, coding: Coding) -> Option<(&Encoder, &[i16])> {
        let frame = match coding {
            Coding::Pcma | Coding::Pcmu => &self.narrow.frame[..],
            Coding::G722 => &self.wide.frame[..],
            Coding::Opus => &self.full[..],
        };
        Some((self.shared[coding as usize].encoder.as_ref()?, frame))
    }

    /// Encodes the common sound even if nobody hears it at the moment, so that whoever comes back finds it in motion.
    pub(super) fn keep(&mut self, coding: Coding) {
        self.shared(coding);
    }

    /// Gives a phone a coding of its own, whose coder is yet to be led to where the phone's decoder is. Unless the phone
    /// has just come, its sound goes on from the common one.
    pub(super) fn part(&mut self, coding: Coding, own: &mut Option<Box<Own>>, begins: bool) {
        let common = match coding {
            Coding::Pcma | Coding::Pcmu => self.narrow.resampler.as_ref(),
            Coding::G722 => self.wide.resampler.as_ref(),
            Coding::Opus => None,
        };
        let resampler = if begins { Resampler::new(RATE, coding.rate()) } else { common.cloned() };
        // A coder at rest, since one that was used before remembers what is long past.
        *own = coding.encoder().map(|encoder| Box::new(Own { coding, encoder, resampler }));
    }

    /// Encodes what one phone hears; `join` sees it as the phone will hear it, with its rate.
    pub(super) fn encode_own(
        &mut self,
        own: &mut Own,
        frame: &mut Frame,
        join: impl FnOnce(&mut [i16], u32),
    ) -> &[u8] {
        let mut lower = [0; FRAME / 3];
        let heard = match &mut own.resampler {
            Some(resampler) => {
                let len = resampler.process(frame, &mut lower);
                &mut lower[..len]
            }
            None => &mut frame[..],
        };
        join(heard, own.coding.rate());
        let len = own.encoder.encode(heard, &mut self.own);
        self.encoded += 1;
        &self.own[..len]
    }
}

impl Lower {
    fn make(&mut self, full: &Frame) -> &[i16] {
        self.wanted = true;
        if !std::mem::replace(&mut self.made, true)
            && let Some(resampler) = &mut self.resampler
        {
            resampler.process(full, &mut self.frame);
        }
        &self.frame
    }
}

/// More than 20 ms of any codec of ours.
const MAX_PAYLOAD: usize = 512;
