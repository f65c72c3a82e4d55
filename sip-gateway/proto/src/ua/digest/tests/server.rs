//! The server's side of digest authentication, asked by phones and by others.

use super::super::arithmetic::ha1;
use super::*;
use crate::plan::{Class, Device, Extension, Forwarding, PostId};

const NOW: Duration = Duration::from_secs(1_795_000_000);
const REALM: &str = "pbx.example.org";

/// A phone that answers challenges as RFC 7616 says.
#[derive(Clone)]
struct Phone {
    username: &'static str,
    password: &'static str,
    uri: &'static str,
    qop: Option<&'static str>,
}

const ALICE: Phone =
    Phone { username: "alice-desk", password: "s3cret", uri: "sip:pbx.example.org", qop: Some("auth") };

impl Phone {
    fn answer(&self, challenge: &Challenge, nc: u32) -> Credentials {
        let realm = challenge.realm().expect("a realm").into_owned();
        let nonce = challenge.nonce().expect("a nonce").into_owned();
        let algorithm = DigestAlgorithm::named(challenge.algorithm().as_deref()).expect("an algorithm");
        let nc = format!("{nc:08x}");
        let counted = self.qop.map(|qop| Counted { nc: &nc, cnonce: "0a4f113b", qop });
        let answered = Answered { method: "REGISTER", uri: self.uri, nonce: &nonce, counted };
        let ha1 = ha1(algorithm, self.username, &realm, self.password);
        let credentials = Credentials::digest()
            .with_quoted("username", self.username)
            .with_quoted("realm", &realm)
            .with_quoted("nonce", &nonce)
            .with_quoted("uri", self.uri)
            .with_token("algorithm", algorithm.name())
            .with_quoted("response", response(algorithm, &ha1.0, &answered).as_str());
        let Some(qop) = self.qop else { return credentials };
        let credentials =
            credentials.with_token("qop", qop).with_token("nc", &nc).with_quoted("cnonce", "0a4f113b");
        Credentials::parse(&credentials.to_string()).expect("what we write")
    }
}

struct House {
    server: DigestServer,
    algorithm: DigestAlgorithm,
}

impl House {
    fn new(algorithm: DigestAlgorithm) -> Self {
        Self { server: DigestServer::new([42; 32]), algorithm }
    }

    fn challenge(&mut self) -> Challenge {
        self.server.challenge(NOW, REALM, self.algorithm, false)
    }

    fn check(&mut self, now: Duration, credentials: &Credentials) -> Verdict {
        self.check_for("sip:pbx.example.org", now, credentials)
    }

    fn check_for(&mut self, uri: &str, now: Duration, credentials: &Credentials) -> Verdict {
        let uri = Uri::parse(uri).expect("a uri");
        let protected = Protected { realm: REALM, method: &Method::Register, uri: &uri };
        let known = ha1(self.algorithm, ALICE.username, REALM, ALICE.password);
        let account = Account { algorithm: self.algorithm, ha1: &known };
        self.server.check(now, &protected, credentials, |name| (name == ALICE.username).then_some(account))
    }
}

fn accepted() -> Verdict {
    Verdict::Accepted { username: ALICE.username.to_owned() }
}

#[test]
fn the_right_password_is_accepted_with_either_algorithm() {
    for algorithm in [DigestAlgorithm::Md5, DigestAlgorithm::Sha256] {
        let mut house = House::new(algorithm);
        let challenge = house.challenge();
        assert_eq!(challenge.algorithm().as_deref(), Some(algorithm.name()));
        assert_eq!(challenge.qop(), ["auth"]);

        assert_eq!(house.check(NOW, &ALICE.answer(&challenge, 1)), accepted());
    }
}

#[test]
fn a_phone_uses_its_nonce_for_thousands_of_requests() {
    let mut house = House::new(DigestAlgorithm::Md5);
    let challenge = house.challenge();

    for nc in 1..=5000 {
        assert_eq!(house.check(NOW, &ALICE.answer(&challenge, nc)), accepted(), "request {nc}");
    }
    assert_eq!(ALICE.answer(&challenge, 10).raw_nc().as_deref(), Some("0000000a"));
    assert_eq!(ALICE.answer(&challenge, 256).raw_nc().as_deref(), Some("00000100"));
    assert_eq!(ALICE.answer(&challenge, 4096).raw_nc().as_deref(), Some("00001000"));
}

#[test]
fn an_answer_is_taken_once() {
    let mut house = House::new(DigestAlgorithm::Md5);
    let challenge = house.challenge();
    let answer = ALICE.answer(&challenge, 1);

    assert_eq!(house.check(NOW, &answer), accepted());
    assert_eq!(house.check(NOW, &answer), Verdict::Stale);
    assert_eq!(house.check(NOW, &ALICE.answer(&challenge, 3)), accepted());
    assert_eq!(house.check(NOW, &ALICE.answer(&challenge, 2)), accepted(), "overtaken on the way");
    assert_eq!(house.check(NOW, &ALICE.answer(&challenge, 2)), Verdict::Stale);
}

#[test]
fn an_expired_nonce_is_stale_only_for_who_knows_the_password() {
    let mut house = House::new(DigestAlgorithm::Md5);
    let challenge = house.challenge();
    let later = NOW + NONCE_LIFETIME + Duration::from_secs(1);

    assert_eq!(house.check(later, &ALICE.answer(&challenge, 1)), Verdict::Stale);
    let guess = Phone { password: "guess", ..ALICE };
    assert_eq!(house.check(later, &guess.answer(&challenge, 1)), Verdict::Refused);
    assert!(house.server.challenge(later, REALM, DigestAlgorithm::Md5, true).is_stale());
}

#[test]
fn a_nonce_that_we_did_not_make_is_never_accepted() {
    let mut house = House::new(DigestAlgorithm::Md5);
    let forged = Challenge::digest().with_quoted("realm", REALM).with_quoted("nonce", "bm90IG91cnM");
    assert_eq!(house.check(NOW, &ALICE.answer(&forged, 1)), Verdict::Stale);

    let before_restart = DigestServer::new([1; 32]).challenge(NOW, REALM, DigestAlgorithm::Md5, false);
    assert_eq!(house.check(NOW, &ALICE.answer(&before_restart, 2)), Verdict::Stale);

    let for_another_algorithm = house.server.challenge(NOW, REALM, DigestAlgorithm::Sha256, false);
    let nonce = for_another_algorithm.nonce().expect("a nonce").into_owned();
    let swapped = Challenge::digest().with_quoted("realm", REALM).with_quoted("nonce", &nonce);
    assert_eq!(house.check(NOW, &ALICE.answer(&swapped, 1)), Verdict::Stale);
}

#[test]
fn an_answer_for_another_realm_is_not_ours() {
    let mut house = House::new(DigestAlgorithm::Md5);
    let foreign = house.server.challenge(NOW, "other.example", DigestAlgorithm::Md5, false);
    assert_eq!(house.check(NOW, &ALICE.answer(&foreign, 1)), Verdict::NotOurs);

    // The same nonce with our realm's name on it.
    let nonce = foreign.nonce().expect("a nonce").into_owned();
    let swapped = Challenge::digest().with_quoted("realm", REALM).with_quoted("nonce", &nonce);
    assert_eq!(house.check(NOW, &ALICE.answer(&swapped, 1)), Verdict::Stale);

    let bearer = Credentials::parse("Bearer abc").expect("credentials");
    assert_eq!(house.check(NOW, &bearer), Verdict::NotOurs);
}

#[test]
fn unknown_names_and_wrong_passwords_get_the_same_answer() {
    let mut house = House::new(DigestAlgorithm::Md5);
    let challenge = house.challenge();
    let stranger = Phone { username: "nobody", ..ALICE };
    let guess = Phone { password: "guess", ..ALICE };

    assert_eq!(house.check(NOW, &stranger.answer(&challenge, 1)), Verdict::Refused);
    assert_eq!(house.check(NOW, &guess.answer(&challenge, 1)), Verdict::Refused);
    // Neither has used up the count.
    assert_eq!(house.check(NOW, &ALICE.answer(&challenge, 1)), accepted());
}

#[test]
fn a_stranger_is_always_asked_for_the_same_algorithm_as_often_as_accounts_have_it() {
    let server = DigestServer::new([3; 32]);
    let drawn = |name: &str| server.stranger_algorithm(name, 25, 100);
    let names: Vec<String> = (0..1000).map(|number| format!("{number}")).collect();

    assert!(names.iter().all(|name| drawn(name) == drawn(name)));
    let sha256 = names.iter().filter(|name| drawn(name) == DigestAlgorithm::Sha256).count();
    assert!((190..310).contains(&sha256), "{sha256} of 1000");
    assert_eq!(server.stranger_algorithm("x", 0, 100), DigestAlgorithm::Md5);
    assert_eq!(server.stranger_algorithm("x", 0, 0), DigestAlgorithm::Md5);
    assert_eq!(server.stranger_algorithm("x", 100, 100), DigestAlgorithm::Sha256);
}

#[test]
fn extensions_are_asked_for_their_own_algorithm_and_devices_are_known_by_their_names() {
    let device = |username: &str| Device {
        username: username.to_owned(),
        ha1: Ha1(username.to_owned()),
        label: String::new(),
    };
    let extension = |number: &str, digest, devices| Extension {
        number: number.to_owned(),
        name: String::new(),
        post: PostId(1),
        digest,
        devices,
        rights: Class::Internal,
        outside_calls: 0,
        forward: Forwarding::default(),
        do_not_disturb: false,
        pickup_group: None,
        voicemail: None,
    };
    let extensions = vec![
        extension("201", DigestAlgorithm::Sha256, vec![device("desk"), device("soft")]),
        extension("202", DigestAlgorithm::Md5, vec![device("hall")]),
    ];
    let plan = Plan { extensions, ..Plan::default() };
    let server = DigestServer::new([3; 32]);

    assert_eq!(server.algorithm_for(&plan, "201"), DigestAlgorithm::Sha256);
    assert_eq!(server.algorithm_for(&plan, "202"), DigestAlgorithm::Md5);
    assert_eq!(server.algorithm_for(&plan, "999"), server.stranger_algorithm("999", 1, 2));
    let soft = Account::of(&plan, "soft").expect("a device");
    assert_eq!((soft.algorithm, soft.ha1), (DigestAlgorithm::Sha256, &Ha1("soft".to_owned())));
    assert!(Account::of(&plan, "201").is_none());
}

#[test]
fn an_account_is_not_talked_down_to_another_algorithm() {
    let mut house = House::new(DigestAlgorithm::Sha256);
    let md5 = house.server.challenge(NOW, REALM, DigestAlgorithm::Md5, false);

    assert_eq!(house.check(NOW, &ALICE.answer(&md5, 1)), Verdict::Refused);
}

#[test]
fn an_old_phone_without_qop_has_one_request_for_each_nonce() {
    let old = Phone { qop: None, ..ALICE };
    let mut house = House::new(DigestAlgorithm::Md5);
    let challenge = house.challenge();
    assert_eq!(house.check(NOW, &old.answer(&challenge, 1)), accepted());
    assert_eq!(house.check(NOW, &old.answer(&challenge, 1)), Verdict::Stale);

    let counted = house.challenge();
    assert_eq!(house.check(NOW, &ALICE.answer(&counted, 1)), accepted());
    assert_eq!(
        house.check(NOW, &old.answer(&counted, 1)),
        accepted(),
        "not the same request: it is another answer"
    );
    assert_eq!(house.check(NOW, &ALICE.answer(&counted, 2)), Verdict::Stale);

    let mut modern = House::new(DigestAlgorithm::Sha256);
    let challenge = modern.challenge();
    assert_eq!(modern.check(NOW, &old.answer(&challenge, 1)), Verdict::Refused);
}

#[test]
fn what_we_do_not_do_is_refused() {
    let mut house = House::new(DigestAlgorithm::Md5);
    let challenge = house.challenge();
    let whole = Phone { qop: Some("auth-int"), ..ALICE };
    assert_eq!(house.check(NOW, &whole.answer(&challenge, 1)), Verdict::Refused);
    assert_eq!(house.check(NOW, &ALICE.answer(&challenge, 0)), Verdict::Refused);

    let full = ALICE.answer(&challenge, 1).to_string();
    assert_eq!(house.check(NOW, &Credentials::parse(&full).expect("credentials")), accepted());
    let full = ALICE.answer(&challenge, 2).to_string();
    for part in ["username", "nonce", "uri", "response", "nc", "cnonce"] {
        let broken = full.replacen(&format!("{part}="), &format!("x-{part}="), 1);
        let broken = Credentials::parse(&broken).expect("credentials");
        assert_eq!(house.check(NOW, &broken), Verdict::Refused, "without {part}");
    }
}

#[test]
fn an_answer_goes_with_the_uri_it_was_computed_for_however_phones_write_it() {
    let challenge = |house: &mut House| house.challenge();
    for (answered, requested, fits) in [
        ("sip:pbx.example.org", "sip:pbx.example.org:5061;transport=tls", true),
        ("sip:192.0.2.1", "sips:pbx.example.org", true),
        ("sip:00229@pbx.example.org;user=phone", "sip:00229@PBX.example.org", true),
        ("sip:%2A8@pbx.example.org", "sip:*8@pbx.example.org", true),
        ("tel:+22901", "tel:+229-01", true),
        ("sip:201@pbx.example.org", "sip:202@pbx.example.org", false),
        ("sip:pbx.example.org", "sip:0900@pbx.example.org", false),
        ("tel:+22901", "sip:+22901@pbx.example.org", false),
        ("not a uri", "sip:pbx.example.org", false),
    ] {
        let mut house = House::new(DigestAlgorithm::Md5);
        let answer = Phone { uri: answered, ..ALICE }.answer(&challenge(&mut house), 1);
        let verdict = house.check_for(requested, NOW, &answer);
        assert_eq!(verdict == accepted(), fits, "{answered} for {requested}: {verdict:?}");
    }
}

#[test]
fn challenges_cost_no_memory_and_rightly_answered_ones_a_bounded_one() {
    let mut house = House::new(DigestAlgorithm::Md5);
    house.server.replays = Replays::new(2);
    let challenges: Vec<Challenge> = (0..4).map(|_| house.challenge()).collect();
    assert_eq!(house.server.replays.len(), 0);

    for challenge in &challenges {
        assert_eq!(house.check(NOW, &ALICE.answer(challenge, 1)), accepted());
    }
    assert_eq!(house.server.replays.len(), 2);
    assert_eq!(house.check(NOW, &ALICE.answer(&challenges[0], 1)), Verdict::Stale, "forgotten, so not taken");
    assert_eq!(house.check(NOW, &ALICE.answer(&challenges[3], 2)), accepted());
}

#[test]
fn nothing_secret_is_shown() {
    let house = House::new(DigestAlgorithm::Md5);

    assert_eq!(format!("{:?}", house.server), "DigestServer { lifetime: 300s, .. }");
}
