//! A house for tests: the endpoint, phones around it, a line between them, and a clock that only this moves.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::phone::Phone;
use crate::call::{
    DoorCommand, EndCause, Entry, LegId, LegMedia, LegRecord, MediaEvent, MediaPlane, MediaReport, NoPort,
    RecordingId, ScreenEvent, ScreenNews, SeatCommand, SeatEvent, SeatOrder, Sound, Visitor, Wish,
};
use crate::endpoint::{Endpoint, EndpointConfig, Output, Surroundings};
use crate::flow::{Carrier, Connection, Flow};
use crate::ivr::Phrase;
use crate::message::Message;
use crate::plan::{
    Class, Device, DigestAlgorithm, Extension, Forwarding, IdentityProfile, InboundNumber, Language,
    OutboundRoute, Plan, Post, PostId, ResolvedTrunk, Trunk, TrunkId,
};
use crate::sdp::Agreed;
use crate::subscription::MessageCount;
use crate::ua::digest::{NONCE_LIFETIME, ha1};
use crate::ua::registrar::Interval;

pub(super) const REALM: &str = "mfa.example";
pub(super) const TRUNK: &str = "trunk";

pub(super) struct House {
    pub(super) now: Instant,
    pub(super) endpoint: Endpoint,
    pub(super) media: Media,
    pub(super) plan: Plan,
    pub(super) phones: Vec<Phone>,
    pub(super) records: Vec<LegRecord>,
    pub(super) outputs: Vec<Output>,
    /// What browsers were told and have not read.
    pub(super) news: Vec<ScreenNews>,
    /// Who sits in rooms.
    pub(super) seats: HashMap<LegId, SeatOrder>,
    /// What was asked at doors, and who has gone away from there.
    pub(super) asked: Vec<(LegId, Visitor, Entry)>,
    pub(super) left_door: Vec<LegId>,
    /// How many messages wait for 1001.
    pub(super) messages: u32,
    air: Vec<(Instant, Flow, bool, Vec<u8>)>,
}

/// Writes down what was asked of the sound.
#[derive(Debug, Default)]
pub(super) struct Media {
    pub(super) open: HashMap<LegId, Wish>,
    pub(super) agreed: HashMap<LegId, Agreed>,
    /// Whom each leg hears.
    pub(super) hears: HashMap<LegId, Hears>,
    pub(super) pressed: Vec<(LegId, char)>,
    pub(super) seats: HashSet<LegId>,
    pub(super) muted: HashSet<LegId>,
    /// What was said, and is not hushed.
    pub(super) said: Vec<(LegId, Phrase, Language)>,
    pub(super) hushed: Vec<LegId>,
    /// Phrases whose end was not told yet.
    pub(super) unsaid: HashMap<LegId, usize>,
    /// What is recorded at present.
    pub(super) recorded: HashMap<LegId, RecordingId>,
    next_port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hears {
    Leg(LegId),
    Sound(Sound),
}

impl MediaPlane for Media {
    fn open(&mut self, leg: LegId, wish: Wish) -> Result<LegMedia, NoPort> {
        assert!(self.open.insert(leg, wish).is_none(), "{leg:?} is opened once");
        self.next_port += 2;
        let address = SocketAddr::from(([10, 0, 0, 1], 30_000 + self.next_port));
        Ok(LegMedia { address, sdes: Vec::new(), dtls: None, ice: None })
    }

    fn connect(&mut self, leg: LegId, agreed: &Agreed) {
        assert!(self.open.contains_key(&leg), "{leg:?} is open when it is connected");
        self.agreed.insert(leg, agreed.clone());
    }

    fn bridge(&mut self, one: LegId, other: LegId) {
        for leg in [one, other] {
            assert!(self.is_there(leg), "{leg:?} is open when it is bridged");
        }
        self.hears.insert(one, Hears::Leg(other));
        self.hears.insert(other, Hears::Leg(one));
    }

    fn play(&mut self, leg: LegId, sound: Sound) {
        assert!(self.is_there(leg), "{leg:?} is open when it is played to");
        self.hears.insert(leg, Hears::Sound(sound));
    }

    fn press(&mut self, leg: LegId, key: char, _: Duration) {
        self.pressed.push((leg, key));
    }

    fn seat(&mut self, leg: LegId) {
        assert!(!self.is_there(leg), "{leg:?} is seated once");
        self.seats.insert(leg);
    }

    fn mute(&mut self, seat: LegId, muted: bool) {
        assert!(self.seats.contains(&seat), "{seat:?} is a seat when it is muted");
        let _ = if muted { self.muted.insert(seat) } else { self.muted.remove(&seat) };
    }

    fn say(&mut self, leg: LegId, phrase: Phrase, language: Language) {
        assert!(self.is_there(leg), "{leg:?} is open when it is spoken to");
        self.said.push((leg, phrase, language));
        *self.unsaid.entry(leg).or_default() += 1;
    }

    fn hush(&mut self, leg: LegId) {
        assert!(self.is_there(leg), "{leg:?} is open when it is hushed");
        self.hushed.push(leg);
        self.unsaid.remove(&leg);
    }

    fn record(&mut self, leg: LegId, recording: RecordingId, _: Duration) {
        assert!(self.is_there(leg), "{leg:?} is open when it is recorded");
        self.recorded.insert(leg, recording);
    }

    fn stop_recording(&mut self, leg: LegId) {
        self.recorded.remove(&leg);
    }

    fn close(&mut self, leg: LegId) -> MediaReport {
        let was_there = self.open.remove(&leg).is_some() || self.seats.remove(&leg);
        assert!(was_there, "{leg:?} is closed once");
        self.hears.remove(&leg);
        self.muted.remove(&leg);
        self.recorded.remove(&leg);
        MediaReport::default()
    }
}

impl Media {
    fn is_there(&self, leg: LegId) -> bool {
        self.open.contains_key(&leg) || self.seats.contains(&leg)
    }
}

impl House {
    /// A house with these extensions at one post, and a trunk of that post.
    pub(super) fn new(numbers: &[&str]) -> Self {
        let now = Instant::now();
        let plan = plan(numbers);
        let config = EndpointConfig {
            seed: [7; 32],
            epoch: (now, Duration::from_secs(1_800_000_000)),
            locals: vec![(Carrier::Udp, ours()), (Carrier::Tcp, ours())],
            interval: Interval::default(),
            nonce_lifetime: NONCE_LIFETIME,
        };
        let mut house = Self {
            now,
            endpoint: Endpoint::new(config, Arc::new(plan.clone())),
            media: Media::default(),
            plan,
            phones: Vec::new(),
            records: Vec::new(),
            outputs: Vec::new(),
            news: Vec::new(),
            seats: HashMap::new(),
            asked: Vec::new(),
            left_door: Vec::new(),
            messages: 1,
            air: Vec::new(),
        };
        house.phone(TRUNK);
        let address = house.phones[0].address;
        house.endpoint.handle_addresses(now, ResolvedTrunk { trunk: TrunkId(1), addresses: vec![address] });
        house
    }

    /// Changes the plan.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Plan)) {
        change(&mut self.plan);
        let mut plan = self.plan.clone();
        plan.index = crate::plan::Index::default();
        self.with(|endpoint, with| endpoint.handle_plan(with, Arc::new(plan)));
    }

    pub(super) fn extension(plan: &mut Plan, number: &str) -> usize {
        plan.extensions.iter().position(|extension| extension.number == number).expect("an extension")
    }

    /// A phone, not registered yet.
    pub(super) fn phone(&mut self, number: &str) -> usize {
        let at = self.phones.len();
        let [high, low] = (at as u16 + 10).to_be_bytes();
        let address = SocketAddr::from(([10, 0, high, low], 5060));
        self.phones.push(Phone::new(number, address, at as u16 + 1));
        at
    }

    /// A phone that is registered.
    pub(super) fn registered(&mut self, number: &str) -> usize {
        let at = self.phone(number);
        let (phone, now) = (&mut self.phones[at], self.now);
        phone.register(now);
        self.run(Duration::from_secs(1));
        assert_eq!(self.phones[at].registered, Some(200), "{number} registers");
        at
    }

    /// Two who talk.
    pub(super) fn talking(&mut self, one: &str, other: &str) -> (usize, usize) {
        let (callee, caller) = (self.registered(other), self.registered(one));
        self.dial(caller, other);
        self.act(callee, Phone::answer);
        assert_eq!(self.hears(caller), Some(callee), "the caller hears the callee");
        assert_eq!(self.hears(callee), Some(caller), "the callee hears the caller");
        (caller, callee)
    }

    pub(super) fn dial(&mut self, phone: usize, number: &str) {
        let now = self.now;
        self.phones[phone].dial(now, number);
        self.run(Duration::from_millis(500));
    }

    pub(super) fn act(&mut self, phone: usize, act: impl FnOnce(&mut Phone, Instant)) {
        act(&mut self.phones[phone], self.now);
        self.run(Duration::from_millis(500));
    }

    /// Which phone a phone hears.
    pub(super) fn hears(&self, phone: usize) -> Option<usize> {
        match self.media.hears.get(&self.leg_of(phone)?)? {
            Hears::Leg(leg) => (0..self.phones.len()).find(|other| self.leg_of(*other) == Some(*leg)),
            Hears::Sound(_) => None,
        }
    }

    /// Which sound a phone hears.
    pub(super) fn sound(&self, phone: usize) -> Option<Sound> {
        match self.media.hears.get(&self.leg_of(phone)?)? {
            Hears::Leg(_) => None,
            Hears::Sound(sound) => Some(*sound),
        }
    }

    /// Our leg to a phone, by the address that was agreed on for its sound.
    pub(super) fn leg_of(&self, phone: usize) -> Option<LegId> {
        let port = self.phones[phone].media_port()?;
        let address = SocketAddr::new(self.phones[phone].address.ip(), port);
        let found = self.media.agreed.iter().filter(|(leg, _)| self.media.open.contains_key(leg));
        found.filter(|(_, agreed)| agreed.remote == Some(address)).map(|(leg, _)| *leg).max()
    }

    /// The seat whose room a phone hears.
    pub(super) fn sits(&self, phone: usize) -> Option<LegId> {
        match self.media.hears.get(&self.leg_of(phone)?)? {
            Hears::Leg(leg) => Some(*leg).filter(|leg| self.seats.contains_key(leg)),
            Hears::Sound(_) => None,
        }
    }

    /// What the browsers of an extension were told since they were asked last.
    pub(super) fn told(&mut self, extension: &str) -> Vec<ScreenNews> {
        let (told, rest) = self.news.drain(..).partition(|news| news.extension == extension);
        self.news = rest;
        told
    }

    /// The room end by which the browsers of an extension ring.
    pub(super) fn rings_in_browser(&mut self, extension: &str) -> LegId {
        let told = self.told(extension);
        let rings = told.iter().find(|news| matches!(news.event, ScreenEvent::Rings { .. }));
        rings.unwrap_or_else(|| panic!("it rings in a browser of {extension}: {told:?}")).leg
    }

    /// Somebody opens an extension in a browser.
    pub(super) fn browser(&mut self, extension: &str) {
        self.with(|endpoint, with| endpoint.set_screens(with, extension, true));
    }

    /// A person does something in a browser, and what follows happens.
    pub(super) fn click<T>(&mut self, act: impl FnOnce(&mut Endpoint, &mut Surroundings<'_>) -> T) -> T {
        let done = self.with(act);
        self.run(Duration::from_millis(500));
        done
    }

    /// How the legs to a number ended.
    pub(super) fn endings(&self, to: &str) -> Vec<EndCause> {
        let ended = |record: &LegRecord| Some(record.ended.as_ref()?.1.clone());
        self.records.iter().filter(|record| !record.inbound && record.to == to).filter_map(ended).collect()
    }

    /// Lets time pass; everything happens when it is due.
    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        for _ in 0..200_000 {
            self.drain();
            let arrival = self.air.iter().map(|(at, ..)| *at);
            let phones = self.phones.iter().filter_map(Phone::poll_timeout);
            let next = arrival.chain(phones).chain(self.endpoint.poll_timeout()).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            if let Some(at) = self.air.iter().position(|(at, ..)| *at <= self.now) {
                let (_, flow, to_us, bytes) = self.air.remove(at);
                self.deliver(flow, to_us, &bytes);
                continue;
            }
            for phone in &mut self.phones {
                phone.handle_timeout(self.now);
            }
            self.with(Endpoint::handle_timeout);
        }
        panic!("the house never comes to rest");
    }

    pub(super) fn with<T>(&mut self, act: impl FnOnce(&mut Endpoint, &mut Surroundings<'_>) -> T) -> T {
        let messages = self.messages;
        let waiting = |number: &str| if number == "1001" { messages } else { 0 };
        let mut with = Surroundings {
            now: self.now,
            media: &mut self.media,
            address: &|_| ours(),
            greeting: &|number| (number == "1003").then_some(RecordingId(77)),
            mailbox: &|number| MessageCount { new: waiting(number), ..MessageCount::default() },
        };
        let result = act(&mut self.endpoint, &mut with);
        self.drain();
        result
    }

    pub(super) fn media_event(&mut self, phone: usize, event: impl FnOnce(LegId) -> MediaEvent) {
        let event = event(self.leg_of(phone).expect("a leg with sound"));
        self.with(|endpoint, with| endpoint.handle_media(with, event));
        self.run(Duration::from_millis(500));
    }

    /// A phone has heard all that was said to it.
    pub(super) fn hears_out(&mut self, phone: usize) {
        let leg = self.leg_of(phone).expect("a leg with sound");
        self.hear_out(leg);
    }

    /// All that was said to a leg has been heard.
    pub(super) fn hear_out(&mut self, leg: LegId) {
        for _ in 0..self.media.unsaid.remove(&leg).unwrap_or_default() {
            self.with(|endpoint, with| endpoint.handle_media(with, MediaEvent::Said { leg }));
        }
        self.run(Duration::from_millis(500));
    }

    /// Something happens at a seat.
    pub(super) fn seat_event(&mut self, leg: LegId, event: SeatEvent) {
        if let (SeatEvent::Moved(room), Some(seat)) = (&event, self.seats.get_mut(&leg)) {
            seat.room.clone_from(room);
        }
        self.click(|endpoint, with| endpoint.handle_seat(with, leg, event));
    }

    fn deliver(&mut self, flow: Flow, to_us: bool, bytes: &[u8]) {
        let message = Message::parse(bytes).expect("what is sent can be read");
        if to_us {
            return self.with(|endpoint, with| endpoint.handle_message(with, flow, message));
        }
        let now = self.now;
        let phone = self.phones.iter_mut().find(|phone| phone.address == flow.remote);
        if flow.carrier == Carrier::Tcp && phone.as_ref().is_none_or(|phone| !phone.streams) {
            return self.with(|endpoint, with| endpoint.handle_flow_failure(with, flow));
        }
        if let Some(phone) = phone.filter(|phone| !phone.gone) {
            phone.handle_message(now, flow.carrier, message);
        }
    }

    fn drain(&mut self) {
        let arrival = self.now + Duration::from_millis(10);
        while let Some(output) = self.endpoint.poll_output() {
            match output {
                Output::Transmit { flow, bytes } => self.air.push((arrival, flow, false, bytes)),
                Output::Record(record) => {
                    self.records.retain(|known| known.leg != record.leg);
                    self.records.push(*record);
                }
                Output::Screen(news) => self.news.push(news),
                Output::Seat(SeatCommand::Take { leg, order }) => {
                    assert!(self.media.seats.contains(&leg), "{leg:?} has a seat in the sound as well");
                    if let Some(before) = self.seats.insert(leg, *order) {
                        let now = &self.seats[&leg];
                        assert_eq!((&before.room, &before.identity), (&now.room, &now.identity));
                    }
                }
                Output::Seat(SeatCommand::Status { leg, status }) => {
                    self.seats.get_mut(&leg).expect("somebody sits there").status = status;
                }
                Output::Seat(SeatCommand::Leave { leg }) => {
                    assert!(self.seats.remove(&leg).is_some(), "{leg:?} is left once");
                }
                Output::Door(DoorCommand::Ask { leg, visitor, entry }) => {
                    self.asked.push((leg, visitor, entry));
                }
                Output::Door(DoorCommand::Leave { leg }) => self.left_door.push(leg),
                other => self.outputs.push(other),
            }
        }
        for phone in &mut self.phones {
            for (carrier, bytes) in phone.drain() {
                self.air.push((arrival, phone.flow_to_house(carrier), true, bytes));
            }
        }
    }
}

/// Our address.
pub(super) fn ours() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 5060))
}

/// The flow between us and somebody.
pub(super) fn flow(remote: SocketAddr) -> Flow {
    Flow { carrier: Carrier::Udp, local: ours(), remote, connection: Connection::NONE }
}

fn plan(numbers: &[&str]) -> Plan {
    let extension = |number: &&str| Extension {
        number: (*number).to_owned(),
        name: format!("Bureau {number}"),
        post: PostId(1),
        digest: DigestAlgorithm::Md5,
        devices: vec![Device {
            username: (*number).to_owned(),
            ha1: ha1(DigestAlgorithm::Md5, number, REALM, &password(number)),
            label: String::new(),
        }],
        rights: Class::International,
        outside_calls: 2,
        forward: Forwarding::default(),
        do_not_disturb: false,
        pickup_group: None,
        voicemail: None,
    };
    Plan {
        realm: REALM.to_owned(),
        posts: vec![Post {
            id: PostId(1),
            name: "Cotonou".to_owned(),
            country: "BJ".to_owned(),
            outside_prefix: "0".to_owned(),
            emergency: vec!["112".to_owned()],
        }],
        extensions: numbers.iter().map(extension).collect(),
        trunks: vec![Trunk {
            id: TrunkId(1),
            name: "Opérateur".to_owned(),
            post: PostId(1),
            host: "operator.example".to_owned(),
            port: None,
            carrier: Carrier::Udp,
            credentials: None,
            register: false,
            sources: Vec::new(),
            srtp: false,
            caller_id: Some("+2290121301234".to_owned()),
            identity: IdentityProfile::From,
            calls: 3,
            rights: Class::International,
            strip_plus: false,
            show_name: false,
        }],
        routes: vec![OutboundRoute { post: None, prefix: String::new(), trunks: vec![TrunkId(1)] }],
        inbound: vec![InboundNumber {
            trunk: TrunkId(1),
            number: "+2290121301234".to_owned(),
            target: numbers[0].to_owned(),
        }],
        ..Plan::default()
    }
}

pub(super) fn password(number: &str) -> String {
    format!("secret of {number}")
}
