//! Whatever people do on phones and in browsers, in whatever order: no call is forgotten, and in the end nothing is left.

use std::time::Duration;

use super::house::House;
use super::phone::Phone;
use crate::call::{
    Destination, DoorWord, LegId, MailboxCommand, MailboxWord, MediaEvent, PlaceCall, RecordingId,
    ScreenNews, SeatEnd, SeatEvent, Speaker, VoiceMessage,
};
use crate::endpoint::{Endpoint, Output};
use crate::message::StatusCode;
use crate::plan::{RingGroup, RingStrategy, RoomNumber};
use crate::sdp::Direction;

#[test]
fn nothing_is_left_whatever_people_do() {
    for seed in 1..=ROUNDS {
        let mut play = Play::begin(seed);
        if seed % 2 == 0 {
            play.gather();
        }
        for _ in 0..STEPS {
            play.step();
        }
        play.end();
    }
}

struct Play {
    house: House,
    dice: u64,
    seed: u64,
    /// Room ends and phones at doors that were told of, the newest last.
    rooms: Vec<LegId>,
}

impl Play {
    fn begin(seed: u64) -> Self {
        let mut house = House::new(&["1001", "1002", "1003", "1004"]);
        for number in ["1001", "1002", "1002", "1003", "1004"] {
            house.registered(number);
        }
        house.change(|plan| {
            plan.conference.push("1700".to_owned());
            let (number, meeting, name) = ("1701".to_owned(), "m".to_owned(), "Cabinet".to_owned());
            plan.rooms.push(RoomNumber { number, meeting, name });
            plan.extensions[0].voicemail = Some(Duration::from_secs(20));
            plan.extensions[2].forward.no_answer = Some("1001".to_owned());
            plan.groups.push(RingGroup {
                number: "1900".to_owned(),
                name: "Accueil".to_owned(),
                post: crate::plan::PostId(1),
                strategy: RingStrategy::InOrder,
                members: vec!["1002".to_owned(), "1003".to_owned()],
                ring: Duration::from_secs(10),
                otherwise: Some("1001".to_owned()),
            });
        });
        super::trunks::resolve(&mut house);
        Self { house, dice: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, seed, rooms: Vec::new() }
    }

    /// A browser brings three phones together, and mostly leaves them to themselves.
    fn gather(&mut self) {
        let mut room = None;
        for number in ["1003", "1004", "1002"] {
            let (from, dialled) = ("1001".to_owned(), number.to_owned());
            let order = PlaceCall { from, room, dialled, on_behalf: None, identity: None };
            let placed = self.house.click(|endpoint, with| endpoint.place(with, order)).expect("a call");
            for phone in 0..self.house.phones.len() {
                if self.house.phones[phone].legs.iter().any(|leg| !leg.is_over() && !leg.is_confirmed()) {
                    self.house.act(phone, Phone::answer);
                    break;
                }
            }
            (self.rooms, room) = (vec![placed.leg], Some(placed.room));
        }
        let leg = self.rooms[0];
        if self.roll(4) > 0 {
            self.house.click(|endpoint, with| endpoint.leave(with, leg)).expect("a call");
        }
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice >> 20) as usize % sides
    }

    fn step(&mut self) {
        let phone = self.roll(self.house.phones.len());
        let number = [
            "1001",
            "1002",
            "1003",
            "1004",
            "1900",
            "1700",
            "1701",
            "00033140506070",
            "*81002",
            "112",
            "*97",
        ][self.roll(11)]
        .to_owned();
        let extension = ["1001", "1002", "1003", "1004"][self.roll(4)];
        let (room, key) = (self.some_room(), ['*', '6', '5', '0', '#', '1'][self.roll(6)]);
        let alive = self.house.phones[phone].legs.iter().any(|leg| !leg.is_over());
        let rings = alive && !self.house.phones[phone].last().is_confirmed();
        let confirmed = self.house.phones[phone].legs.iter().rposition(crate::leg::Leg::is_confirmed);
        match self.roll(28) {
            0 | 1 if self.house.phones[phone].legs.len() < 6 => self.house.dial(phone, &number),
            2..=4 if rings => self.house.act(phone, Phone::answer),
            5 if alive => self.house.act(phone, Phone::hang_up),
            6 if rings => self.house.act(phone, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE)),
            7 if confirmed.is_some() => {
                let direction = [Direction::SendOnly, Direction::SendRecv][self.roll(2)];
                self.house.act(phone, |phone, now| phone.hold(now, direction));
            }
            8 if confirmed.is_some() => {
                let (leg, to) = (confirmed.unwrap_or_default(), format!("<sip:{number}@mfa.example>"));
                self.house.act(phone, |phone, now| phone.refer(now, leg, &to));
            }
            9 => {
                let open = self.roll(3) > 0;
                self.house.click(|endpoint, with| endpoint.set_screens(with, extension, open));
            }
            10 | 11 => {
                let beside = self.house.seats.get(&room).map(|seat| seat.room.clone());
                let room =
                    [None, Some("meeting-room".to_owned()), beside.clone(), beside][self.roll(4)].clone();
                let from = extension.to_owned();
                let order = PlaceCall { from, room, dialled: number, on_behalf: None, identity: None };
                let _ = self.house.click(|endpoint, with| endpoint.place(with, order));
            }
            12..=14 => drop(self.house.click(|endpoint, with| endpoint.answer(with, room))),
            15 => drop(self.house.click(|endpoint, with| endpoint.hang_up(with, room)).is_ok()),
            16 => {
                let holds = self.roll(2) == 0;
                let _ = self.house.click(|endpoint, with| endpoint.hold(with, room, holds));
            }
            17 => {
                let to = Destination::Number(number);
                let _ = self.house.click(|endpoint, with| endpoint.transfer(with, room, to));
            }
            18 => {
                let to = Destination::Meeting {
                    room: "other-room".to_owned(),
                    name: "Cabinet".to_owned(),
                    role: "guest".to_owned(),
                };
                let _ = self.house.click(|endpoint, with| endpoint.transfer(with, room, to));
            }
            19 => drop(self.house.click(|endpoint, with| endpoint.press(with, room, key)).is_ok()),
            20 => self.speak_at_door(),
            26 => self.speak_of_messages(),
            21 => self.happen_at_seat(room),
            22 => self.house.run(Duration::from_secs(30)),
            25 => drop(self.house.click(|endpoint, with| endpoint.leave(with, room)).is_ok()),
            23 | 24 => {
                if let Some(leg) = self.house.leg_of(phone) {
                    self.house
                        .with(|endpoint, with| endpoint.handle_media(with, MediaEvent::Key { leg, key }));
                    self.house.with(|endpoint, with| endpoint.handle_media(with, MediaEvent::Said { leg }));
                }
            }
            _ => drop(self.house.click(|endpoint, with| endpoint.decline(with, room)).is_ok()),
        }
        let news: Vec<ScreenNews> = self.house.news.drain(..).collect();
        self.rooms.extend(news.into_iter().map(|news| news.leg));
        self.rooms.extend(self.house.seats.keys().copied());
        self.rooms.sort_unstable();
        self.rooms.dedup();
    }

    fn some_room(&mut self) -> LegId {
        let back = self.roll(4);
        self.rooms.iter().rev().nth(back).or(self.rooms.last()).copied().unwrap_or(LegId(0))
    }

    fn speak_at_door(&mut self) {
        let Some(leg) = self.house.asked.last().map(|(leg, ..)| *leg) else { return };
        let word = match self.roll(6) {
            0 => DoorWord::Wrong,
            1 => DoorWord::Waiting,
            2 => DoorWord::Ended,
            _ => DoorWord::Admitted {
                room: "meeting-room".to_owned(),
                name: String::new(),
                role: "guest".to_owned(),
                language: None,
            },
        };
        self.house.click(|endpoint, with| endpoint.handle_door(with, leg, word));
    }

    /// Recordings end, and the office opens mailboxes.
    fn speak_of_messages(&mut self) {
        let length = Duration::from_millis(500 * self.roll(5) as u64);
        let recorded: Vec<LegId> = self.house.media.recorded.keys().copied().collect();
        for leg in recorded {
            self.house.media.recorded.remove(&leg);
            self.house
                .click(|endpoint, with| endpoint.handle_media(with, MediaEvent::Recorded { leg, length }));
        }
        let asked = self.house.outputs.iter().rev().find_map(|output| match output {
            Output::Mailbox(MailboxCommand::Open { leg, .. }) => Some(*leg),
            _ => None,
        });
        let message = VoiceMessage { recording: RecordingId(1), from: String::new(), heard: false };
        let word = [MailboxWord::Wrong, MailboxWord::Open(vec![message; 3])][self.roll(2)].clone();
        if let Some(leg) = asked {
            self.house.click(|endpoint, with| endpoint.handle_mailbox(with, leg, word));
        }
    }

    fn happen_at_seat(&mut self, room: LegId) {
        let event = match self.roll(8) {
            0 => SeatEvent::MutedByHost(true),
            1 => SeatEvent::HandLowered,
            2 => SeatEvent::Key('5'),
            6 => SeatEvent::Listened,
            7 => SeatEvent::Moved("plenary".to_owned()),
            3 => SeatEvent::Gone([SeatEnd::Removed, SeatEnd::Lost][self.roll(2)]),
            _ => SeatEvent::Speaking(vec![Speaker { identity: "a".to_owned(), name: "Awa".to_owned() }]),
        };
        self.house.seat_event(room, event);
    }

    fn end(mut self) {
        self.house.with(Endpoint::hang_up_all);
        self.house.run(Duration::from_secs(300));
        let (house, seed) = (&self.house, self.seed);
        assert!(house.endpoint.holds_nothing(), "{seed}: {:?}", house.endpoint);
        assert!(house.media.open.is_empty() && house.media.seats.is_empty(), "{seed}: no port is left");
        assert!(house.seats.is_empty(), "{seed}: nobody sits in a room");
        let open = house.records.iter().find(|record| record.ended.is_none());
        assert!(open.is_none(), "{seed}: every leg has ended: {open:?}");
        let mut asked: Vec<LegId> = house.asked.iter().map(|(leg, ..)| *leg).collect();
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(house.left_door.len(), asked.len(), "{seed}: every door was left once");
    }
}

const ROUNDS: u64 = 200;
const STEPS: usize = 60;
