//! Calls to and from the public network.

use std::time::Duration;

use super::calls::refused_with;
use super::house::{House, ours};
use super::phone::Phone;
use crate::call::{PlaceCall, RecordedRoute};
use crate::message::{HeaderName, Headers, Method, StatusCode};
use crate::plan::{Class, PostId, RingGroup, RingStrategy, TrunkCredentials, TrunkId};

/// The house's first phone stands for the operator.
const OPERATOR: usize = 0;

#[test]
fn a_call_goes_out_over_the_trunk_of_the_post() {
    let mut house = House::new(&["1001"]);
    let caller = house.registered("1001");
    house.dial(caller, "00033140506070");
    house.act(OPERATOR, Phone::answer);

    let invite = house.phones[OPERATOR].legs[0].invitation();
    assert_eq!(invite.uri.user().as_deref(), Some("+33140506070"));
    assert!(
        invite.headers.get(&HeaderName::From).is_some_and(|from| from.contains("+2290121301234")),
        "{invite:?}"
    );
    assert_eq!(house.hears(caller), Some(OPERATOR));
    let outside = house.records.iter().find(|record| !record.inbound).expect("a leg outside");
    assert!(matches!(outside.route, RecordedRoute::Trunk { trunk: TrunkId(1), .. }));
}

#[test]
fn a_meeting_calls_outside_by_the_trunk_of_whoever_calls() {
    let mut house = House::new(&["1001"]);
    let order = PlaceCall {
        from: "1001".to_owned(),
        room: Some("meeting-room".to_owned()),
        dialled: "00033140506070".to_owned(),
        on_behalf: Some("Bilatérale".to_owned()),
        identity: None,
    };
    let placed = house.click(|endpoint, with| endpoint.place(with, order)).expect("a call");
    house.act(OPERATOR, Phone::answer);

    assert_eq!(house.sits(OPERATOR), Some(placed.leg), "the operator's line sits in the meeting");
    let seat = &house.seats[&placed.leg];
    assert_eq!((seat.room.as_str(), seat.number.as_str()), ("meeting-room", "+33140506070"));
    let line = house.records.iter().find(|record| !record.inbound).expect("a line");
    assert!(matches!(line.route, RecordedRoute::Trunk { trunk: TrunkId(1), .. }), "{:?}", line.route);
}

#[test]
fn a_call_comes_in_for_the_number_that_was_dialled() {
    let mut house = House::new(&["1001"]);
    let callee = house.registered("1001");
    house.phones[OPERATOR].number = "+33140506070".to_owned();
    house.dial(OPERATOR, "+2290121301234");
    house.act(callee, Phone::answer);

    assert_eq!(house.hears(OPERATOR), Some(callee));
    let shown = house.phones[callee].legs[0].invitation().headers.get(&HeaderName::From).unwrap_or_default();
    assert!(shown.contains("+33140506070"), "{shown}");
}

#[test]
fn a_trunk_by_its_address_brings_calls_before_any_name_was_looked_up() {
    let mut house = House::new(&["1001"]);
    let callee = house.registered("1001");
    house.phones[OPERATOR].number = "+33140506070".to_owned();
    let address = house.phones[OPERATOR].address.ip().to_string();
    // A trunk that was changed is looked up anew.
    house.change(|plan| plan.trunks[0].host = address);
    house.dial(OPERATOR, "+2290121301234");
    house.act(callee, Phone::answer);

    assert_eq!(house.hears(OPERATOR), Some(callee));
}

#[test]
fn outside_is_told_no_number_of_the_house_and_no_name_unless_the_administrator_says_so() {
    for show_name in [false, true] {
        let mut house = House::new(&["1001", "1002"]);
        let caller = house.registered("1002");
        house.change(|plan| {
            plan.trunks[0].show_name = show_name;
            plan.extensions[0].forward.always = Some("00033140506070".to_owned());
        });
        resolve(&mut house);
        house.dial(caller, "1001");

        let told = &house.phones[OPERATOR].legs[0].invitation().headers;
        let from = told.from().expect("a caller");
        assert_eq!(from.display_name.is_some(), show_name, "{from:?}");
        let diversions = told.addresses(&HeaderName::Diversion).expect("readable");
        let [by] = &diversions[..] else { panic!("{diversions:?}") };
        assert_eq!(by.uri.user().as_deref(), Some("+2290121301234"));
        assert_eq!(by.display_name, None);
        let named = [HeaderName::From, HeaderName::Contact, HeaderName::PAssertedIdentity];
        for line in named.iter().flat_map(|name| told.lines(name)) {
            assert!(show_name || !line.contains("1001") && !line.contains("1002"), "{line}");
        }
    }
}

#[test]
fn rights_and_limits_keep_calls_inside_but_never_an_emergency() {
    let mut house = House::new(&["1001"]);
    let caller = house.registered("1001");
    house.change(|plan| {
        plan.extensions[0].rights = Class::Internal;
        plan.extensions[0].outside_calls = 0;
        plan.trunks[0].calls = 0;
    });
    resolve(&mut house);

    house.dial(caller, "00033140506070");
    assert_eq!(refused_with(&house, caller), Some(403));
    house.dial(caller, "112");
    house.act(OPERATOR, Phone::answer);
    assert_eq!(house.hears(caller), Some(OPERATOR));
    let wishes: Vec<bool> = house.media.open.values().map(|wish| wish.emergency).collect();
    assert_eq!(wishes, [true, true], "with ports that are kept for it");
}

#[test]
fn one_extension_has_only_so_many_calls_outside() {
    let mut house = House::new(&["1001"]);
    let caller = house.registered("1001");
    house.change(|plan| plan.extensions[0].outside_calls = 1);
    house.dial(caller, "00033140506070");
    house.dial(caller, "00033140506071");

    assert_eq!(refused_with(&house, caller), Some(403));
    assert_eq!(house.phones[OPERATOR].legs.len(), 1);
}

#[test]
fn what_the_network_says_of_a_number_is_passed_on() {
    let mut house = House::new(&["1001"]);
    let caller = house.registered("1001");
    house.dial(caller, "00033140506070");
    house.act(OPERATOR, |phone, now| phone.refuse(now, StatusCode::NOT_FOUND));

    assert_eq!(refused_with(&house, caller), Some(404));
}

#[test]
fn a_called_phone_that_asks_for_a_password_gets_none() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    house.dial(caller, "1002");
    house.act(callee, |phone, now| phone.refuse(now, StatusCode::UNAUTHORIZED));

    assert_eq!(refused_with(&house, caller), Some(403));
    assert_eq!(house.phones[callee].legs.len(), 1, "it is not asked again");
}

#[test]
fn a_trunk_may_ask_for_a_password_at_the_end_of_a_call_as_well() {
    let mut house = House::new(&["1001"]);
    let caller = house.registered("1001");
    house.change(|plan| {
        let account = TrunkCredentials { username: "mfa".to_owned(), password: "secret".to_owned() };
        plan.trunks[0].credentials = Some(account);
    });
    resolve(&mut house);
    house.phones[OPERATOR].asks_for_password = true;
    house.dial(caller, "00033140506070");
    house.act(OPERATOR, Phone::answer);
    house.act(caller, Phone::hang_up);

    let [(uri, credentials)] = &house.phones[OPERATOR].credentials[..] else {
        panic!("one BYE with an answer")
    };
    assert!(credentials.contains(&format!("uri=\"{uri}\"")), "the BYE is answered for: {credentials}");
    assert!(house.phones[OPERATOR].is_idle());
}

#[test]
fn a_call_that_is_passed_on_has_one_hop_less() {
    let mut house = House::new(&["1001"]);
    let caller = house.registered("1001");
    let mut headers = Headers::new();
    headers.push(HeaderName::MaxForwards, 10);
    house.act(caller, |phone, now| phone.invite(now, "00033140506070", headers));

    let invite = &house.phones[OPERATOR].legs[0].invitation().headers;
    assert_eq!(invite.lines(&HeaderName::MaxForwards).collect::<Vec<_>>(), ["9"]);
}

#[test]
fn a_group_sends_calls_from_outside_on_inside() {
    let mut house = House::new(&["1001", "1002"]);
    let guard = house.registered("1002");
    house.change(|plan| {
        plan.groups.push(RingGroup {
            number: "200".to_owned(),
            name: "Accueil".to_owned(),
            post: PostId(1),
            members: vec!["1001".to_owned()],
            strategy: RingStrategy::All,
            ring: Duration::from_secs(10),
            otherwise: Some("1002".to_owned()),
        });
        plan.inbound[0].target = "200".to_owned();
    });
    house.phones[OPERATOR].number = "+33140506070".to_owned();
    house.dial(OPERATOR, "+2290121301234");
    house.act(guard, Phone::answer);

    assert_eq!(house.hears(OPERATOR), Some(guard));
}

#[test]
fn a_trunk_brings_no_more_calls_than_it_carries() {
    let mut house = House::new(&["1001"]);
    let callee = house.registered("1001");
    house.phones[OPERATOR].number = "+33140506070".to_owned();
    for _ in 0..4 {
        house.dial(OPERATOR, "+2290121301234");
    }

    assert_eq!(house.phones[callee].legs.len(), 3);
    assert_eq!(refused_with(&house, OPERATOR), Some(503));
}

#[test]
fn an_emergency_call_is_tried_over_a_trunk_that_seems_to_be_down() {
    let mut house = House::new(&["1001"]);
    let caller = house.registered("1001");
    house.phones[OPERATOR].gone = true;
    house.run(Duration::from_secs(150));
    assert!(house.endpoint.trunks().all(|trunk| !trunk.up), "its silence was noticed");
    house.phones[OPERATOR].gone = false;
    house.dial(caller, "00033140506070");
    assert_eq!(refused_with(&house, caller), Some(503));

    house.dial(caller, "112");
    house.act(OPERATOR, Phone::answer);
    assert_eq!(house.hears(caller), Some(OPERATOR));
}

#[test]
fn a_trunk_that_was_changed_registers_anew() {
    let mut house = House::new(&["1001"]);
    let mut words = Vec::new();
    for calls in [4, 5] {
        house.change(|plan| {
            plan.trunks[0].register = true;
            plan.trunks[0].calls = calls;
        });
        resolve(&mut house);
        house.endpoint.trunks.handle_timeout(house.now, &|_| ours());
        while let Some(output) = house.endpoint.trunks.poll_output() {
            if output.request.method == Method::Register {
                words.push(output.request.headers.call_id().expect("a Call-ID").to_owned());
            }
        }
    }

    assert_eq!(words.len(), 2);
    assert_ne!(words[0], words[1], "its numbers begin anew, so its Call-ID does");
}

/// Tells where the operator is, after the trunk was changed.
pub(super) fn resolve(house: &mut House) {
    let address = house.phones[OPERATOR].address;
    let resolved = crate::plan::ResolvedTrunk { trunk: TrunkId(1), addresses: vec![address] };
    house.endpoint.handle_addresses(house.now, resolved);
}

#[test]
fn a_call_that_one_server_of_a_trunk_does_not_serve_goes_to_the_next() {
    let mut house = House::new(&["1001"]);
    let (second, caller) = (house.phone("trunk"), house.registered("1001"));
    let addresses = [OPERATOR, second].map(|phone| house.phones[phone].address).to_vec();
    let resolved = crate::plan::ResolvedTrunk { trunk: TrunkId(1), addresses };
    house.endpoint.handle_addresses(house.now, resolved);

    house.dial(caller, "00033140506070");
    house.act(OPERATOR, |phone, now| phone.refuse(now, StatusCode::SERVICE_UNAVAILABLE));
    house.act(second, Phone::answer);
    assert_eq!(house.hears(caller), Some(second));
    house.act(caller, Phone::hang_up);

    // The next call begins where the last one was served, and if nobody serves it, it was tried everywhere once.
    house.dial(caller, "00033140506070");
    assert_eq!(house.phones[OPERATOR].legs.len(), 1);
    house.act(second, |phone, now| phone.refuse(now, StatusCode::SERVICE_UNAVAILABLE));
    house.act(OPERATOR, |phone, now| phone.refuse(now, StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(refused_with(&house, caller), Some(480));
    assert_eq!((house.phones[OPERATOR].legs.len(), house.phones[second].legs.len()), (2, 2));
}

#[test]
fn what_a_server_refuses_for_the_callee_no_other_is_asked() {
    let mut house = House::new(&["1001"]);
    let (second, caller) = (house.phone("trunk"), house.registered("1001"));
    let addresses = [OPERATOR, second].map(|phone| house.phones[phone].address).to_vec();
    let resolved = crate::plan::ResolvedTrunk { trunk: TrunkId(1), addresses };
    house.endpoint.handle_addresses(house.now, resolved);

    house.dial(caller, "00033140506070");
    house.act(OPERATOR, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));
    assert_eq!(refused_with(&house, caller), Some(486));
    assert!(house.phones[second].legs.is_empty());
}
