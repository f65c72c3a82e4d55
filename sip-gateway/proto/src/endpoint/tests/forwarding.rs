//! Calls that go elsewhere: forwarding, groups, do-not-disturb, pickup, short codes.

use std::time::Duration;

use super::calls::refused_with;
use super::house::House;
use super::phone::Phone;
use crate::call::{Setting, Sound};
use crate::endpoint::Output;
use crate::message::{HeaderName, StatusCode};
use crate::plan::{PostId, RingGroup, RingStrategy};

#[test]
fn calls_go_elsewhere_always_when_busy_or_when_nobody_answers() {
    for how in ["always", "busy", "no answer", "unavailable"] {
        let mut house = House::new(&["1001", "1002", "1003"]);
        let (other, caller) = (house.registered("1003"), house.registered("1001"));
        let first = (how != "unavailable").then(|| house.registered("1002"));
        house.change(|plan| {
            let at = House::extension(plan, "1002");
            let forward = &mut plan.extensions[at].forward;
            match how {
                "always" => forward.always = Some("1003".to_owned()),
                "busy" => forward.busy = Some("1003".to_owned()),
                _ => forward.no_answer = Some("1003".to_owned()),
            }
        });
        if let Some(first) = first.filter(|_| how == "busy") {
            house.phones[first].busy = true;
        }

        house.dial(caller, "1002");
        house.run(Duration::from_secs(25));
        house.act(other, Phone::answer);

        assert_eq!(house.hears(caller), Some(other), "forwarded {how}");
        let diversion =
            house.phones[other].legs[0].invitation().headers.get(&HeaderName::Diversion).unwrap_or_default();
        assert!(diversion.contains("1002"), "forwarded {how}: {diversion}");
    }
}

#[test]
fn forwarding_in_a_circle_ends() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let caller = house.registered("1001");
    house.change(|plan| {
        for (number, to) in [("1002", "1003"), ("1003", "1002")] {
            let at = House::extension(plan, number);
            plan.extensions[at].forward.always = Some(to.to_owned());
        }
    });
    house.dial(caller, "1002");

    assert_eq!(refused_with(&house, caller), Some(482));
}

#[test]
fn who_wants_no_calls_is_busy() {
    let mut house = House::new(&["1001", "1002"]);
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].do_not_disturb = true;
    });
    house.dial(caller, "1002");

    assert_eq!(refused_with(&house, caller), Some(486));
    assert!(house.phones[callee].legs.is_empty());
}

#[test]
fn a_group_rings_together_or_in_order() {
    for strategy in [RingStrategy::All, RingStrategy::InOrder] {
        let mut house = House::new(&["1001", "1002", "1003"]);
        let (one, two, caller) =
            (house.registered("1002"), house.registered("1003"), house.registered("1001"));
        house.change(|plan| plan.groups.push(group(strategy)));
        house.dial(caller, "1900");
        let rang_at_once = house.phones[two].legs.len();
        house.run(Duration::from_secs(15));
        let rang = house.phones[two].legs.len();
        match strategy {
            RingStrategy::All => assert_eq!((rang_at_once, house.phones[one].legs.len()), (1, 1)),
            RingStrategy::InOrder => {
                assert_eq!((rang_at_once, rang), (0, 1));
                house.act(two, Phone::answer);
                assert_eq!(house.hears(caller), Some(two));
            }
        }
    }
}

#[test]
fn a_group_that_nobody_answers_has_a_way_out() {
    let mut house = House::new(&["1001", "1002", "1003", "1004"]);
    let (guard, caller) = (house.registered("1004"), house.registered("1001"));
    house.registered("1002");
    house.change(|plan| {
        plan.groups.push(RingGroup { otherwise: Some("1004".to_owned()), ..group(RingStrategy::All) });
    });
    house.dial(caller, "1900");
    house.run(Duration::from_secs(15));
    house.act(guard, Phone::answer);

    assert_eq!(house.hears(caller), Some(guard));
}

#[test]
fn a_group_of_which_nobody_can_or_wants_to_has_a_way_out_at_once() {
    let refused = [StatusCode::DECLINE, StatusCode::BUSY_HERE, StatusCode::FORBIDDEN];
    for strategy in [RingStrategy::All, RingStrategy::InOrder] {
        for how in refused.map(Some).into_iter().chain([None]) {
            let mut house = House::new(&["1001", "1002", "1003", "1004"]);
            let (guard, caller) = (house.registered("1004"), house.registered("1001"));
            house.change(|plan| {
                plan.groups.push(RingGroup { otherwise: Some("1004".to_owned()), ..group(strategy) });
            });
            let members = how.map(|_| ["1002", "1003"].map(|number| house.registered(number)));
            house.dial(caller, "1900");
            for member in members.into_iter().flatten() {
                house.act(member, |phone, now| phone.refuse(now, how.expect("they are there")));
            }
            house.act(guard, Phone::answer);

            assert_eq!(house.hears(caller), Some(guard), "{strategy:?}, {how:?}");
            let invite = house.phones[guard].legs[0].invitation();
            let diversion = invite.headers.get(&HeaderName::Diversion).unwrap_or_default();
            assert!(diversion.contains("1900"), "{diversion}");
        }
    }
}

#[test]
fn a_group_that_leads_back_to_itself_tells_its_caller_so() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (one, caller) = (house.registered("1002"), house.registered("1001"));
    house.change(|plan| {
        plan.groups.push(RingGroup { otherwise: Some("1900".to_owned()), ..group(RingStrategy::All) });
    });
    house.dial(caller, "1900");
    house.act(one, |phone, now| phone.refuse(now, StatusCode::DECLINE));

    assert_eq!(refused_with(&house, caller), Some(482));
}

#[test]
fn a_member_that_is_elsewhere_does_not_take_a_groups_call_there() {
    let mut house = House::new(&["1001", "1002", "1003", "1004"]);
    let (one, other) = (house.registered("1002"), house.registered("1003"));
    let (elsewhere, caller) = (house.registered("1004"), house.registered("1001"));
    house.change(|plan| plan.groups.push(group(RingStrategy::All)));
    house.dial(caller, "1900");
    house.act(one, |phone, now| phone.redirect(now, "1004"));
    assert!(house.phones[elsewhere].legs.is_empty());
    house.act(other, Phone::answer);

    assert_eq!(house.hears(caller), Some(other));
}

#[test]
fn a_colleague_takes_a_ringing_call() {
    for code in ["*8", "*81002"] {
        let mut house = House::new(&["1001", "1002", "1003"]);
        let (callee, caller, colleague) =
            (house.registered("1002"), house.registered("1001"), house.registered("1003"));
        house.dial(caller, "1002");
        house.dial(colleague, code);

        assert_eq!(house.hears(caller), Some(colleague), "{code}");
        assert_eq!(house.hears(colleague), Some(caller), "{code}");
        assert_eq!(house.phones[callee].cancelled.len(), 1, "{code}");
        house.act(colleague, Phone::hang_up);
        assert_eq!(house.endpoint.calls(), 0);
        assert!(house.media.open.is_empty());
    }
}

#[test]
fn nobody_takes_the_calls_of_another_group() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (_, caller, stranger) =
        (house.registered("1002"), house.registered("1001"), house.registered("1003"));
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].pickup_group = Some("cabinet".to_owned());
    });
    house.dial(caller, "1002");
    house.dial(stranger, "*81002");

    assert_eq!(refused_with(&house, stranger), Some(404));
}

#[test]
fn a_phone_sets_its_forwarding_and_hears_that_it_is_done() {
    let mut house = House::new(&["1001", "1002"]);
    let phone = house.registered("1001");
    house.dial(phone, "*21*1002#");

    assert_eq!(house.sound(phone), Some(Sound::Confirmation));
    let set = house.outputs.iter().any(|output| {
        matches!(output, Output::Setting { extension, setting: Setting::ForwardAlways(Some(to)) }
            if extension == "1001" && to == "1002")
    });
    assert!(set);
    house.run(Duration::from_secs(5));
    assert!(house.phones[phone].is_idle());
}

#[test]
fn one_may_listen_to_oneself() {
    let mut house = House::new(&["1001"]);
    let phone = house.registered("1001");
    house.dial(phone, "*43");

    assert_eq!(house.sound(phone), Some(Sound::Echo));
}

fn group(strategy: RingStrategy) -> RingGroup {
    RingGroup {
        number: "1900".to_owned(),
        name: "Accueil".to_owned(),
        post: PostId(1),
        strategy,
        members: vec!["1002".to_owned(), "1003".to_owned()],
        ring: Duration::from_secs(10),
        otherwise: None,
    }
}

#[test]
fn one_member_who_declines_leaves_the_others_of_a_group_ringing() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (one, other, caller) = (house.registered("1002"), house.registered("1003"), house.registered("1001"));
    house.change(|plan| {
        plan.groups.push(group(RingStrategy::All));
    });
    house.dial(caller, "1900");
    house.act(one, |phone, now| phone.refuse(now, StatusCode::DECLINE));
    house.act(other, Phone::answer);

    assert_eq!(house.hears(caller), Some(other));
}

#[test]
fn after_an_announcement_a_caller_hears_that_it_rings_elsewhere() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (first, other, caller) =
        (house.registered("1002"), house.registered("1003"), house.registered("1001"));
    house.change(|plan| {
        let at = House::extension(plan, "1002");
        plan.extensions[at].forward.busy = Some("1003".to_owned());
    });
    house.dial(caller, "1002");
    house.act(first, Phone::announce);
    assert_eq!(house.hears(caller), Some(first));
    house.act(first, |phone, now| phone.refuse(now, StatusCode::BUSY_HERE));

    assert_eq!(house.sound(caller), Some(Sound::Ringback));
    house.act(other, Phone::answer);
    assert_eq!(house.hears(caller), Some(other));
}

#[test]
fn a_caller_is_told_how_it_is_where_a_phone_sends_him() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (first, caller) = (house.registered("1002"), house.registered("1001"));
    house.change(|plan| {
        let at = House::extension(plan, "1003");
        plan.extensions[at].do_not_disturb = true;
    });
    house.dial(caller, "1002");
    house.act(first, |phone, now| phone.redirect(now, "1003"));
    assert_eq!(refused_with(&house, caller), Some(486));

    house.dial(caller, "1002");
    house.act(first, |phone, now| phone.redirect(now, "1002"));
    assert_eq!(refused_with(&house, caller), Some(482));
}

#[test]
fn a_call_is_picked_up_though_neither_side_says_what_it_speaks() {
    let mut house = House::new(&["1001", "1002", "1003"]);
    let (callee, colleague, caller) =
        (house.registered("1002"), house.registered("1003"), house.registered("1001"));
    house.act(caller, |phone, now| phone.invite_without_offer(now, "1002"));
    assert_eq!(house.phones[callee].legs.len(), 1);
    house.act(colleague, |phone, now| phone.invite_without_offer(now, "*81002"));

    assert_eq!(house.hears(caller), Some(colleague));
    assert_eq!(house.hears(colleague), Some(caller));
    house.act(caller, Phone::hang_up);
    house.run(Duration::from_secs(70));
    assert!(house.endpoint.holds_nothing(), "{:?}", house.endpoint);
}
