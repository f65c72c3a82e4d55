//! The whole SIP side, and the numbers that people dial.

use std::time::Duration;

use sip_gateway_proto::message::Uri;
use sip_gateway_proto::plan::{Caller, Language, Route, TrunkId, dialled};

use super::browsers;
use super::house::{House, NUMBERS, flow, plan};

/// What separates one thing that happens from the next.
const SEPARATOR: u8 = 0x1E;

/// Datagrams from everywhere, answers to what we ask, connections that break, and time between them.
pub(super) fn endpoint(data: &[u8]) {
    let mut house = House::new();
    happen(&mut house, data);
    house.end();
}

/// The same, around phones that are registered.
pub(super) fn subscribe(data: &[u8]) {
    let mut house = House::new();
    for who in 0..NUMBERS.len() {
        house.register(who);
    }
    happen(&mut house, data);
    house.end();
}

/// Each thing begins with a letter for who it comes from, over which carrier, and one for how much time passes before. Then
/// comes a message, `@` and the status with which the oldest request of ours is answered, `%` for what somebody does in a
/// browser or a meeting, or `!` for a broken connection.
fn happen(house: &mut House, data: &[u8]) {
    for thing in data.split(|byte| *byte == SEPARATOR).take(MAX_THINGS) {
        let [who, wait, rest @ ..] = thing else { continue };
        // From a millisecond to two minutes.
        house.run(Duration::from_millis(1 << (wait % 18)));
        let flow = flow(who % 8, who / 8 % 3);
        match rest {
            [b'@', hundreds, tens, ones, body @ ..] => {
                let digit = |byte: &u8| u16::from(byte.wrapping_sub(b'0') % 10);
                let status = 100 * digit(hundreds) + 10 * digit(tens) + digit(ones);
                house.answer(usize::from(*who), status, body);
            }
            [b'!', ..] => house.fail(flow),
            [b'%', which, at, text @ ..] => browsers::act(house, *which, usize::from(*at), text),
            message => house.deliver(flow, message),
        }
    }
}

/// A number that an extension, a stranger or a trunk dials, as digits and as an address.
pub(super) fn dial_plan(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let mut plan = plan();
    // Some of what people dial is also what they have written into the plan.
    if first & 0x40 != 0 {
        plan.extensions[0].forward.always = Some(text.chars().take(32).collect());
        plan.posts[0].outside_prefix = text.chars().take(2).collect();
    }
    let caller = match first % 5 {
        0 => Caller::Trunk(TrunkId(1)),
        1 => Caller::Extension("nobody"),
        number => Caller::Extension(NUMBERS[usize::from(number) - 2]),
    };
    let as_address = Uri::parse(&text).ok().and_then(|uri| dialled(&uri));
    for number in [Some(text.into_owned()), as_address].into_iter().flatten() {
        let route = plan.route(caller, &number);
        assert_eq!(route, plan.route(caller, &number), "the same number leads to the same place");
        let explanation = plan.explain(caller, &number);
        for language in [Language::French, Language::English] {
            assert!(!explanation.sentences(language).is_empty(), "{number:?} is explained");
        }
        if let Route::Outside(outside) = &route {
            let digits = outside.number.strip_prefix('+').unwrap_or(&outside.number);
            assert!(!digits.is_empty() && digits.len() <= 32, "{digits}");
            assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{digits}");
            assert!(!outside.ways.is_empty(), "a way leads there");
        }
        let ways = match &route {
            Route::Outside(outside) => &outside.ways[..],
            Route::Emergency { ways, .. } => &ways[..],
            _ => &[],
        };
        for way in ways {
            assert!(way.number.bytes().all(|byte| byte.is_ascii_graphic()), "{:?} is dialled", way.number);
        }
    }
}

/// More than a person could follow.
const MAX_THINGS: usize = 40;
