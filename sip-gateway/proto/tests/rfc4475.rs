//! The torture messages of RFC 4475: what is read of the valid ones, and what the malformed ones are answered.
//!
//! The messages are the RFC's own, byte by byte, in `rfc4475/`.

use std::path::Path;
use std::time::Duration;

use sip_gateway_proto::message::{
    Contacts, HeaderName, Message, Method, ParseError, Request, Response, Scheme, StatusCode, Transport,
    Understood, Uri, refuse,
};

/// What a registrar and gateway for calls understands.
const UNDERSTOOD: Understood<'_> = Understood {
    methods: &[
        Method::Invite,
        Method::Ack,
        Method::Bye,
        Method::Cancel,
        Method::Options,
        Method::Register,
        Method::Message,
    ],
    extensions: &["100rel", "timer", "path", "outbound"],
    bodies: &["application/sdp", "multipart/mixed", "text/plain"],
    forwards: true,
};

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// It is read and acted upon.
    Taken,
    /// It is answered with a status.
    Refused(u16),
    /// Nobody is answered.
    Dropped,
}
use Fate::{Dropped, Refused, Taken};

/// Every message with what its section of the RFC recommends, or the first of what it allows.
const FATES: [(&str, Fate); 49] = [
    // 3.1.1 Valid messages. The two with methods that nobody knows are well-formed, and refused for what they ask.
    ("wsinv", Taken),
    ("intmeth", Refused(501)),
    ("esc01", Taken),
    ("escnull", Taken),
    ("esc02", Refused(501)),
    ("lwsdisp", Taken),
    ("longreq", Taken),
    ("dblreq", Taken),
    ("semiuri", Taken),
    ("transports", Taken),
    ("mpart01", Taken),
    ("unreason", Taken),
    ("noreason", Taken),
    // 3.1.2 Invalid messages.
    ("badinv01", Refused(400)),
    ("clerr", Refused(400)),
    ("ncl", Refused(400)),
    ("scalar02", Refused(400)),
    ("scalarlg", Dropped),
    ("quotbal", Refused(400)),
    ("ltgtruri", Refused(400)),
    ("lwsruri", Refused(400)),
    ("lwsstart", Refused(400)),
    ("trws", Refused(400)),
    ("escruri", Refused(400)),
    // A date in another zone may be ignored.
    ("baddate", Taken),
    ("regbadct", Refused(400)),
    ("badaspec", Refused(400)),
    ("baddn", Refused(400)),
    ("badvers", Refused(505)),
    ("mismatch01", Refused(400)),
    ("mismatch02", Refused(400)),
    ("bigcode", Dropped),
    // 3.2 Transaction layer: the branch identifies nothing, the older rules do.
    ("badbranch", Taken),
    // 3.3 Application layer.
    ("insuf", Refused(400)),
    ("unkscm", Refused(416)),
    ("novelsc", Refused(416)),
    ("unksm2", Refused(404)),
    ("bext01", Refused(420)),
    ("invut", Refused(415)),
    // The registrar challenges it, as if there were no credentials.
    ("regaut01", Taken),
    ("multi01", Refused(400)),
    ("mcl01", Refused(400)),
    // Who has sent no such request drops it: it has a hop too many.
    ("bcast", Taken),
    ("zeromf", Refused(483)),
    ("cparam01", Taken),
    ("cparam02", Taken),
    ("regescrt", Taken),
    ("sdp01", Refused(406)),
    ("inv2543", Taken),
];

#[test]
fn every_message_meets_the_fate_that_the_rfc_recommends() {
    let wrong: Vec<_> = FATES
        .iter()
        .map(|(name, fate)| (name, fate, fate_of(&read(name))))
        .filter(|(_, expected, found)| *expected != found)
        .collect();

    assert!(wrong.is_empty(), "expected and found: {wrong:#?}");
}

#[test]
fn every_file_is_in_the_table() {
    let files = std::fs::read_dir(directory()).expect("the messages are there");
    let files = files.filter(|entry| entry.as_ref().is_ok_and(|file| file.path().extension().is_some()));

    assert_eq!(files.count(), FATES.len());
}

#[test]
fn refusals_of_malformed_requests_find_their_way_back() {
    for (name, fate) in &FATES {
        let (Refused(status), Err(error)) = (fate, read(name)) else { continue };

        let response = error.response("our-tag").unwrap_or_else(|| panic!("{name}: {error}"));

        assert_eq!(response.status.code(), *status, "{name}");
        let text = String::from_utf8_lossy(&bytes(name)).into_owned();
        let sent_by = response.headers.via().expect("a way back").host;
        assert!(text.contains(&sent_by), "{name}: {sent_by}");
        assert!(!response.to_bytes().is_empty(), "{name}");
    }
}

#[test]
fn whatever_is_taken_is_written_so_that_it_reads_back_the_same() {
    for (name, _) in &FATES {
        let Ok(message) = read(name) else { continue };

        assert_eq!(Message::parse(&message.to_bytes()), Ok(message), "{name}");
    }
}

#[test]
fn wsinv_a_short_tortuous_invite() {
    let request = request("wsinv");
    let headers = &request.headers;

    assert_eq!(request.method, Method::Invite);
    assert_eq!(request.uri.user().as_deref(), Some("vivekg"));
    assert_eq!(request.uri.host(), "chair-dnrc.example.com");
    assert!(request.uri.has_param("unknownparam"));
    let to = headers.to().expect("To");
    assert_eq!(to.uri.as_str(), "sip:vivekg@chair-dnrc.example.com");
    assert_eq!(to.tag(), Some("1918181833n"));
    let from = headers.from().expect("From");
    assert_eq!(from.display_name.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(from.uri.as_str(), "sip:jdrosen@example.com");
    assert_eq!(from.tag(), Some("98asjd8"));
    assert_eq!(headers.max_forwards(), Some(68));
    assert_eq!(headers.call_id(), Ok("wsinv.ndaksdj@192.0.2.1"));
    let cseq = headers.cseq().expect("CSeq");
    assert_eq!((cseq.number, cseq.method), (9, Method::Invite));
    let vias = headers.vias().expect("Via");
    let hops: Vec<_> = vias
        .iter()
        .map(|via| (via.transport.as_str(), via.host.as_str(), via.branch().unwrap_or_default()))
        .collect();
    assert_eq!(
        hops,
        [
            ("UDP", "192.0.2.2", "390skdjuw"),
            ("TCP", "spindle.example.com", "z9hG4bK9ikj8"),
            ("UDP", "192.168.255.111", "z9hG4bK30239"),
        ]
    );
    assert_eq!(headers.get(&HeaderName::Subject), Some(""));
    assert_eq!(other(&request, "newfangledheader"), Some("newfangled value continued newfangled value"));
    assert_eq!(other(&request, "UnknownHeaderWithUnusualValue"), Some(";;,,;;,;"));
    let routes = headers.addresses(&HeaderName::Route).expect("Route");
    assert_eq!(routes.len(), 1);
    assert!(routes[0].uri.has_param("lr") && routes[0].uri.has_param("unknown-no-value"));
    assert_eq!(routes[0].uri.param("unknownwith").as_deref(), Some("value"));
    let contact = headers.contact().expect("Contact");
    assert_eq!(contact.display_name.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.params.get("newparam"), Some("newvalue"));
    assert!(contact.params.contains("secondparam"));
    assert_eq!(contact.q(), Some(330));
    assert_eq!(headers.content_type().as_deref(), Some("application/sdp"));
    assert_eq!(request.body.len(), 150);
}

#[test]
fn intmeth_a_wide_range_of_valid_characters() {
    let request = request("intmeth");
    let headers = &request.headers;

    assert_eq!(request.method.as_str(), "!interesting-Method0123456789_*+`.%indeed'~");
    assert_eq!(request.uri.raw_user(), Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
    assert_eq!(request.uri.raw_password(), Some("&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"));
    assert_eq!(request.uri.host(), "example.com");
    assert_eq!(headers.via().expect("Via").branch(), Some("z9hG4bK-.!%66*_+`'~"));
    let to = headers.to().expect("To");
    assert_eq!(to.display_name.as_deref(), Some("BEL:\u{7} NUL:\u{0} DEL:\u{7f}"));
    assert_eq!(to.uri.raw_user(), Some("1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"));
    let from = headers.from().expect("From");
    assert_eq!(from.display_name.as_deref(), Some("token1~` token2'+_ token3*%!.-"));
    assert_eq!(from.params.unquoted("fromParam''~+*_!.-%").as_deref(), Some("работающий"));
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(headers.call_id(), Ok("intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{"));
    assert_eq!(headers.cseq().expect("CSeq").number, 139_122_385);
    assert_eq!(headers.max_forwards(), Some(255));
    assert_eq!(other(&request, "extensionHeader-!.%*+_`'~"), Some("\u{feff}大停電"));
}

#[test]
fn esc01_and_escnull_valid_escapes_are_undone_once() {
    let escaped = request("esc01");
    assert_eq!(escaped.uri.scheme(), Scheme::Sip);
    assert_eq!(escaped.uri.user().as_deref(), Some("sips:user@example.com"));
    assert_eq!(escaped.uri.host(), "example.net");
    let to = escaped.headers.to().expect("To");
    assert!(to.uri.is_same(&Uri::parse("sip:user@example.com").expect("a uri")));
    assert_eq!(escaped.headers.from().expect("From").uri.user().as_deref(), Some("I have spaces"));
    let contact = escaped.headers.contact().expect("Contact").uri;
    assert_eq!(contact.user().as_deref(), Some("caller"));
    assert!(contact.has_param("lr"));
    assert_eq!(contact.param("name").as_deref(), Some("value%41"));
    assert_eq!(escaped.headers.call_id(), Ok("esc01.239409asdfakjkn23onasd0-3234"));
    assert_eq!(escaped.body.len(), 150);

    let nulls = request("escnull");
    assert_eq!(nulls.headers.to().expect("To").uri.user().as_deref(), Some("null-\0-null"));
    let Ok(Contacts::List(contacts)) = nulls.headers.contacts() else { panic!("two contacts") };
    let users: Vec<_> = contacts.iter().filter_map(|contact| contact.uri.user()).collect();
    assert_eq!(users, ["\0", "\0\0"]);
    assert!(!contacts[0].uri.is_same(&contacts[1].uri));
}

#[test]
fn esc02_percent_signs_that_escape_nothing() {
    let request = request("esc02");

    assert_eq!(request.method.as_str(), "RE%47IST%45R");
    assert_ne!(request.method, Method::Register);
    assert_eq!(request.headers.to().expect("To").display_name.as_deref(), Some("%Z%45"));
    assert_eq!(request.headers.via().expect("Via").branch(), Some("z9hG4bK209%fzsnel234"));
    let Ok(Contacts::List(contacts)) = request.headers.contacts() else { panic!("contacts") };
    assert_eq!(contacts.len(), 2, "a name with an escape is another name");
    assert_eq!(other(&request, "C%6Fntact"), Some("<sip:alias2@host2.example.com>"));
}

#[test]
fn lwsdisp_no_blank_between_name_and_bracket() {
    let from = request("lwsdisp").headers.from().expect("From");

    assert_eq!(from.display_name.as_deref(), Some("caller"));
    assert_eq!(from.uri.as_str(), "sip:caller@example.com");
    assert_eq!(from.tag(), Some("323"));
}

#[test]
fn longreq_long_values() {
    let request = request("longreq");

    let vias = request.headers.vias().expect("Via");
    assert_eq!(vias.len(), 34);
    assert_eq!(vias[0].host, "sip33.example.com");
    assert_eq!(vias[33].host, "host.example.com");
    assert_eq!(vias[33].received(), Some("192.0.2.5".parse().expect("an address")));
    assert!(vias[33].branch().is_some_and(|branch| branch.starts_with("verylonglong") && branch.len() > 200));
    let to = request.headers.to().expect("To");
    assert_eq!(to.uri.port(), Some(6000));
    assert!(to.display_name.is_some_and(|name| name.ends_with(" proportion")));
    let from = request.headers.from().expect("From");
    assert!(from.tag().is_some_and(|tag| tag.starts_with("1298298298") && tag.len() > 100));
    assert!(request.headers.call_id().is_ok_and(|id| id.starts_with("longreq.onereally")));
    assert_eq!(request.body.len(), 150);
}

#[test]
fn dblreq_extra_bytes_in_a_datagram() {
    let request = request("dblreq");

    assert_eq!(request.method, Method::Register);
    assert_eq!(request.headers.call_id(), Ok("dblreq.0ha0isndaksdj99sdfafnl3lk233412"));
    assert_eq!(request.headers.contact().expect("Contact").uri.as_str(), "sip:j.user@host.example.com");
    assert!(request.body.is_empty());
}

#[test]
fn semiuri_a_semicolon_in_the_user() {
    let request = request("semiuri");

    assert_eq!(request.uri.user().as_deref(), Some("user;par=u@example.net"));
    assert_eq!(request.uri.host(), "example.com");
    assert_eq!(request.uri.params().count(), 0);
    let accepted: Vec<_> = request.headers.tokens(&HeaderName::Accept).collect();
    assert_eq!(accepted.len(), 6);
    assert_eq!(accepted[5], "message/sipfrag");
}

#[test]
fn transports_known_and_unknown() {
    let vias = request("transports").headers.vias().expect("Via");

    let transports: Vec<_> = vias.iter().map(|via| via.transport.as_str()).collect();
    assert_eq!(transports, ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]);
    assert!(matches!(vias[3].transport, Transport::Other(_)));
    assert_eq!(vias[4].unique_branch(), Some("z9hG4bK0a9idfnee"));
}

#[test]
fn mpart01_a_body_with_bytes_of_any_kind() {
    let request = request("mpart01");

    assert_eq!(request.body.len(), 553);
    assert!(request.body.starts_with(b"--7a9cbec02ceef655\r\n"));
    assert!(request.body.ends_with(b"--7a9cbec02ceef655--\r\n"));
    assert!(request.body.contains(&0), "binary");
    let (kind, params) = request
        .headers
        .value_and_params(&HeaderName::ContentType)
        .expect("well-formed")
        .expect("Content-Type");
    assert_eq!((kind, params.get("boundary")), ("multipart/mixed", Some("7a9cbec02ceef655")));
    assert_eq!(request.headers.date().map(|date| date.unix_seconds), Some(1_129_351_496));
    assert_eq!(request.headers.via().expect("Via").rport(), None);
    assert!(request.headers.via().expect("Via").wants_rport());
}

#[test]
fn unreason_and_noreason_any_phrase_or_none() {
    let unusual = response("unreason");
    assert_eq!(unusual.status, StatusCode::OK);
    assert_eq!(unusual.reason, "= 2**3 * 5**2 но сто девяносто девять - простое");
    assert_eq!(unusual.headers.to().expect("To").tag(), Some("2229"));
    // The file's Content-Length is what the RFC prints.
    assert!(unusual.body.starts_with(b"v=0\r\n"));

    let none = response("noreason");
    assert_eq!((none.status, none.reason.as_str()), (StatusCode::TRYING, ""));
    assert_eq!(none.headers.cseq().expect("CSeq").number, 35);
}

#[test]
fn what_may_be_ignored_is() {
    assert_eq!(request("baddate").headers.date(), None);
    assert_eq!(request("badbranch").headers.via().expect("Via").unique_branch(), None);
    let older = request("inv2543");
    assert_eq!(older.headers.from().expect("From").tag(), None);
    assert_eq!(older.headers.max_forwards(), None);
    let route = &older.headers.addresses(&HeaderName::RecordRoute).expect("Record-Route")[0];
    assert_eq!(route.uri.param("maddr").as_deref(), Some("ss1.example.com"));
    assert!(older.body.starts_with(b"v=0"));
}

#[test]
fn contacts_keep_their_parameters_where_they_were() {
    let outside = request("cparam01").headers.contact().expect("Contact");
    assert!(outside.params.contains("unknownparam") && !outside.uri.has_param("unknownparam"));
    let inside = request("cparam02").headers.contact().expect("Contact");
    assert!(!inside.params.contains("unknownparam") && inside.uri.has_param("unknownparam"));
    assert!(inside.uri.is_same(&outside.uri), "parameters that nobody knows make no difference");

    let with_route = request("regescrt").headers.contact().expect("Contact");
    let fields: Vec<_> = with_route.uri.headers().collect();
    assert_eq!(fields, [("Route".into(), "<sip:sip.example.com>".into())]);
    assert!(with_route.params.is_empty());
}

#[test]
fn hints_that_are_too_large_count_as_their_defaults() {
    let text = String::from_utf8(bytes("scalar02")).expect("text");
    let repaired = text.replace("36893488147419103232", "1");

    let Ok(Message::Request(request)) = Message::parse(repaired.as_bytes()) else { panic!("repaired") };

    assert_eq!(request.headers.max_forwards(), None);
    assert_eq!(request.headers.expires(), Some(Duration::from_secs(3600)));
    assert_eq!(request.headers.contact().expect("Contact").expires(), Some(Duration::from_secs(3600)));
}

#[test]
fn refusals_name_what_is_missing() {
    let hint = |name: &str| refuse(&request(name), &UNDERSTOOD).expect(name).hints;

    let unsupported =
        "nothingSupportsThis, nothingSupportsThisEither, noProxiesSupportThis, norDoAnyProxiesSupportThis";
    assert_eq!(hint("bext01"), [(HeaderName::Unsupported, unsupported.to_owned())]);
    assert_eq!(hint("invut")[0].0, HeaderName::Accept);
    let credentials = request("regaut01").headers.credentials(&HeaderName::Authorization).expect("readable");
    assert_eq!(credentials[0].scheme(), "NoOneKnowsThisScheme");
    assert!(!credentials[0].is_digest());
}

#[test]
fn bcast_a_response_with_a_hop_too_many() {
    let vias = response("bcast").headers.vias().expect("Via");

    assert_eq!(vias.len(), 2);
    assert_eq!(vias[1].host, "255.255.255.255");
}

fn fate_of(outcome: &Result<Message, ParseError>) -> Fate {
    match outcome {
        Ok(Message::Request(request)) => match refuse(request, &UNDERSTOOD) {
            Some(refusal) => Refused(refusal.status.code()),
            None => Taken,
        },
        Ok(Message::Response(_)) => Taken,
        Err(error) => error.status().map_or(Dropped, |status| Refused(status.code())),
    }
}

fn request(name: &str) -> Request {
    match read(name) {
        Ok(Message::Request(request)) => request,
        other => panic!("{name}: {other:?}"),
    }
}

fn response(name: &str) -> Response {
    match read(name) {
        Ok(Message::Response(response)) => response,
        other => panic!("{name}: {other:?}"),
    }
}

fn other<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(&HeaderName::parse(name).expect("a name"))
}

fn read(name: &str) -> Result<Message, ParseError> {
    Message::parse(&bytes(name))
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(directory().join(format!("{name}.dat"))).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rfc4475")
}
