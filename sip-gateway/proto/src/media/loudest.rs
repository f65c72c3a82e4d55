//! Who of many is loud enough to be worth decoding, by the levels in their packets (RFC 6464): before anything is decoded.

use super::level::AudioLevel;

/// How loud one voice has been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loudness {
    /// In dB above silence: quick to rise, slow to fall.
    height: f32,
    chosen: bool,
    /// For how many more frames it is kept, whatever it says.
    kept: u32,
}

impl Loudness {
    /// Nothing was heard of it.
    #[must_use]
    pub fn new() -> Self {
        Self { height: 0.0, chosen: false, kept: 0 }
    }

    /// Takes the level of a packet.
    pub fn handle(&mut self, level: AudioLevel) {
        self.height = self.height.max(f32::from(127 - level.below_overload()));
    }

    /// Whether it was chosen last.
    #[must_use]
    pub fn is_chosen(&self) -> bool {
        self.chosen
    }
}

impl Default for Loudness {
    fn default() -> Self {
        Self::new()
    }
}

/// Chooses the loudest few, once per frame of 20 ms. Who was chosen stays until another is clearly louder, and at least
/// for a second, so that no word is cut.
pub fn choose<T>(voices: &mut [T], places: usize, loudness: impl Fn(&mut T) -> &mut Loudness) {
    let mut loudest = [None::<(f32, usize)>; MAX_PLACES];
    let places = places.min(MAX_PLACES);
    for (at, voice) in voices.iter_mut().enumerate() {
        let voice = loudness(voice);
        if voice.height < AUDIBLE && voice.kept == 0 {
            continue;
        }
        let mut candidate = Some((voice.standing(), at));
        for place in &mut loudest[..places] {
            if place.is_none_or(|(other, _)| candidate.is_some_and(|(own, _)| own > other)) {
                std::mem::swap(place, &mut candidate);
            }
        }
    }
    for (at, voice) in voices.iter_mut().enumerate() {
        let voice = loudness(voice);
        let chosen = loudest.iter().flatten().any(|&(_, of)| of == at);
        if chosen && !voice.chosen {
            voice.kept = KEPT;
        }
        voice.chosen = chosen;
        voice.kept = voice.kept.saturating_sub(1);
        voice.height = (voice.height - FALL).max(0.0);
    }
}

impl Loudness {
    fn standing(&self) -> f32 {
        let bonus = if self.chosen { BONUS } else { 0.0 };
        self.height + bonus + if self.kept > 0 { PAST_ALL } else { 0.0 }
    }
}

/// How many can be chosen at most.
pub const MAX_PLACES: usize = 8;
/// 65 dB below overload.
const AUDIBLE: f32 = 62.0;
const BONUS: f32 = 6.0;
const PAST_ALL: f32 = 1_000.0;
/// One second.
const KEPT: u32 = 50;
/// 20 dB a second.
const FALL: f32 = 0.4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_are_chosen_and_silence_is_not() {
        let mut room = Room::new(5);
        assert_eq!(room.frame(&[30, 20, 127, 90, 25]), [0, 1, 4]);
        assert_eq!(Room::new(3).frame(&[127, 127, 80]), []);
    }

    #[test]
    fn who_begins_to_speak_is_chosen_within_the_frame_if_there_is_room() {
        let mut room = Room::new(4);
        assert_eq!(room.frame(&[30, 127, 127, 127]), [0]);
        assert_eq!(room.frame(&[30, 127, 50, 127]), [0, 2]);
    }

    #[test]
    fn a_slightly_louder_voice_takes_no_place_and_a_clearly_louder_one_does() {
        let mut room = Room::new(4);
        for _ in 0..60 {
            room.frame(&[30, 30, 30, 127]);
        }
        for _ in 0..100 {
            assert_eq!(room.frame(&[30, 30, 30, 27]), [0, 1, 2]);
        }
        assert!(room.frame(&[30, 30, 30, 15]).contains(&3));
    }

    #[test]
    fn the_pause_between_two_words_loses_no_place() {
        let mut room = Room::new(4);
        room.frame(&[30, 30, 30, 127]);
        for _ in 0..40 {
            assert_eq!(room.frame(&[127, 30, 30, 35]), [0, 1, 2]);
        }
    }

    struct Room(Vec<Loudness>);

    impl Room {
        fn new(voices: usize) -> Self {
            Self(vec![Loudness::new(); voices])
        }

        fn frame(&mut self, levels: &[u8]) -> Vec<usize> {
            for (voice, level) in self.0.iter_mut().zip(levels) {
                voice.handle(AudioLevel::new(*level));
            }
            choose(&mut self.0, 3, |voice| voice);
            (0..self.0.len()).filter(|&at| self.0[at].is_chosen()).collect()
        }
    }
}
