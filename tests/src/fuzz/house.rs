//! A telephone exchange for the fuzz targets: the endpoint machine in virtual time, and whoever sends to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sip_gateway_proto::call::{
    DoorCommand, LegId, LegMedia, MailboxCommand, MediaPlane, MediaReport, NoPort, RecordingId, SeatCommand,
    Sound, Wish,
};
use sip_gateway_proto::endpoint::{Endpoint, EndpointConfig, Output, Surroundings};
use sip_gateway_proto::flow::{Carrier, Connection, Flow};
use sip_gateway_proto::ivr::Phrase;
use sip_gateway_proto::message::{HeaderName, Message, Method, NameAddr, Request, StatusCode, Uri};
use sip_gateway_proto::plan::{
    Class, Device, DigestAlgorithm, Extension, Forwarding, InboundNumber, Language, OutboundRoute, Plan,
    Post, PostId, ResolvedTrunk, RingGroup, RingStrategy, RoomNumber, Trunk, TrunkCredentials, TrunkId,
};
use sip_gateway_proto::sdp::Agreed;
use sip_gateway_proto::subscription::MessageCount;
use sip_gateway_proto::ua::digest::{DigestClient, ha1};
use sip_gateway_proto::ua::registrar::Interval;

/// The extensions; each has its number as user name and password.
pub(super) const NUMBERS: [&str; 3] = ["1001", "1002", "1003"];
const REALM: &str = "mfa.example";

/// The exchange and the time.
pub(super) struct House {
    now: Instant,
    endpoint: Endpoint,
    media: Silence,
    /// The requests that were sent by us and may be answered.
    pub(super) asked: Vec<(Flow, Request)>,
    /// The tag of our newest response.
    tag: String,
    /// The room ends that browsers were told of or phones sit at, and the phones at doors, the newest last.
    pub(super) rooms: Vec<LegId>,
    pub(super) doors: Vec<LegId>,
    /// Phones that sit in rooms.
    seated: Vec<LegId>,
    challenge: Option<sip_gateway_proto::message::Response>,
    words: u64,
}

/// Sound that is not there. It counts what is open.
#[derive(Default)]
struct Silence {
    open: Vec<LegId>,
    /// Legs that were recorded since this was looked at.
    recorded: Vec<LegId>,
}

impl MediaPlane for Silence {
    fn open(&mut self, leg: LegId, _wish: Wish) -> Result<LegMedia, NoPort> {
        if self.open.len() >= 64 {
            return Err(NoPort);
        }
        self.open.push(leg);
        let address = SocketAddr::from(([10, 0, 0, 1], 30_000 + (leg.0 % 1_000) as u16 * 2));
        Ok(LegMedia { address, sdes: Vec::new(), dtls: None, ice: None })
    }

    fn connect(&mut self, _leg: LegId, _agreed: &Agreed) {}

    fn bridge(&mut self, _one: LegId, _other: LegId) {}

    fn play(&mut self, _leg: LegId, _sound: Sound) {}

    fn press(&mut self, _leg: LegId, _key: char, _duration: Duration) {}

    fn seat(&mut self, leg: LegId) {
        self.open.push(leg);
    }

    fn mute(&mut self, _seat: LegId, _muted: bool) {}

    fn say(&mut self, _leg: LegId, _phrase: Phrase, _language: Language) {}

    fn hush(&mut self, _leg: LegId) {}

    fn record(&mut self, leg: LegId, _recording: RecordingId, _longest: Duration) {
        self.recorded.push(leg);
    }

    fn stop_recording(&mut self, _leg: LegId) {}

    fn close(&mut self, leg: LegId) -> MediaReport {
        let at = self.open.iter().position(|open| *open == leg).expect("what is closed was open");
        self.open.swap_remove(at);
        MediaReport::default()
    }
}

impl House {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        let ours = ours();
        let locals = [Carrier::Udp, Carrier::Tcp, Carrier::Tls].map(|carrier| (carrier, ours)).to_vec();
        let epoch = (now, Duration::from_secs(1_800_000_000));
        // Registrations end soon, so that an end of everything is soon seen.
        let interval = Interval { max: Duration::from_secs(600), ..Interval::default() };
        let nonce_lifetime = Duration::from_secs(600);
        let config = EndpointConfig { seed: [7; 32], epoch, locals, interval, nonce_lifetime };
        let mut endpoint = Endpoint::new(config, Arc::new(plan()));
        let resolved = ResolvedTrunk { trunk: TrunkId(1), addresses: vec![flow(7, 0).remote] };
        endpoint.handle_addresses(now, resolved);
        let media = Silence::default();
        Self {
            now,
            endpoint,
            media,
            asked: Vec::new(),
            tag: String::new(),
            rooms: Vec::new(),
            doors: Vec::new(),
            seated: Vec::new(),
            challenge: None,
            words: 0,
        }
    }

    /// Something comes over a flow. `@TAG` in it stands for the tag of our newest response.
    pub(super) fn deliver(&mut self, flow: Flow, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let known;
        let bytes = match text.contains("@TAG") {
            true => {
                known = text.replace("@TAG", &self.tag).into_bytes();
                &known
            }
            false => bytes,
        };
        match Message::parse(bytes) {
            Ok(Message::Request(request)) if request.headers.get(&HeaderName::Authorization) == Some("@") => {
                self.deliver_with_password(flow, request);
            }
            Ok(message) => self.with(|endpoint, with| endpoint.handle_message(with, flow, message)),
            Err(error) => self.with(|endpoint, with| endpoint.handle_malformed(with, flow, &error)),
        }
    }

    /// Shows the password of whoever the request is from, as it is asked for.
    fn deliver_with_password(&mut self, flow: Flow, mut request: Request) {
        request.headers.remove(&HeaderName::Authorization);
        self.challenge = None;
        let first = Message::Request(request.clone());
        self.with(|endpoint, with| endpoint.handle_message(with, flow, first));
        let Some(challenge) = self.challenge.take() else { return };
        let user =
            request.headers.from().ok().and_then(|from| from.uri.user().map(std::borrow::Cow::into_owned));
        let user = user.unwrap_or_default();
        let account = TrunkCredentials { username: user.clone(), password: user };
        let mut client = DigestClient::new(account, &[1; 32]);
        if client.challenged(&request, &challenge).is_ok() {
            client.authorize(&mut request);
            let again = Message::Request(request);
            self.with(|endpoint, with| endpoint.handle_message(with, flow, again));
        }
    }

    /// A phone registers.
    pub(super) fn register(&mut self, who: usize) {
        self.words += 1;
        let address =
            NameAddr::new(Uri::parse(&format!("sip:{}@{REALM}", NUMBERS[who])).expect("an address"));
        let contact = flow(who as u8, 0).remote;
        let contact = Uri::parse(&format!("sip:{}@{contact}", NUMBERS[who])).expect("an address");
        let cseq = sip_gateway_proto::message::CSeq { number: 1, method: Method::Register };
        let request = Request::new(Method::Register, Uri::parse(&format!("sip:{REALM}")).expect("a domain"))
            .with(HeaderName::Via, format!("SIP/2.0/UDP h;rport;branch=z9hG4bKr{}", self.words))
            .with(HeaderName::From, address.clone().with_tag("r"))
            .with(HeaderName::To, address)
            .with(HeaderName::CallId, format!("register-{}", self.words))
            .with(HeaderName::CSeq, cseq)
            .with(HeaderName::Contact, NameAddr::new(contact))
            .with(HeaderName::Authorization, "@");
        self.deliver(flow(who as u8, 0), &request.to_bytes());
        assert!(self.endpoint.bindings() > 0, "a phone with the right password registers");
    }

    /// Answers a request of ours.
    pub(super) fn answer(&mut self, at: usize, status: u16, body: &[u8]) {
        if self.asked.is_empty() {
            return;
        }
        let (flow, request) = self.asked.swap_remove(at % self.asked.len());
        let Some(status) = StatusCode::new(status) else { return };
        let mut response = request.reply(status, Some("theirs"));
        response.headers.push(HeaderName::Contact, NameAddr::new(request.uri.bare()));
        let response = match body.is_empty() {
            true => response,
            false => response.with_body("application/sdp", body.to_vec()),
        };
        if status.is_provisional() {
            self.asked.push((flow, request));
        }
        let message = Message::Response(response);
        self.with(|endpoint, with| endpoint.handle_message(with, flow, message));
    }

    pub(super) fn fail(&mut self, flow: Flow) {
        self.with(|endpoint, with| endpoint.handle_flow_failure(with, flow));
    }

    /// Lets time pass; what is due is done when it is.
    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        for _ in 0..100_000 {
            let Some(next) = self.endpoint.poll_timeout().filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            self.with(Endpoint::handle_timeout);
        }
        panic!("the house never comes to rest");
    }

    /// Hangs up, and lets everything end: nothing may be left then.
    pub(super) fn end(mut self) {
        self.with(Endpoint::hang_up_all);
        self.run(Duration::from_secs(1_500));
        assert_eq!(
            (self.endpoint.calls(), self.endpoint.subscriptions(), self.endpoint.bindings()),
            (0, 0, 0)
        );
        assert!(self.media.open.is_empty(), "no port is left open");
        assert!(self.seated.is_empty(), "nobody is left sitting in a room");
        // The trunk is asked for ever whether it lives.
        self.run(Duration::from_secs(40));
        assert!(self.endpoint.transactions() <= MAX_PINGS, "{} transactions", self.endpoint.transactions());
    }

    pub(super) fn with(&mut self, act: impl FnOnce(&mut Endpoint, &mut Surroundings<'_>)) {
        let mut with = Surroundings {
            now: self.now,
            media: &mut self.media,
            address: &|_| ours(),
            mailbox: &|_| MessageCount::default(),
            greeting: &|_| None,
        };
        act(&mut self.endpoint, &mut with);
        for leg in std::mem::take(&mut self.media.recorded) {
            note(&mut self.doors, leg);
        }
        self.drain();
        assert!(self.endpoint.subscriptions() <= 3 * 400, "subscriptions have a limit");
        assert!(self.endpoint.bindings() <= 3 * 10, "bindings have a limit");
    }

    fn drain(&mut self) {
        let mut count = 0;
        while let Some(output) = self.endpoint.poll_output() {
            count += 1;
            assert!(count < 10_000, "one input has an end");
            let (flow, bytes) = match output {
                Output::Transmit { flow, bytes } => (flow, bytes),
                Output::Screen(news) => {
                    note(&mut self.rooms, news.leg);
                    continue;
                }
                Output::Seat(SeatCommand::Take { leg, .. }) => {
                    note(&mut self.rooms, leg);
                    note(&mut self.seated, leg);
                    continue;
                }
                Output::Seat(SeatCommand::Leave { leg }) => {
                    let at = self.seated.iter().position(|seated| *seated == leg);
                    self.seated.swap_remove(at.expect("who leaves a room was there"));
                    continue;
                }
                Output::Door(DoorCommand::Ask { leg, .. })
                | Output::Mailbox(MailboxCommand::Open { leg, .. }) => {
                    note(&mut self.doors, leg);
                    continue;
                }
                _ => continue,
            };
            let Ok(message) = Message::parse(&bytes) else {
                assert!(
                    bytes.starts_with(b"SIP/2.0 "),
                    "only who sent no whole request gets no whole answer"
                );
                continue;
            };
            match message {
                Message::Request(request) if request.method != Method::Ack => {
                    self.asked.push((flow, request));
                    if self.asked.len() > 64 {
                        self.asked.remove(0);
                    }
                }
                Message::Request(_) => {}
                Message::Response(response) => {
                    if let Ok(to) = response.headers.to()
                        && let Some(tag) = to.tag()
                    {
                        tag.clone_into(&mut self.tag);
                    }
                    if response.status == StatusCode::UNAUTHORIZED {
                        self.challenge = Some(response);
                    }
                }
            }
        }
    }
}

/// Notes a leg, the newest last.
fn note(legs: &mut Vec<LegId>, leg: LegId) {
    legs.retain(|known| *known != leg);
    legs.push(leg);
}

/// The flow between us and one of eight others; the last one is the trunk.
pub(super) fn flow(who: u8, carrier: u8) -> Flow {
    let carrier = [Carrier::Udp, Carrier::Tcp, Carrier::Tls][usize::from(carrier % 3)];
    let connection = match carrier {
        Carrier::Udp => Connection::NONE,
        _ => Connection(u64::from(who) + 1),
    };
    Flow { carrier, local: ours(), remote: SocketAddr::from(([10, 0, 0, 10 + who % 8], 5060)), connection }
}

fn ours() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 5060))
}

/// A plan with something of everything.
pub(super) fn plan() -> Plan {
    let extension = |number: &&str| Extension {
        number: (*number).to_owned(),
        name: format!("Bureau {number}"),
        post: PostId(1),
        digest: DigestAlgorithm::Md5,
        devices: vec![Device {
            username: (*number).to_owned(),
            ha1: ha1(DigestAlgorithm::Md5, number, REALM, number),
            label: String::new(),
        }],
        rights: Class::International,
        outside_calls: 2,
        forward: Forwarding {
            no_answer: (*number == "1003").then(|| "1001".to_owned()),
            ..Forwarding::default()
        },
        do_not_disturb: false,
        pickup_group: None,
        voicemail: (*number == "1002").then_some(Duration::from_secs(20)),
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
        extensions: NUMBERS.iter().map(extension).collect(),
        groups: vec![RingGroup {
            number: "1100".to_owned(),
            name: "Accueil".to_owned(),
            post: PostId(1),
            strategy: RingStrategy::InOrder,
            members: vec!["1001".to_owned(), "1002".to_owned()],
            ring: Duration::from_secs(10),
            otherwise: Some("1003".to_owned()),
        }],
        conference: vec!["1700".to_owned()],
        rooms: vec![RoomNumber {
            number: "1701".to_owned(),
            meeting: "abc-defg-hij".to_owned(),
            name: "Cabinet".to_owned(),
        }],
        trunks: vec![Trunk {
            id: TrunkId(1),
            name: "Opérateur".to_owned(),
            post: PostId(1),
            host: "operator.example".to_owned(),
            port: None,
            carrier: Carrier::Udp,
            credentials: Some(TrunkCredentials { username: "us".to_owned(), password: "secret".to_owned() }),
            register: false,
            sources: Vec::new(),
            srtp: false,
            caller_id: Some("+2290121301234".to_owned()),
            identity: sip_gateway_proto::plan::IdentityProfile::Asserted,
            calls: 3,
            rights: Class::International,
            strip_plus: true,
            show_name: true,
        }],
        routes: vec![OutboundRoute { post: None, prefix: String::new(), trunks: vec![TrunkId(1)] }],
        inbound: vec![InboundNumber {
            trunk: TrunkId(1),
            number: "+2290121301234".to_owned(),
            target: "1001".to_owned(),
        }],
        ..Plan::default()
    }
}

/// Questions to the trunk that may be under way at any time.
const MAX_PINGS: usize = 4;
