//! What a leg says of its own: sounds, speech in another codec, keys, noise; a packet each packet time.

use std::time::{Duration, Instant};

use sip_gateway_proto::call::{MediaEvent, Sound};
use sip_gateway_proto::media::level::AudioLevel;
use sip_gateway_proto::media::rtp::{HEADER_LEN, Header};
use sip_gateway_proto::media::{comfort_noise, dtmf};
use sip_gateway_proto::sdp::Agreed;

use super::player::Player;
use super::{Desk, Leg, Source, Way};
use crate::media::codec::Encoder;
use crate::media::recording::Recorder;
use crate::media::speaker::Spoken;
use crate::media::sys::DATAGRAM;

impl Leg {
    /// Presses a key towards the leg.
    pub(in crate::media) fn press(&mut self, now: Instant, key: dtmf::Key, millis: u32) {
        if self.agreed.is_some() && self.keypad.press(key, millis) {
            self.make_time(now);
        }
    }

    /// Says something over whatever the leg hears; false if too much waits to be said already.
    pub(in crate::media) fn speak(&mut self, now: Instant, phrase: Spoken) -> bool {
        let taken = self.speaker.say(phrase);
        self.make_time(now);
        taken
    }

    /// Says nothing more.
    pub(in crate::media) fn hush(&mut self) {
        self.speaker.hush();
    }

    /// Begins to write down what the leg says, instead of whatever was written down before.
    pub(in crate::media) fn record(&mut self, now: Instant, mut recorder: Box<Recorder>) {
        if let Some(agreed) = &self.agreed {
            recorder.agree(agreed);
        }
        self.recorder = Some(recorder);
        self.make_time(now);
    }

    /// Ends that.
    pub(in crate::media) fn stop_recording(&mut self) {
        self.recorder = None;
    }

    /// Whether something is being said to it, or it is coming back from that.
    pub(in crate::media) fn is_spoken_to(&self) -> bool {
        self.speaker.is_busy()
    }

    /// Says what is to be said over a frame of a table.
    pub(in crate::media) fn speak_over(
        &mut self,
        events: &mut Vec<MediaEvent>,
        frame: &mut [i16],
        rate: u32,
    ) {
        if self.speaker.is_busy() {
            let ended = self.speaker.speak(frame, rate);
            events.extend(std::iter::repeat_n(MediaEvent::Said { leg: self.id }, ended));
        }
    }

    /// Joins a frame of a table, at the rate at which it is heard, to what was heard before.
    pub(in crate::media) fn join(&mut self, frame: &mut [i16], rate: u32) {
        self.seam.join(frame, rate);
    }

    /// The leg has heard a frame of a table that needs no joining.
    pub(in crate::media) fn note(&mut self, frame: &[i16], rate: u32) {
        self.seam.note(frame, rate);
    }

    /// What a table makes for the leg comes from this coder.
    pub(in crate::media) fn keep_coding_of(&mut self, coding: &Encoder) {
        self.seam.keep(coding);
    }

    /// Lets a coder go on where the one stood that the leg has heard last.
    pub(in crate::media) fn lead_coding(&self, coding: &mut Encoder) {
        self.seam.follow(coding);
    }

    /// The leg hears nothing over which anything could be said. Whoever waits for that must not wait for ever.
    pub(in crate::media) fn give_up_speaking(&mut self, events: &mut Vec<MediaEvent>) {
        let given_up = self.speaker.give_up();
        events.extend(std::iter::repeat_n(MediaEvent::Said { leg: self.id }, given_up));
    }

    /// Sends a payload that a table made, in packets of so many ticks.
    pub(in crate::media) fn say_mixed(&mut self, desk: &mut Desk, payload: &[u8], ticks: u32) {
        let Some(agreed) = &self.agreed else { return };
        let header = Header { payload_type: agreed.send.payload_type, ..self.next_made };
        self.next_made.timestamp = self.next_made.timestamp.wrapping_add(ticks);
        if self.keypad.is_busy() {
            return;
        }
        let mut packet = [0; DATAGRAM];
        let len = HEADER_LEN + payload.len();
        packet[..HEADER_LEN].copy_from_slice(&header.to_bytes());
        packet[HEADER_LEN..len].copy_from_slice(payload);
        self.next_made.sequence = self.next_made.sequence.wrapping_add(1);
        self.say(desk, Source::Made, &mut packet[..len]);
    }

    /// Begins to make packets, if there are some to be made.
    pub(super) fn make_time(&mut self, now: Instant) {
        if self.makes_packets() && self.next_tick.is_none() {
            self.next_tick = Some(now);
        }
    }

    fn makes_packets(&self) -> bool {
        let Some(agreed) = &self.agreed else { return false };
        // At a table it is the table that makes them, and says what is to be said.
        let speaks = self.speaker.is_busy() && !matches!(self.way, Way::Table);
        let makes_sound = self.player.is_some() || self.way.is_transcoded() || self.hisses(agreed);
        self.keypad.is_busy() || makes_sound || speaks || self.recorder.is_some()
    }

    /// Prepares to speak, or to be silent in packets, where nothing is heard that could be spoken over.
    fn prepare_to_speak(&mut self, events: &mut Vec<MediaEvent>) {
        let alone = self.player.is_none() && !matches!(self.way, Way::Table | Way::Transcode(_));
        // Who leaves a message hears silence, not nothing: trunks take the latter for a line that is dead.
        let listens = self.recorder.is_some() && self.partner.is_none();
        if !alone || !self.speaker.is_busy() && !listens {
            return;
        }
        self.player = self.agreed.as_ref().and_then(Player::quiet);
        if let Some(player) = &mut self.player {
            self.seam.follow(player.encoder());
        } else {
            // Nothing can be said in a codec that we only pass on.
            self.give_up_speaking(events);
        }
    }

    /// Ends a sound that has no more to play, unless something is said over it.
    fn end_sound(&mut self) {
        let quiet = self.player.as_ref().is_some_and(Player::is_quiet) && self.recorder.is_none();
        let is_over = self.player.as_ref().is_some_and(Player::is_over);
        if self.speaker.is_busy() || !quiet && !is_over {
            return;
        }
        self.keep_coding();
        self.player = None;
        if is_over {
            self.sound = Some(Sound::Silence);
        }
    }

    /// Whether it is told what noise to make while it hears nothing.
    fn hisses(&self, agreed: &Agreed) -> bool {
        self.sound == Some(Sound::Silence) && agreed.comfort_noise.is_some()
    }

    /// Makes the packet of this moment, once per packet time.
    pub(in crate::media) fn tick(&mut self, desk: &mut Desk) {
        let Some(at) = self.next_tick.take_if(|at| *at <= desk.now) else { return };
        let Some(agreed) = &self.agreed else { return };
        let period = Duration::from_millis(u64::from(agreed.ptime.max(10)));
        let clock = agreed.send.codec.clock_rate();
        let ticks = period.as_millis() as u32 * (clock / 1_000);

        let mut packet = [0; DATAGRAM];
        self.prepare_to_speak(&mut desk.events);
        // Speech is made even if a key takes its place: time goes on.
        let made = self.make(desk, &mut packet[HEADER_LEN..]);
        if let Some(mut key) = self.keypad.poll(period, clock) {
            self.say(desk, Source::Keys, &mut key);
        } else if let Some((payload_type, len)) = made.filter(|_| !self.keypad.is_busy()) {
            let header = Header { payload_type, ..self.next_made };
            packet[..HEADER_LEN].copy_from_slice(&header.to_bytes());
            self.next_made.sequence = self.next_made.sequence.wrapping_add(1);
            self.say(desk, Source::Made, &mut packet[..HEADER_LEN + len]);
        }

        let (next, beats) = next_beat(at, desk.now, period);
        let written = period.as_millis() as u32 * beats;
        self.recorder.take_if(|recorder| !recorder.write(desk.now, written));
        self.next_made.timestamp = self.next_made.timestamp.wrapping_add(ticks.wrapping_mul(beats));
        if self.makes_packets() {
            self.next_tick = Some(next);
        }
    }

    /// Makes a payload and tells its type and length.
    fn make(&mut self, desk: &mut Desk, payload: &mut [u8]) -> Option<(u8, usize)> {
        let agreed = self.agreed.as_ref()?;
        let speech = agreed.send.payload_type;
        if matches!(self.way, Way::Table) {
            return None;
        }
        let mut ended = 0;
        let (speaker, seam) = (&mut self.speaker, &mut self.seam);
        let over = |frame: &mut [i16], rate: u32| {
            if speaker.is_busy() {
                ended = speaker.speak(frame, rate);
            }
            seam.join(frame, rate);
        };
        let made = if let Way::Transcode(transcoder) = &mut self.way {
            Some(transcoder.make(desk.now, payload, over))
        } else {
            self.player.as_mut().map(|player| player.make(payload, over))
        };
        let told = std::iter::repeat_n(MediaEvent::Said { leg: self.id }, ended);
        desk.events.extend(told);
        if let Some(len) = made {
            self.end_sound();
            return (len != 0).then_some((speech, len));
        }
        let noise = agreed.comfort_noise.filter(|_| self.hisses(agreed))?;
        let ticks = agreed.send.codec.clock_rate() * NOISE_SECONDS;
        // Told at once, and then now and again, for it may be lost.
        let due = self.noise_told.is_none_or(|told| self.next_made.timestamp.wrapping_sub(told) >= ticks);
        if !due {
            return None;
        }
        self.noise_told = Some(self.next_made.timestamp);
        payload[..1].copy_from_slice(&comfort_noise::describe(AudioLevel::new(NOISE_LEVEL)));
        Some((noise.send_type, 1))
    }
}

/// When the next packet is due, and how many packet times that is after this one. Counted from when this one was due,
/// so that a clock of ours does not drift; but what was missed by far is left out instead of made up for.
fn next_beat(at: Instant, now: Instant, period: Duration) -> (Instant, u32) {
    let next = at + period;
    let late = now.saturating_duration_since(next);
    if late <= MAX_LATE {
        return (next, 1);
    }
    let missed = (late.as_micros() / period.as_micros().max(1)) as u32 + 1;
    (next + period * missed, missed + 1)
}

const NOISE_SECONDS: u32 = 1;
/// Below overload, in dB: a quiet room.
const NOISE_LEVEL: u8 = 70;

/// A moment that was missed by more is left out instead of made up for.
const MAX_LATE: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beat_does_not_drift_however_late_each_packet_is() {
        let start = Instant::now();
        let period = Duration::from_millis(20);
        let mut at = start;
        for packet in 1..=1_000 {
            let late = Duration::from_millis(packet % 19);
            let (next, beats) = next_beat(at, at + late, period);
            assert_eq!(beats, 1);
            at = next;
        }
        assert_eq!(at, start + 1_000 * period);
    }

    #[test]
    fn what_was_missed_by_far_is_left_out_and_time_jumps_over_it() {
        let start = Instant::now();
        let period = Duration::from_millis(20);
        let now = start + Duration::from_millis(1_003);
        let (next, beats) = next_beat(start, now, period);
        assert_eq!((next, beats), (start + Duration::from_millis(1_020), 51));
        assert!(next > now);
        // A little late is made up for.
        assert_eq!(next_beat(start, start + Duration::from_millis(150), period), (start + period, 1));
    }
}
