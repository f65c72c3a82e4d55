//! Whom all others are given to hear: of many voices the loudest few, so that the rest cost nothing. By the levels in
//! packets (RFC 6464), before anything is sent to anybody.
//!
//! ```text
//!            a free place, or clearly louder for 40 ms than whoever is quietest there
//! unheard -----------------------------------------------------------------------------> heard
//!         <-----------------------------------------------------------------------------
//!            another took the place, which begins half a second after the last word
//! ```

use std::time::{Duration, Instant};

/// The voices of a conference, and which of them are heard.
#[derive(Debug)]
pub struct Loudest {
    limit: usize,
    /// By the slots of their tracks.
    voices: Vec<Voice>,
    /// The slots of those who have a place.
    places: Vec<u32>,
}

/// A packet of a voice.
#[derive(Debug, Clone, Copy)]
pub struct Spoken {
    /// The slot of its track.
    pub track: u32,
    /// Its extended sequence number.
    pub sequence: u64,
    /// The level that it tells: the lower seven bits are −dBov, so that 0 is the loudest.
    pub level: Option<u8>,
    /// How much sound it holds.
    pub millis: u32,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// It is forwarded.
    Heard,
    /// Its voice begins to be heard.
    Begins {
        /// The sequence number with which it began to speak up.
        from: u64,
        /// The track that loses its place by that.
        instead_of: Option<u32>,
    },
    /// Its voice has been heard until now, and is no more.
    Ends,
    /// It is dropped.
    Unheard,
}

#[derive(Debug, Clone, Copy, Default)]
struct Voice {
    /// How loud it was, in dB above silence, and when it was last as loud as that.
    height: f32,
    at: Option<Instant>,
    heard: bool,
    placed: bool,
    /// Whether it is heard without a place.
    always: bool,
    /// Whether its packets tell levels.
    tells: bool,
    /// Its last packet that was not heard, and when that came.
    missed: Option<(u64, Instant)>,
    /// Since which packet it speaks up, and for how many milliseconds.
    speaks_up: Option<(u64, u32)>,
}

impl Loudest {
    /// So many voices have a place. Of others every packet is dropped, unless they tell no levels or are always heard.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, voices: Vec::new(), places: Vec::new() }
    }

    /// Changes how many have a place. Those who have one keep it.
    pub fn limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Whether a track was heard with its last packet.
    #[must_use]
    pub fn hears(&self, track: u32) -> bool {
        self.voices.get(track as usize).is_some_and(|voice| voice.heard)
    }

    /// Has a track heard however quiet it is, and without taking a place from others; or no longer.
    pub fn always(&mut self, track: u32, always: bool) {
        self.voice(track).always = always;
    }

    /// A track makes no sound any more: its place is free, and nothing that it has said will be heard late.
    pub fn silence(&mut self, track: u32) {
        self.leave(track);
        let voice = self.voice(track);
        *voice = Voice { always: voice.always, ..Voice::default() };
    }

    /// A track has ended; its slot may be another's now.
    pub fn forget(&mut self, track: u32) {
        self.leave(track);
        *self.voice(track) = Voice::default();
    }

    /// Decides about a packet. Each is to be shown once, whether it has a chance or not.
    pub fn judge(&mut self, now: Instant, spoken: Spoken) -> Ruling {
        let Spoken { track, sequence, level, .. } = spoken;
        let voice = self.voice(track);
        voice.tells |= level.is_some();
        if let Some(level) = level {
            voice.count(now, height(level));
        }
        let Voice { heard: was_heard, placed, always, tells, .. } = *voice;

        let mut ruling = Ruling::Begins { from: sequence, instead_of: None };
        if always || !tells {
            self.leave(track);
        } else if placed {
            ruling = Ruling::Heard;
        } else if self.places.len() < self.limit {
            self.places.push(track);
            self.voice(track).placed = true;
        } else {
            ruling = if was_heard { Ruling::Unheard } else { self.compete(now, spoken) };
        }

        let voice = self.voice(track);
        voice.heard = ruling != Ruling::Unheard;
        match (was_heard, ruling) {
            (true, Ruling::Begins { .. }) => Ruling::Heard,
            (true, Ruling::Unheard) => Ruling::Ends,
            _ => ruling,
        }
    }

    /// Lets a voice without a place take that of the quietest who has one, if it has been clearly louder for a while.
    fn compete(&mut self, now: Instant, Spoken { track, sequence, level, millis }: Spoken) -> Ruling {
        let standing =
            |&place: &u32| self.voices.get(place as usize).map_or(0.0, |voice| voice.standing(now));
        let places = self.places.iter().enumerate().map(|(index, place)| (index, standing(place)));
        let Some((index, quietest)) = places.min_by(|(_, one), (_, other)| one.total_cmp(other)) else {
            return Ruling::Unheard;
        };

        let voice = self.voice(track);
        let missed = voice.missed.replace((sequence, now));
        let missed = missed.filter(|(_, at)| now.saturating_duration_since(*at) <= IN_ONE_BREATH);
        voice.speaks_up = voice.speaks_up.filter(|_| missed.is_some());
        if level.is_none_or(|level| height(level) < quietest + CLEARLY) {
            // A packet that tells nothing changes nothing.
            voice.speaks_up = voice.speaks_up.filter(|_| level.is_none());
            return Ruling::Unheard;
        }
        // The packet before may hold the soft beginning of the word.
        let first = missed.map_or(sequence, |(missed, _)| missed.min(sequence));
        let (from, before) = voice.speaks_up.unwrap_or((first, 0));
        let spoken = before + millis;
        if spoken < INSISTENCE {
            voice.speaks_up = Some((from, spoken));
            return Ruling::Unheard;
        }

        *voice = Voice { placed: true, speaks_up: None, missed: None, ..*voice };
        let loser = std::mem::replace(&mut self.places[index], track);
        let lost = self.voice(loser);
        (lost.placed, lost.heard) = (false, false);
        Ruling::Begins { from, instead_of: Some(loser) }
    }

    fn leave(&mut self, track: u32) {
        if std::mem::take(&mut self.voice(track).placed) {
            self.places.retain(|&place| place != track);
        }
    }

    fn voice(&mut self, track: u32) -> &mut Voice {
        let index = track as usize;
        if self.voices.len() <= index {
            self.voices.resize(index + 1, Voice::default());
        }
        &mut self.voices[index]
    }
}

impl Voice {
    fn count(&mut self, now: Instant, height: f32) {
        if height >= self.standing(now) {
            self.height = height;
            self.at = Some(now);
        }
    }

    /// How loud it counts: as it was lately, and after half a second less and less.
    fn standing(&self, now: Instant) -> f32 {
        let Some(at) = self.at else { return 0.0 };
        let past = now.saturating_duration_since(at).saturating_sub(HELD);
        (self.height - FALL * past.as_secs_f32()).max(0.0)
    }
}

fn height(level: u8) -> f32 {
    f32::from(127 - (level & 0x7f))
}

/// Longer than the pause between two words.
const HELD: Duration = Duration::from_millis(500);
/// In dB a second.
const FALL: f32 = 60.0;
/// In dB. Two who are equally loud do not put out each other.
const CLEARLY: f32 = 6.0;
/// Packets further apart have a silence between them.
const IN_ONE_BREATH: Duration = Duration::from_millis(150);
/// In milliseconds. A click is no voice.
const INSISTENCE: u32 = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_comes_first_has_a_place_and_needs_no_loudness_for_it() {
        let mut room = Room::new(3);

        assert_eq!(room.say(&[100, 127, 90]), [0, 1, 2]);
    }

    #[test]
    fn one_more_is_not_heard_until_clearly_louder_for_forty_milliseconds() {
        let mut room = Room::new(3);
        room.say_for(50, &[30, 60, 30, 90]);

        assert_eq!(room.say(&[30, 60, 30, 50]), [0, 1, 2]);
        assert_eq!(room.say(&[30, 60, 30, 50]), [0, 2, 3]);
    }

    #[test]
    fn a_long_packet_is_enough_by_itself() {
        let mut room = Room { millis: 60, ..Room::new(1) };
        room.say_for(20, &[60, 90]);

        assert_eq!(room.say(&[60, 40]), [1]);
    }

    #[test]
    fn a_click_takes_no_place() {
        let mut room = Room::new(1);
        room.say_for(50, &[60, 90]);

        for _ in 0..20 {
            assert_eq!(room.say(&[60, 10]), [0]);
            assert_eq!(room.say(&[60, 90]), [0]);
        }
    }

    #[test]
    fn two_who_are_equally_loud_do_not_put_out_each_other() {
        let mut room = Room::new(1);
        for packet in 0..1_000 {
            // Each louder by 5 dB than the other now and then.
            let swing = if packet % 14 < 7 { 0 } else { 5 };
            assert_eq!(room.say(&[30 + swing, 35 - swing]), [0]);
        }
    }

    #[test]
    fn the_pause_between_two_words_loses_no_place_and_a_longer_one_does() {
        let mut room = Room::new(1);
        room.say_for(50, &[30, 30]);

        assert_eq!(room.say_for(25, &[90, 30]), [0]);
        assert_eq!(room.say_for(25, &[90, 30]), [1]);
    }

    #[test]
    fn a_voice_that_has_gone_without_a_word_is_outlived() {
        let mut room = Room::new(1);
        room.say_for(50, &[30, 90]);
        room.now += Duration::from_secs(3);

        assert_eq!(room.say_one(1, Some(40)), Ruling::Unheard);
        assert!(matches!(room.say_one(1, Some(40)), Ruling::Begins { instead_of: Some(0), .. }));
    }

    #[test]
    fn who_begins_is_heard_from_the_packet_before_the_first_loud_one() {
        let mut room = Room::new(1);
        room.say_for(50, &[60, 90]);
        let quiet = room.sequence;
        room.say_one(1, Some(40));

        assert_eq!(room.say_one(1, Some(40)), Ruling::Begins { from: quiet, instead_of: Some(0) });
    }

    #[test]
    fn a_word_after_a_silence_without_packets_begins_with_itself() {
        let mut room = Room::new(1);
        room.say_for(50, &[60, 90]);
        room.say_one(1, Some(40));
        room.now += Duration::from_secs(1);

        assert_eq!(room.say_one(1, Some(30)), Ruling::Unheard, "two clicks are no voice");
        let first = room.sequence;
        assert_eq!(room.say_one(1, Some(30)), Ruling::Begins { from: first, instead_of: Some(0) });
    }

    #[test]
    fn nothing_from_before_a_mute_is_heard_after_it() {
        let mut room = Room::new(1);
        room.say_for(50, &[60, 90]);
        room.say_one(1, Some(40));

        room.loudest.silence(1);
        room.say_one(1, Some(40));
        let first = room.sequence;

        assert_eq!(room.say_one(1, Some(40)), Ruling::Begins { from: first, instead_of: Some(0) });
    }

    #[test]
    fn without_levels_a_voice_is_always_heard_and_takes_nobodys_place() {
        let mut room = Room::new(1);
        assert_eq!(room.say_one(7, None), Ruling::Begins { from: 1, instead_of: None });
        assert_eq!(room.say_one(7, None), Ruling::Heard);

        assert_eq!(room.say(&[60]), [0]);
    }

    #[test]
    fn a_packet_that_tells_no_level_goes_the_way_of_the_others_of_its_voice() {
        let mut room = Room::new(1);
        room.say_for(10, &[30, 60]);

        assert_eq!(room.say_one(0, None), Ruling::Heard);
        assert_eq!(room.say_one(1, None), Ruling::Unheard);
    }

    #[test]
    fn who_is_always_heard_takes_nobodys_place_and_competes_again_afterwards() {
        let mut room = Room::new(1);
        room.loudest.always(1, true);
        assert_eq!(room.say_for(10, &[60, 127]), [0, 1]);

        room.loudest.always(1, false);
        assert_eq!(room.say_one(1, Some(127)), Ruling::Ends);
        assert_eq!(room.say(&[60, 127]), [0]);
    }

    #[test]
    fn the_place_of_who_becomes_always_heard_is_free() {
        let mut room = Room::new(1);
        room.say_for(10, &[60, 127]);

        room.loudest.always(0, true);

        assert_eq!(room.say(&[60, 127]), [0, 1]);
    }

    #[test]
    fn a_track_in_the_slot_of_one_that_has_ended_inherits_nothing() {
        let mut room = Room::new(1);
        room.loudest.always(0, true);
        room.say(&[60, 60]);

        room.loudest.forget(0);

        assert_eq!(room.say(&[127, 60]), [1]);
    }

    struct Room {
        loudest: Loudest,
        now: Instant,
        sequence: u64,
        millis: u32,
    }

    impl Room {
        fn new(limit: usize) -> Self {
            Self { loudest: Loudest::new(limit), now: Instant::now(), sequence: 0, millis: 20 }
        }

        /// Lets everybody say a packet, and tells who was heard.
        fn say(&mut self, levels: &[u8]) -> Vec<usize> {
            self.sequence += 1;
            let mut heard = Vec::new();
            for (track, &level) in levels.iter().enumerate() {
                let ruling = self.judge(track as u32, Some(level));
                if let Ruling::Begins { instead_of: Some(loser), .. } = ruling {
                    heard.retain(|&other| other != loser as usize);
                }
                if matches!(ruling, Ruling::Heard | Ruling::Begins { .. }) {
                    heard.push(track);
                }
            }
            self.now += Duration::from_millis(self.millis.into());
            heard
        }

        fn say_for(&mut self, packets: u32, levels: &[u8]) -> Vec<usize> {
            (0..packets).map(|_| self.say(levels)).last().unwrap_or_default()
        }

        fn say_one(&mut self, track: u32, level: Option<u8>) -> Ruling {
            self.sequence += 1;
            let ruling = self.judge(track, level);
            self.now += Duration::from_millis(self.millis.into());
            ruling
        }

        fn judge(&mut self, track: u32, level: Option<u8>) -> Ruling {
            let (sequence, millis) = (self.sequence, self.millis);
            self.loudest.judge(self.now, Spoken { track, sequence, level, millis })
        }
    }
}
