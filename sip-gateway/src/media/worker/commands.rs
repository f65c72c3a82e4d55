//! What the call layer wants of a media thread, done in its order.

use std::sync::atomic::Ordering::Relaxed;

use sip_gateway_proto::call::Sound;

use super::Worker;
use crate::media::leg::Way;
use crate::media::queue::Command;

impl Worker {
    pub(super) fn take_commands(&mut self) {
        let mut backlog = std::mem::take(&mut self.backlog);
        self.queue.take(&mut backlog);
        while let Some(command) = backlog.pop_front() {
            if let Command::Adopt(id) = command {
                match self.queue.handed(id) {
                    Some(Some(leg)) => self.adopt(leg),
                    Some(None) => {
                        self.queue.legs.fetch_sub(1, Relaxed);
                    }
                    None => {
                        backlog.push_front(command);
                        break;
                    }
                }
                continue;
            }
            self.obey(command);
        }
        self.backlog = backlog;
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Open(leg) => {
                self.settle(leg);
            }
            Command::Connect(id, agreed) => {
                let Some(place) = self.place(id) else { return };
                self.with_leg(place, |worker, leg| {
                    let begins = leg.agreed().is_none();
                    leg.connect(worker.desk.now, *agreed, &mut worker.burst);
                    if begins {
                        worker.begin(leg, place);
                    }
                });
                self.find_ways(id);
            }
            Command::Bridge(one, other) => self.bridge(one, other),
            Command::Play(id, sound) => {
                self.part(id);
                let Some(place) = self.place(id) else { return };
                self.with_leg(place, |worker, leg| {
                    let now = worker.desk.now;
                    if sound == Sound::Echo {
                        let way = Way::between(leg.agreed(), leg.agreed());
                        leg.set_way(now, Some(id), way);
                    } else {
                        leg.play(now, sound);
                    }
                });
            }
            Command::Say(id, phrase) => {
                let Some(place) = self.place(id) else { return self.say_at_table(id, *phrase) };
                self.with_leg(place, |worker, leg| {
                    if !leg.speak(worker.desk.now, *phrase) {
                        tracing::warn!("too much is to be said to one leg: a phrase is lost");
                    }
                });
            }
            Command::Hush(id) => {
                let Some(place) = self.place(id) else { return self.hush_at_table(id) };
                self.with_leg(place, |_, leg| leg.hush());
            }
            Command::Record(id, recorder) => {
                let Some(place) = self.place(id) else { return self.record_at_table(id, Some(recorder)) };
                self.with_leg(place, |worker, leg| leg.record(worker.desk.now, recorder));
            }
            Command::StopRecording(id) => {
                let Some(place) = self.place(id) else { return self.record_at_table(id, None) };
                self.with_leg(place, |_, leg| leg.stop_recording());
            }
            Command::Press { leg, key, millis } => {
                let Some(place) = self.place(leg) else { return };
                self.with_leg(place, |worker, leg| leg.press(worker.desk.now, key, millis));
            }
            Command::Close(id) => {
                self.part(id);
                let Some(place) = self.place(id) else { return };
                self.with_leg(place, |worker, leg| leg.report(&mut worker.desk, true));
                if let Some(leg) = self.legs[place].take() {
                    self.forget(&leg, place);
                }
            }
            Command::Release(id, to) => to.hand(id, self.release(id)),
            Command::Adopt(_) => unreachable!("adoptions are waited for before commands are obeyed"),
            Command::Answer(to) => {
                // Who asked may have given up.
                let _ = to.send(());
            }
            Command::Stop => self.stopped = true,
            other => self.obey_about_tables(other),
        }
    }
}
