//! Which codecs two legs of a call speak: the same one if there is one, so that nothing is decoded.

use super::{Codec, Format};

/// The formats of two bridged legs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// What the first leg speaks.
    pub first: Format,
    /// What the second leg speaks.
    pub second: Format,
}

impl Bridge {
    /// Chooses among what both legs can do. What both know is passed through, in the first leg's order; failing that,
    /// the pair that keeps most of the sound's bandwidth, and then costs least.
    #[must_use]
    pub fn choose(first: &[Format], second: &[Format]) -> Option<Self> {
        let speech = |format: &&Format| format.codec.is_speech();
        let same =
            |ours: &Format| second.iter().filter(speech).find(|theirs| theirs.passes_as(ours)).cloned();
        let passed = first.iter().filter(speech).find_map(|ours| Some((ours.clone(), same(ours)?)));
        if let Some((first, second)) = passed {
            return Some(Self { first, second });
        }

        let mut best: Option<((u32, u32), &Format, &Format)> = None;
        for ours in first {
            for theirs in second {
                let Some(value) = value(&ours.codec, &theirs.codec) else { continue };
                // The earlier one stays where two are worth the same: both lists are in order of preference.
                if best.is_none_or(|(known, ..)| value > known) {
                    best = Some((value, ours, theirs));
                }
            }
        }
        best.map(|(_, first, second)| Self { first: first.clone(), second: second.clone() })
    }

    /// Whether packets must be decoded and encoded again.
    #[must_use]
    pub fn is_transcoded(&self) -> bool {
        !self.first.passes_as(&self.second)
    }
}

/// What to offer to the second leg of a call whose first leg offered `caller`: the caller's formats that we let through,
/// in its order and under its numbers, then what we can transcode to, then keys on the clocks of those.
#[must_use]
pub fn onward(caller: &[Format], allowed: &[Codec]) -> Vec<Format> {
    let mut offer: Vec<Format> = Vec::with_capacity(caller.len() + allowed.len() + 2);
    let passed = caller.iter().filter(|format| format.codec.is_speech());
    for format in passed.filter(|format| allowed.contains(&format.codec) || is_foreign(&format.codec)) {
        offer.push(format.clone());
    }
    let decodable = |format: &Format| format.codec.sample_rate().is_some();
    if caller.iter().any(decodable) {
        for codec in allowed.iter().filter(|codec| codec.sample_rate().is_some()) {
            if !offer.iter().any(|format| format.codec == *codec) {
                push_under_free_number(&mut offer, caller, codec.clone());
            }
        }
    }

    let noise = caller.iter().find(|format| format.codec == Codec::ComfortNoise(8_000));
    offer.extend(noise.cloned());
    // Keys are always offered: if the caller sends none as events, we can hear them in its sound.
    for clock_rate in [8_000, 48_000] {
        if !offer.iter().any(|format| format.codec.is_speech() && format.codec.clock_rate() == clock_rate) {
            continue;
        }
        let keys = Codec::TelephoneEvent(clock_rate);
        match caller.iter().find(|format| format.codec == keys && is_free(&offer, format.payload_type)) {
            Some(format) => offer.push(Format::new(format.payload_type, keys)),
            None => push_under_free_number(&mut offer, caller, keys),
        }
    }
    offer
}

/// A codec that we pass on without knowing it.
fn is_foreign(codec: &Codec) -> bool {
    matches!(codec, Codec::Other { .. } | Codec::G729)
}

/// Adds a codec under its static number, its usual one, or the first that neither list uses.
fn push_under_free_number(offer: &mut Vec<Format>, caller: &[Format], codec: Codec) {
    let usual = match codec {
        Codec::TelephoneEvent(8_000) => Some(101),
        _ => codec.static_type(),
    };
    let free = |number: &u8| is_free(offer, *number) && is_free(caller, *number);
    let number = usual.into_iter().chain(96..=127).find(free);
    offer.extend(number.map(|number| Format::new(number, codec)));
}

fn is_free(formats: &[Format], number: u8) -> bool {
    formats.iter().all(|format| format.payload_type != number)
}

/// What a transcoded pair is worth: the narrower sampling rate, then cheapness.
fn value(first: &Codec, second: &Codec) -> Option<(u32, u32)> {
    let rate = first.sample_rate()?.min(second.sample_rate()?);
    Some((rate, u32::MAX - cost(first) - cost(second)))
}

/// Microseconds per frame of 20 ms, encoder and decoder together.
fn cost(codec: &Codec) -> u32 {
    match codec {
        Codec::Pcmu | Codec::Pcma => 1,
        Codec::G722 => 37,
        _ => 145,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_legs_know_is_passed_through_in_the_first_legs_order() {
        let bridge =
            Bridge::choose(&[alaw(), g722(), opus(96)], &[opus(111), g722()]).expect("two in common");

        assert_eq!((bridge.first.codec.clone(), bridge.second.codec.clone()), (Codec::G722, Codec::G722));
        assert!(!bridge.is_transcoded());
    }

    #[test]
    fn payload_numbers_of_a_passed_codec_may_differ() {
        let bridge = Bridge::choose(&[opus(96)], &[opus(111)]).expect("one in common");

        assert_eq!((bridge.first.payload_type, bridge.second.payload_type), (96, 111));
        assert!(!bridge.is_transcoded());
    }

    #[test]
    fn transcoding_keeps_the_wider_sound() {
        let bridge = Bridge::choose(&[alaw(), g722()], &[opus(111)]).expect("both decodable");

        assert_eq!(bridge.first.codec, Codec::G722);
        assert!(bridge.is_transcoded());
    }

    #[test]
    fn of_equal_sound_the_cheaper_pair_is_taken() {
        let bridge = Bridge::choose(&[alaw()], &[opus(111), mulaw()]).expect("both decodable");

        assert_eq!(bridge.second.codec, Codec::Pcmu);
    }

    #[test]
    fn a_foreign_codec_is_passed_but_never_transcoded() {
        let amr = |parameters: &str| Format {
            payload_type: 97,
            codec: Codec::Other { name: "amr".into(), clock_rate: 8_000, channels: 1 },
            parameters: parameters.into(),
        };

        assert!(Bridge::choose(&[amr("")], &[amr("")]).is_some());
        assert_eq!(Bridge::choose(&[amr("")], &[amr("octet-align=1")]), None);
        assert_eq!(Bridge::choose(&[amr("")], &[alaw()]), None);
        assert_eq!(Bridge::choose(&[Format::new(101, Codec::TelephoneEvent(8_000))], &[alaw()]), None);
    }

    #[test]
    fn the_callers_formats_lead_the_onward_offer_under_the_callers_numbers() {
        let caller = [alaw(), Format::new(101, opus(0).codec), Format::new(96, Codec::TelephoneEvent(8_000))];
        let offer = onward(&caller, &[Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu]);

        let numbers: Vec<(u8, Codec)> =
            offer.iter().map(|format| (format.payload_type, format.codec.clone())).collect();
        assert_eq!(
            numbers,
            [
                (8, Codec::Pcma),
                (101, Codec::Opus),
                (9, Codec::G722),
                (0, Codec::Pcmu),
                (96, Codec::TelephoneEvent(8_000)),
                (97, Codec::TelephoneEvent(48_000)),
            ]
        );
    }

    #[test]
    fn nothing_is_offered_that_a_foreign_caller_could_not_be_given() {
        let caller = [Format::new(18, Codec::G729)];
        let offer = onward(&caller, &[Codec::G722, Codec::Pcma]);

        assert_eq!(offer.iter().filter(|format| format.codec.is_speech()).count(), 1);
    }

    fn alaw() -> Format {
        Format::new(8, Codec::Pcma)
    }

    fn mulaw() -> Format {
        Format::new(0, Codec::Pcmu)
    }

    fn g722() -> Format {
        Format::new(9, Codec::G722)
    }

    fn opus(number: u8) -> Format {
        Format::new(number, Codec::Opus)
    }
}
