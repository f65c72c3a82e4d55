//! How many registrations and routed calls one core does in a second.
//!
//! A registration is a REGISTER with digest credentials, read from its bytes, checked, carried out, and its response
//! written to bytes; each refreshes the binding of one of many phones, with a nonce that was used before.
//!
//! `cargo bench -p sip-gateway-proto --bench registrations`

#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use sip_gateway_proto::flow::{Carrier, Connection, Flow};
use sip_gateway_proto::message::{
    Challenge, HeaderName, Message, Method, Request, Response, StatusCode, Uri,
};
use sip_gateway_proto::plan::*;
use sip_gateway_proto::ua::digest::{Account, DigestClient, DigestServer, Protected, Verdict, ha1};
use sip_gateway_proto::ua::registrar::Registrar;

const PHONES: usize = 10_000;
const REALM: &str = "pbx.example.org";
/// Since 1970.
const NOW: Duration = Duration::from_secs(1_795_000_000);

fn main() {
    for algorithm in [DigestAlgorithm::Md5, DigestAlgorithm::Sha256] {
        let mut house = House::new(algorithm);
        for round in 1..=4 {
            // The requests of a round are made before the clock starts.
            let requests = house.requests(round);
            let begin = processor_time();
            for (phone, bytes) in requests.iter().enumerate() {
                black_box(house.answer(phone, bytes));
            }
            let spent = processor_time().saturating_sub(begin);
            let rate = PHONES as f64 / spent.as_secs_f64();
            println!(
                "{algorithm:?}, round {round}: {rate:.0} registrations/s, {:.1} µs each, {} bindings",
                1e6 / rate,
                house.registrar.len()
            );
        }
    }
    routes();
}

fn routes() {
    let plan = house_plan(DigestAlgorithm::Md5);
    for dialled in ["10001", "0142685300", "+2290195123456", "+12123552000", "*8"] {
        let begin = processor_time();
        for _ in 0..CALLS {
            black_box(plan.route(Caller::Extension("10000"), black_box(dialled)));
        }
        let spent = processor_time().saturating_sub(begin);
        println!("route to {dialled}: {:.1} µs each", spent.as_secs_f64() * 1e6 / f64::from(CALLS));
    }
    // Patterns are to be kept ready however many countries are called.
    let begin = processor_time();
    for dialled in ABROAD.iter().cycle().take(ABROAD.len() * 50) {
        black_box(plan.route(Caller::Extension("10000"), black_box(dialled)));
    }
    let spent = processor_time().saturating_sub(begin);
    let calls = ABROAD.len() as f64 * 50.0;
    println!("route to {} countries in turn: {:.1} µs each", ABROAD.len(), spent.as_secs_f64() * 1e6 / calls);
}

const ABROAD: &[&str] = &[
    "+2290195123456",
    "+2250707123456",
    "+22890123456",
    "+22670123456",
    "+22796123456",
    "+2348031234567",
    "+233241234567",
    "+221771234567",
    "+27821234567",
    "+212661234567",
    "+213661234567",
    "+21620123456",
    "+201001234567",
    "+254712345678",
    "+251911234567",
    "+33612345678",
    "+3225010211",
    "+41229061111",
    "+4930123456",
    "+442079460000",
    "+390669821234",
    "+34912345678",
    "+79161234567",
    "+8613812345678",
    "+919812345678",
    "+5511961234567",
    "+12123552000",
    "+15143436111",
    "+18769271234",
    "+819012345678",
];

/// So many that a tick of the clock makes no difference.
const CALLS: u32 = 100_000;

struct House {
    plan: Plan,
    digest: DigestServer,
    registrar: Registrar,
    phones: Vec<DigestClient>,
    now: Instant,
}

impl House {
    fn new(algorithm: DigestAlgorithm) -> Self {
        let plan = house_plan(algorithm);
        let mut digest = DigestServer::new([7; 32]);
        let phones = plan.extensions.iter().map(|extension| phone(extension, &mut digest)).collect();
        Self { plan, digest, registrar: Registrar::default(), phones, now: Instant::now() }
    }

    fn requests(&mut self, round: usize) -> Vec<Vec<u8>> {
        let Self { plan, phones, .. } = self;
        let requests = plan.extensions.iter().zip(phones).map(|(extension, phone)| {
            let mut request = register(&extension.number, round);
            phone.authorize(&mut request);
            Message::Request(request).to_bytes()
        });
        requests.collect()
    }

    fn answer(&mut self, phone: usize, bytes: &[u8]) -> Vec<u8> {
        let Ok(Message::Request(request)) = Message::parse(bytes) else { panic!("a request was written") };
        let to = request.headers.to().expect("To");
        let aor = to.uri.user().expect("a user").into_owned();
        let credentials = request.headers.credentials(&HeaderName::Authorization).expect("well-formed");
        let protected = Protected { realm: &self.plan.realm, method: &request.method, uri: &request.uri };
        let account = |username: &str| Account::of(&self.plan, username);
        let verdict = self.digest.check(NOW, &protected, &credentials[0], account);
        let Verdict::Accepted { username } = verdict else { panic!("{verdict:?}") };
        let (response, changes) =
            self.registrar.register(self.now, &self.plan, &aor, &username, flow(phone), &request);
        assert_eq!((response.status, changes.len()), (StatusCode::OK, 1));
        response.to_bytes()
    }
}

fn house_plan(algorithm: DigestAlgorithm) -> Plan {
    let extension = |number: usize| {
        let number = number.to_string();
        let username = format!("{number}-desk");
        let ha1 = ha1(algorithm, &username, REALM, "a password of twenty-four");
        Extension {
            name: "Bureau".to_owned(),
            post: PostId(1),
            digest: algorithm,
            devices: vec![Device { username, ha1, label: String::new() }],
            rights: Class::International,
            outside_calls: 1,
            forward: Forwarding::default(),
            do_not_disturb: false,
            pickup_group: None,
            voicemail: None,
            number,
        }
    };
    let trunk = Trunk {
        id: TrunkId(1),
        name: "line".to_owned(),
        post: PostId(1),
        host: "sip.provider.example".to_owned(),
        port: None,
        carrier: Carrier::Tls,
        credentials: None,
        register: false,
        sources: Vec::new(),
        srtp: true,
        caller_id: None,
        identity: IdentityProfile::From,
        calls: 10,
        rights: Class::International,
        strip_plus: false,
        show_name: false,
    };
    Plan {
        realm: REALM.to_owned(),
        posts: vec![Post {
            id: PostId(1),
            name: "Paris".to_owned(),
            country: "FR".to_owned(),
            outside_prefix: "0".to_owned(),
            emergency: vec!["15".to_owned(), "112".to_owned()],
        }],
        extensions: (10_000..10_000 + PHONES).map(extension).collect(),
        trunks: vec![trunk],
        routes: vec![OutboundRoute { post: None, prefix: String::new(), trunks: vec![TrunkId(1)] }],
        ..Plan::default()
    }
}

/// A phone that has been challenged.
fn phone(extension: &Extension, digest: &mut DigestServer) -> DigestClient {
    let account = TrunkCredentials {
        username: extension.devices[0].username.clone(),
        password: "a password of twenty-four".to_owned(),
    };
    let mut phone = DigestClient::new(account, &[9; 32]);
    let challenge: Challenge = digest.challenge(NOW, REALM, extension.digest, false);
    let response = Response::new(StatusCode::UNAUTHORIZED).with(HeaderName::WwwAuthenticate, challenge);
    phone.challenged(&register(&extension.number, 0), &response).expect("a challenge of ours");
    phone
}

fn register(number: &str, cseq: usize) -> Request {
    Request::new(Method::Register, Uri::parse("sip:pbx.example.org").expect("a uri"))
        .with(HeaderName::Via, format!("SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK-{number}-{cseq};rport"))
        .with(HeaderName::MaxForwards, 70)
        .with(HeaderName::From, format!("\"Ambassade\" <sip:{number}@pbx.example.org>;tag=5d1c4e21"))
        .with(HeaderName::To, format!("<sip:{number}@pbx.example.org>"))
        .with(HeaderName::CallId, format!("84710ZmE2YjE0NzQ5YzQ0MjA-{number}"))
        .with(HeaderName::CSeq, format!("{cseq} REGISTER"))
        .with(
            HeaderName::Contact,
            format!(
                "<sip:{number}@192.0.2.17:5060;transport=udp>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-{number:0>12}>\""
            ),
        )
        .with(HeaderName::Expires, 300)
        .with(HeaderName::UserAgent, "Desk Phone 66.86.0.15")
}

fn flow(phone: usize) -> Flow {
    let [.., high, low] = phone.to_be_bytes();
    Flow {
        carrier: Carrier::Udp,
        local: ([198, 51, 100, 1], 5060).into(),
        remote: ([10, 0, high, low], 5060).into(),
        connection: Connection::NONE,
    }
}

/// How long this thread has been on a processor, as Linux counts it; elsewhere the time that has passed.
fn processor_time() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = counted.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| BEGIN.elapsed(), Duration::from_nanos)
}
