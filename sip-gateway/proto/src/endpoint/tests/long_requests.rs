//! What is too long for a datagram (RFC 3261 §18.1.1).

use std::time::Duration;

use super::house::House;
use super::phone::Phone;
use crate::flow::Carrier::{Tcp, Udp};
use crate::leg::{Ending, LegEvent};

#[test]
fn a_long_request_goes_over_tcp_and_the_call_goes_on_as_it_was() {
    let (mut house, callee, caller) = house();
    house.phones[callee].streams = true;
    house.dial(caller, "1002");
    assert_eq!(house.phones[callee].carriers.last(), Some(&Tcp));
    house.act(callee, Phone::answer);
    assert_eq!(house.hears(caller), Some(callee));
    assert_eq!(house.phones[callee].carriers.last(), Some(&Udp), "the ACK is short");

    house.act(caller, Phone::hang_up);
    assert!(house.phones[callee].is_idle(), "and so is the BYE");
    house.run(Duration::from_secs(70));
    assert!(house.endpoint.holds_nothing());
}

#[test]
fn a_phone_that_takes_no_connection_gets_a_datagram_and_is_not_tried_again() {
    let (mut house, callee, caller) = house();
    for _ in 0..2 {
        house.dial(caller, "1002");
        assert_eq!(house.phones[callee].legs.len(), 1, "it rings once");
        house.act(callee, Phone::answer);
        assert_eq!(house.hears(caller), Some(callee));
        house.act(caller, Phone::hang_up);
        house.phones[callee].legs.clear();
    }
    assert!(house.phones[callee].carriers.iter().all(|carrier| *carrier == Udp));

    // An hour later it may have learnt it.
    house.act(callee, Phone::register);
    house.run(Duration::from_secs(3_500));
    house.act(callee, Phone::register);
    house.run(Duration::from_secs(200));
    house.phones[callee].streams = true;
    house.dial(caller, "1002");
    assert_eq!(house.phones[callee].carriers.last(), Some(&Tcp));
}

#[test]
fn a_phone_behind_a_nat_gets_a_datagram() {
    let (mut house, callee, caller) = house();
    house.phones[callee].streams = true;
    // Its router has given it another port than the one it names.
    house.phones[callee].address.set_port(40_000);
    house.act(callee, Phone::register);
    house.dial(caller, "1002");

    assert_eq!(house.phones[callee].carriers.last(), Some(&Udp));
    assert_eq!(house.phones[callee].legs.len(), 1);
}

#[test]
fn a_call_that_was_given_up_meanwhile_is_not_sent_again() {
    let (mut house, callee, caller) = house();
    let now = house.now;
    house.phones[caller].dial(now, "1002");
    // The INVITE is on its way to a phone that takes no connection, and the caller hangs up.
    house.run(Duration::from_millis(35));
    let now = house.now;
    house.phones[caller].hang_up(now);
    house.run(Duration::from_secs(1));

    assert!(
        house.phones[caller].was_told(|event| matches!(
            event,
            LegEvent::Ended(Ending::Refused { .. } | Ending::Cancelled(_))
        )) || house.phones[caller].is_idle()
    );
    house.run(Duration::from_secs(70));
    assert!(house.phones[callee].is_idle());
    assert!(house.endpoint.holds_nothing());
}

#[test]
fn who_takes_a_connection_and_says_nothing_does_not_get_it_twice() {
    let (mut house, callee, caller) = house();
    house.phones[callee].streams = true;
    house.phones[callee].gone = true;
    house.dial(caller, "1002");
    house.run(Duration::from_secs(40));
    house.phones[callee].gone = false;

    house.dial(caller, "1002");
    assert_eq!(house.phones[callee].carriers.last(), Some(&Udp), "the next call tries the other way");
}

/// A house whose callers have long names.
fn house() -> (House, usize, usize) {
    let mut house = House::new(&["1001", "1002"]);
    house.change(|plan| {
        let at = House::extension(plan, "1001");
        plan.extensions[at].name = "Ambassade ".repeat(60);
    });
    let (callee, caller) = (house.registered("1002"), house.registered("1001"));
    (house, callee, caller)
}
