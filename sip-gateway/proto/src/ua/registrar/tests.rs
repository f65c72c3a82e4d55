//! The registrar as phones, connections and restarts find it.

use std::time::{Duration, Instant};

use super::*;
use crate::flow::{Carrier, Connection};
use crate::message::{Method, Uri};
use crate::plan::{Class, Device, DigestAlgorithm, Extension, Forwarding, Ha1, PostId};

const PHONE: &str = r#"<sip:201@192.0.2.7:5060>;+sip.instance="<urn:uuid:0-1>""#;

#[test]
fn a_phone_that_registers_is_reached_where_it_said_over_the_flow_it_used() {
    let mut house = House::new();

    let (response, changes) = house.register("desk", PHONE);

    assert_eq!(response.status, StatusCode::OK);
    assert!(response.headers.to().expect("To").tag().is_some());
    assert_eq!(contacts(&response), [format!("{PHONE};expires=600")]);
    let [Change::Bound(bound)] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!(house.reached(), [bound.as_ref()]);
    assert_eq!(bound.flow, udp(7));
    assert_eq!(bound.user_agent, "Phone 1");
    assert_eq!(house.registrar.poll_timeout(), Some(house.now + Duration::from_secs(600)));
}

#[test]
fn a_binding_ends_when_its_time_has_come_and_not_before() {
    let mut house = House::new();
    house.register("desk", PHONE);

    house.pass(599);
    assert!(house.registrar.handle_timeout(house.now).is_empty());
    assert_eq!(house.reached().len(), 1);

    house.pass(1);
    assert_eq!(house.reached().len(), 0, "even before anybody has looked at the clock");
    let changes = house.registrar.handle_timeout(house.now);
    assert_eq!(changes, [house.unbound("desk <urn:uuid:0-1>")]);
    assert_eq!(house.registrar.poll_timeout(), None);
    assert!(house.registrar.is_empty());
}

#[test]
fn a_refresh_takes_the_place_of_what_it_refreshes() {
    let mut house = House::new();
    let key = |changes: &[Change]| match changes {
        [Change::Bound(bound)] => bound.key.clone(),
        other => panic!("{other:?}"),
    };
    let (_, first) = house.register("desk", "<sip:201@192.0.2.7>");
    house.pass(300);
    let (response, second) = house.register("desk", "<sip:201@192.0.2.7;lr>;expires=120");

    assert_eq!(key(&first), key(&second));
    assert_eq!(contacts(&response), ["<sip:201@192.0.2.7;lr>;expires=120"]);
    assert_eq!(house.registrar.poll_timeout(), Some(house.now + Duration::from_secs(120)));

    house.pass(200);
    assert_eq!(house.registrar.handle_timeout(house.now).len(), 1);
}

#[test]
fn the_time_asked_for_is_kept_within_bounds() {
    for (header, param, granted) in [
        (None, "", "600"),
        (Some("120"), "", "120"),
        (Some("120"), ";expires=180", "180"),
        (Some("7200"), "", "3600"),
        (None, ";expires=4294967295", "3600"),
        (Some("60"), "", "60"),
    ] {
        let mut house = House::new();
        let mut request = house.request(&format!("<sip:201@192.0.2.7>{param}"));
        if let Some(expires) = header {
            request = request.with(HeaderName::Expires, expires);
        }
        let (response, _) = house.send("desk", udp(7), &request);
        assert_eq!(
            contacts(&response),
            [format!("<sip:201@192.0.2.7>;expires={granted}")],
            "{header:?} {param}"
        );
    }

    let mut house = House::new();
    let (response, changes) = house.register("desk", "<sip:201@192.0.2.7>;expires=59");
    assert_eq!(response.status, StatusCode::INTERVAL_TOO_BRIEF);
    assert_eq!(response.headers.get(&HeaderName::MinExpires), Some("60"));
    assert!(changes.is_empty() && house.registrar.is_empty());
}

#[test]
fn a_phone_removes_its_bindings_one_by_one_or_all() {
    let mut house = House::new();
    house.register("desk", "<sip:201@192.0.2.7>, <sip:201@192.0.2.8>, <sip:201@192.0.2.9>");

    let (response, changes) = house.register("desk", "<sip:201@192.0.2.8>;expires=0");
    assert_eq!(changes, [house.unbound("desk sip:201@192.0.2.8")]);
    assert_eq!(contacts(&response).len(), 2);

    let star = house.request("*").with(HeaderName::Expires, 0);
    let (response, changes) = house.send("desk", udp(7), &star);
    assert_eq!((response.status, changes.len()), (StatusCode::OK, 2));
    assert!(contacts(&response).is_empty() && house.registrar.is_empty());

    let star = house.request("*");
    assert_eq!(house.send("desk", udp(7), &star).0.status, StatusCode::BAD_REQUEST);
}

#[test]
fn one_phone_does_not_unregister_another_of_the_same_person() {
    let mut house = House::new();
    house.register("desk", "<sip:201@192.168.1.10>");
    // The softphone sits behind another router with the same addresses.
    let (response, _) = house.register("soft", "<sip:201@192.168.1.10>");
    assert_eq!(contacts(&response).len(), 2);

    let star = house.request("*").with(HeaderName::Expires, 0);
    house.send("soft", udp(9), &star);

    assert_eq!(house.reached().len(), 1);
    assert_eq!(house.reached()[0].device, "desk");
}

#[test]
fn without_a_contact_it_only_lists() {
    let mut house = House::new();
    house.register("desk", PHONE);
    let mut question = house.request(PHONE);
    question.headers.remove(&HeaderName::Contact);

    let (response, changes) = house.send("soft", udp(9), &question);

    assert_eq!((contacts(&response).len(), changes.len()), (1, 0));
}

#[test]
fn who_may_not_register_does_not() {
    let mut house = House::new();
    let request = house.request(PHONE);
    let status = |house: &mut House, aor, device| {
        let (response, _) = house.registrar.register(house.now, &house.plan, aor, device, udp(7), &request);
        response.status
    };

    assert_eq!(status(&mut house, "999", "desk"), StatusCode::NOT_FOUND);
    assert_eq!(status(&mut house, "201", "other-desk"), StatusCode::FORBIDDEN);
    assert_eq!(status(&mut house, "202", "other-desk"), StatusCode::OK);
    for contact in ["<tel:+3312>", "<mailto:a@b>", "<sip:a@b", &["<sip:a@b>"; 11].join(", ")] {
        let (response, changes) = house.register("desk", contact);
        assert_eq!((response.status, changes.len()), (StatusCode::BAD_REQUEST, 0), "{contact}");
    }
}

#[test]
fn an_overtaken_request_changes_nothing_at_all() {
    let mut house = House::new();
    house.register("desk", "<sip:201@192.0.2.7>");
    house.register("desk", "<sip:201@192.0.2.7>");
    let old = house.numbered("<sip:201@192.0.2.9>, <sip:201@192.0.2.7>;expires=0", "1@desk", 2);

    let (response, changes) = house.send("desk", udp(7), &old);

    assert_eq!((response.status, changes.len()), (StatusCode::SERVER_INTERNAL_ERROR, 0));
    assert_eq!(house.reached().len(), 1);
    let star = house.numbered("*", "1@desk", 1).with(HeaderName::Expires, 0);
    assert_eq!(house.send("desk", udp(7), &star).0.status, StatusCode::SERVER_INTERNAL_ERROR);

    // A phone that was switched off and on begins anew.
    let rebooted = house.numbered("<sip:201@192.0.2.7>", "2@desk", 1);
    assert_eq!(house.send("desk", udp(7), &rebooted).0.status, StatusCode::OK);
}

#[test]
fn a_phone_that_says_which_it_is_has_one_binding_when_its_address_changes() {
    let mut house = House::new();
    house.register("desk", r#"<sip:201@192.0.2.7:50001;transport=tls>;+sip.instance="<urn:uuid:0-1>""#);
    let (response, changes) =
        house.register("desk", r#"<sip:201@192.0.2.7:50002;transport=tls>;+sip.instance="<urn:uuid:0-1>""#);

    assert_eq!((contacts(&response).len(), changes.len()), (1, 1));
    assert_eq!(house.reached()[0].contact.uri.port(), Some(50002));
}

#[test]
fn flows_of_one_phone_are_counted_when_both_sides_know_how() {
    let mut house = House::new();
    let flow = |id: u32| format!(r#"<sip:201@192.0.2.7;ob>;+sip.instance="<urn:uuid:0-1>";reg-id={id}"#);
    let outbound = |request: Request| request.with(HeaderName::Supported, "path, outbound");

    let first = outbound(house.request(&flow(1)));
    let (response, _) = house.send("desk", tls(1), &first);
    assert_eq!(response.headers.get(&HeaderName::Require), Some("outbound"));
    assert_eq!(response.headers.get(&HeaderName::FlowTimer), Some("120"));
    house.pass(1);
    let second = outbound(house.request(&flow(2)));
    let (response, _) = house.send("desk", tls(2), &second);
    assert_eq!(contacts(&response).len(), 2);

    // It rings once, over the newer flow; over the older when that is gone.
    assert_eq!(house.reached().iter().map(|binding| binding.flow).collect::<Vec<_>>(), [tls(2)]);
    assert_eq!(house.registrar.flow_lost(house.now, &tls(2)), [house.unbound("desk <urn:uuid:0-1> 2")]);
    assert_eq!(house.reached().iter().map(|binding| binding.flow).collect::<Vec<_>>(), [tls(1)]);

    // The number of a flow means nothing to who does not say that it counts them.
    let silent = house.request(&flow(3));
    let (response, _) = house.send("desk", tls(3), &silent);
    assert!(
        !response.headers.contains(&HeaderName::Require)
            && !response.headers.contains(&HeaderName::FlowTimer)
    );
    assert!(contacts(&response).iter().any(|contact| !contact.contains("reg-id")));

    let both = outbound(house.request(&format!("{}, {}", flow(1), flow(2))));
    assert_eq!(house.send("desk", tls(3), &both).0.status, StatusCode::BAD_REQUEST);
}

#[test]
fn flows_are_not_counted_behind_a_proxy_that_does_not_know_how() {
    let mut house = House::new();
    let mut behind = |path: &str| {
        let mut request = house
            .request(r#"<sip:201@192.0.2.7>;+sip.instance="<urn:uuid:0-1>";reg-id=1"#)
            .with(HeaderName::Supported, "path, outbound")
            .with(HeaderName::Path, path);
        request.headers.push_front(HeaderName::Via, "SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKp");
        house.send("desk", udp(7), &request).0
    };

    assert_eq!(behind("<sip:edge.example;lr>").status, StatusCode::FIRST_HOP_LACKS_OUTBOUND_SUPPORT);
    let response = behind("<sip:inner.example;lr>, <sip:token@edge.example;lr;ob>");
    assert_eq!(response.headers.get(&HeaderName::Require), Some("outbound"));
    assert_eq!(response.headers.lines(&HeaderName::Path).count(), 2);
    assert_eq!(response.headers.get(&HeaderName::FlowTimer), Some("29"));
    let path: Vec<String> = house.reached()[0].path.iter().map(ToString::to_string).collect();
    assert_eq!(path, ["<sip:inner.example;lr>", "<sip:token@edge.example;lr;ob>"]);
}

#[test]
fn the_most_wanted_is_reached_first_and_among_equals_who_was_heard_of_last() {
    let mut house = House::new();
    for contact in
        ["<sip:a@192.0.2.1>;q=0.5", "<sip:b@192.0.2.1>;q=0.9", "<sip:c@192.0.2.1>;q=0.5", "<sip:d@192.0.2.1>"]
    {
        house.register("desk", contact);
        house.pass(1);
    }
    house.register("desk", "<sip:a@192.0.2.1>;q=0.5");

    let order: Vec<String> =
        house.reached().iter().filter_map(|binding| Some(binding.contact.uri.user()?.into_owned())).collect();
    assert_eq!(order, ["d", "b", "a", "c"]);
}

#[test]
fn a_lost_connection_takes_its_bindings_along_and_datagrams_are_never_lost() {
    let mut house = House::new();
    let over = |house: &mut House, contact: &str, flow| {
        let request = house.request(contact);
        house.send("desk", flow, &request)
    };
    over(&mut house, "<sip:a@192.0.2.1>", tls(1));
    over(&mut house, "<sip:b@192.0.2.1>", tls(1));
    over(&mut house, "<sip:c@192.0.2.1>", udp(7));
    // It has come back before its old connection was missed.
    over(&mut house, "<sip:a@192.0.2.1>", tls(2));

    assert_eq!(house.registrar.flow_lost(house.now, &tls(1)), [house.unbound("desk sip:b@192.0.2.1")]);
    assert_eq!(house.registrar.flow_lost(house.now, &tls(1)), []);
    assert_eq!(house.registrar.flow_lost(house.now, &udp(7)), []);
    assert_eq!(house.reached().len(), 2);
}

#[test]
fn a_device_pushes_out_its_own_bindings_and_not_anothers() {
    let mut house = House::new();
    for port in 1..=9 {
        house.register("desk", &format!("<sip:201@192.0.2.7:{port}>"));
    }
    house.register("soft", "<sip:201@192.0.2.8>");

    let (response, changes) = house.register("desk", "<sip:201@192.0.2.7:10>");
    assert_eq!((response.status, contacts(&response).len()), (StatusCode::OK, MAX_CONTACTS));
    assert_eq!(changes[0], house.unbound("desk sip:201@192.0.2.7:1"));

    for port in 11..=20 {
        house.register("desk", &format!("<sip:201@192.0.2.7:{port}>"));
    }
    assert!(house.reached().iter().any(|binding| binding.device == "soft"));
    let many = (1..=10).map(|port| format!("<sip:201@192.0.2.8:{port}>")).collect::<Vec<_>>().join(", ");
    let (response, changes) = house.register("soft", &many);
    assert_eq!((response.status, changes.len()), (StatusCode::FORBIDDEN, 0));
    assert_eq!(house.registrar.len(), MAX_CONTACTS);
}

#[test]
fn bindings_outlive_the_program_and_those_of_connections_wait_for_the_phone() {
    let mut house = House::new();
    let request = house
        .request(
            r#""Desk" <sip:201@192.0.2.7:5060;transport=udp>;+sip.instance="<urn:uuid:0-1>";q=0.7;x="a b""#,
        )
        .with(HeaderName::Supported, "path")
        .with(HeaderName::Path, "<sip:edge.example;lr>");
    house.send("desk", udp(7), &request);
    let secure = house.request("<sip:201@192.0.2.8:50001;transport=tls>");
    house.send("soft", tls(3), &secure);
    house.pass(100);
    let saved: Vec<SavedBinding> =
        house.registrar.bindings().map(|binding| binding.save(house.now)).collect();

    let mut next = House { now: house.now + Duration::from_secs(5), ..House::new() };
    assert_eq!(next.registrar.restore(next.now, &next.plan, saved.clone()), []);

    let mut before: Vec<_> = saved;
    let mut after: Vec<_> = next.registrar.bindings().map(|binding| binding.save(next.now)).collect();
    before.sort_by(|one, other| one.key.cmp(&other.key));
    after.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(after, before);
    assert_eq!(next.reached().iter().map(|binding| binding.flow).collect::<Vec<_>>(), [udp(7)]);
    assert_eq!(next.registrar.bindings_of("201").filter(|binding| !binding.reachable).count(), 1);

    // The phone comes back with the Call-ID it had.
    next.cseq = house.cseq;
    let (response, changes) = {
        let request = next.request("<sip:201@192.0.2.8:50001;transport=tls>");
        next.send("soft", tls(1), &request)
    };
    assert_eq!((contacts(&response).len(), changes.len()), (2, 1));
    assert_eq!(next.reached().len(), 2);
}

#[test]
fn what_was_stored_and_is_of_no_use_is_told_as_ended() {
    let mut house = House::new();
    house.register("desk", PHONE);
    let good = house.registrar.bindings().next().expect("bound").save(house.now);
    let bad = [
        SavedBinding { flow: "nonsense".to_owned(), ..good.clone() },
        SavedBinding { contact: "nonsense".to_owned(), ..good.clone() },
        SavedBinding { path: vec![String::new()], ..good.clone() },
        SavedBinding { device: "gone".to_owned(), ..good.clone() },
        SavedBinding { aor: "gone".to_owned(), ..good.clone() },
        SavedBinding { remaining: Duration::ZERO, ..good.clone() },
    ];

    let mut next = House::new();
    let changes = next.registrar.restore(next.now, &next.plan, bad.to_vec());

    assert_eq!(changes.len(), bad.len());
    assert!(
        changes.iter().all(|change| matches!(change, Change::Unbound { .. })) && next.registrar.is_empty()
    );
    let forever = SavedBinding { remaining: Duration::MAX, ..good };
    assert_eq!(next.registrar.restore(next.now, &next.plan, vec![forever]), []);
    assert_eq!(next.registrar.poll_timeout(), Some(next.now + Duration::from_secs(3600)));
}

#[test]
fn who_is_taken_out_of_the_plan_or_unbound_by_the_administrator_is_not_reached() {
    let mut house = House::new();
    house.register("desk", PHONE);
    house.register("soft", PHONE);
    assert_eq!(house.registrar.plan_changed(&house.plan), []);

    let mut plan = house.plan.clone();
    plan.extensions[0].devices.remove(0);
    assert_eq!(house.registrar.plan_changed(&plan), [house.unbound("desk <urn:uuid:0-1>")]);
    let key = "soft <urn:uuid:0-1>";
    assert_eq!(house.registrar.unbind("201", key), Some(house.unbound(key)));
    assert_eq!(house.registrar.unbind("201", key), None);
    assert!(house.registrar.is_empty());
}

#[test]
fn tens_of_thousands_of_bindings_end_in_order_and_leave_nothing_behind() {
    let mut house = House::new();
    for number in 1000..21_000 {
        house.plan.extensions.push(extension(&number.to_string(), &[&format!("d{number}")]));
    }
    for number in 1000..21_000_u16 {
        let lasts = 60 + u64::from(number) * 7919 % 1000;
        let request = house.request(&format!("<sip:{number}@192.0.2.7>;expires={lasts}"));
        let (aor, device) = (number.to_string(), format!("d{number}"));
        house.registrar.register(house.now, &house.plan, &aor, &device, tls(u64::from(number)), &request);
    }
    assert_eq!(house.registrar.len(), 20_000);

    let mut ended = 0;
    while let Some(deadline) = house.registrar.poll_timeout() {
        ended += house.registrar.handle_timeout(deadline).len();
    }
    assert_eq!(ended, 20_000);
    assert!(house.registrar.is_empty());
    assert_eq!(format!("{:?}", house.registrar.table).matches("Binding {").count(), 0);
    assert_eq!(house.registrar.table.aors(), 0);
}

/// A plan with two extensions, and a registrar for it.
struct House {
    registrar: Registrar,
    plan: Plan,
    now: Instant,
    cseq: u32,
}

impl House {
    fn new() -> Self {
        let extensions = vec![extension("201", &["desk", "soft"]), extension("202", &["other-desk"])];
        let plan = Plan { extensions, ..Plan::default() };
        Self { registrar: Registrar::default(), plan, now: Instant::now(), cseq: 0 }
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn request(&mut self, contact: &str) -> Request {
        self.cseq += 1;
        self.numbered(contact, "1@desk", self.cseq)
    }

    fn numbered(&self, contact: &str, call_id: &str, cseq: u32) -> Request {
        Request::new(Method::Register, Uri::parse("sip:pbx.example.org").expect("a uri"))
            .with(HeaderName::Via, "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK1")
            .with(HeaderName::From, "<sip:201@pbx.example.org>;tag=1")
            .with(HeaderName::To, "<sip:201@pbx.example.org>")
            .with(HeaderName::CallId, call_id)
            .with(HeaderName::CSeq, format!("{cseq} REGISTER"))
            .with(HeaderName::UserAgent, "Phone 1")
            .with(HeaderName::Contact, contact)
    }

    fn register(&mut self, device: &str, contact: &str) -> (Response, Vec<Change>) {
        let request = self.request(contact);
        self.send(device, udp(7), &request)
    }

    fn send(&mut self, device: &str, flow: Flow, request: &Request) -> (Response, Vec<Change>) {
        self.registrar.register(self.now, &self.plan, "201", device, flow, request)
    }

    fn reached(&self) -> Vec<&Binding> {
        self.registrar.lookup(self.now, "201")
    }

    fn unbound(&self, key: &str) -> Change {
        Change::Unbound { aor: "201".to_owned(), key: key.to_owned() }
    }
}

fn extension(number: &str, devices: &[&str]) -> Extension {
    let device = |username: &&str| Device {
        username: (*username).to_owned(),
        ha1: Ha1(String::new()),
        label: String::new(),
    };
    Extension {
        number: number.to_owned(),
        name: String::new(),
        post: PostId(1),
        digest: DigestAlgorithm::Md5,
        devices: devices.iter().map(device).collect(),
        rights: Class::Internal,
        outside_calls: 1,
        forward: Forwarding::default(),
        do_not_disturb: false,
        pickup_group: None,
        voicemail: None,
    }
}

fn udp(host: u8) -> Flow {
    Flow {
        carrier: Carrier::Udp,
        local: ([198, 51, 100, 1], 5060).into(),
        remote: ([192, 0, 2, host], 5060).into(),
        connection: Connection::NONE,
    }
}

fn tls(connection: u64) -> Flow {
    Flow {
        carrier: Carrier::Tls,
        local: ([198, 51, 100, 1], 5061).into(),
        remote: ([192, 0, 2, 8], 50_001).into(),
        connection: Connection(connection),
    }
}

fn contacts(response: &Response) -> Vec<String> {
    response.headers.lines(&HeaderName::Contact).map(str::to_owned).collect()
}
