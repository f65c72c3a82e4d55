//! From a call record, or a meeting, to what is rated: who would have paid, and for a call to where.

use std::collections::BTreeMap;

use sip_gateway_proto::plan::{Plan, Post, PostId, calling_code, public_number};

use crate::store::{DueLeg, DueSitting, Dues, NewRating};
use crate::tariffs::{Book, Span, Talk, Way, together};

/// Where posts are reached: at the number that the first of their trunks shows, else at their country's calling code.
pub(super) fn add_numbers(book: &mut Book, plan: &Plan) {
    for post in &plan.posts {
        let mut shown = plan.trunks.iter().filter(|trunk| trunk.post == post.id);
        let shown = shown.find_map(|trunk| trunk.caller_id.as_deref());
        let number = shown.and_then(|number| public_number(number, &post.country)).map(|number| number.e164);
        let number = number.map(|number| number.trim_start_matches('+').to_owned());
        if let Some(number) = number.or_else(|| calling_code(&post.country).map(|code| code.to_string())) {
            book.set_number(post.id.0, number);
        }
    }
}

/// Rates everything that is due.
pub(super) fn rate(book: &Book, plan: &Plan, dues: &Dues) -> Vec<NewRating> {
    let legs = dues.legs.iter().filter_map(|leg| rate_leg(book, plan, leg));
    let sittings = dues.sittings.iter().flat_map(|sitting| rate_sitting(book, sitting));
    legs.chain(sittings).collect()
}

/// Nothing for sides that are inside a meeting: those are rated by who was there.
fn rate_leg(book: &Book, plan: &Plan, leg: &DueLeg) -> Option<NewRating> {
    let (caller_kind, caller_post) = match &leg.caller {
        Some((kind, post)) => (kind.as_str(), *post),
        None => ("", leg.post),
    };
    let (way, post, to) = match leg.kind.as_str() {
        "room" => return None,
        "trunk" => {
            let country = plan.post(PostId(leg.post)).map(|post| post.country.as_str()).unwrap_or_default();
            let (number, region) = destination(&leg.reached, country);
            // A call from outside that is sent on to outside is paid by the post of the line.
            let from = if caller_kind == "trunk" { leg.post } else { caller_post };
            (Way::Trunk { from, trunk: leg.trunk.unwrap_or(0), number }, from, (0, region))
        }
        _ if caller_kind == "room" => return None,
        _ if caller_kind == "trunk" => {
            (Way::FromOutside { to: leg.post }, leg.post, (leg.post, String::new()))
        }
        _ => (Way::Inside { from: caller_post, to: leg.post }, caller_post, (leg.post, String::new())),
    };
    let talk = Talk { way, answered: leg.answered, millis: leg.millis };
    Some(NewRating {
        kind: "leg",
        subject: leg.id,
        post,
        to,
        answered: leg.answered,
        millis: leg.millis,
        rating: book.rate(&talk),
        quality: leg.quality,
    })
}

/// The host's post would have called each other post.
fn rate_sitting(book: &Book, sitting: &DueSitting) -> Vec<NewRating> {
    let Some(host) = sitting.host_post else { return Vec::new() };
    let mut by_post: BTreeMap<i64, Vec<Span>> = BTreeMap::new();
    for (post, span) in &sitting.stays {
        by_post.entry(*post).or_default().push(*span);
    }
    let at_host = by_post.remove(&host).unwrap_or_default();
    let rated = by_post.into_iter().filter_map(|(to, spans)| {
        let (first, millis) = together(&at_host, &spans)?;
        let answered = jiff::Timestamp::from_millisecond(first).ok()?;
        let talk = Talk { way: Way::Inside { from: host, to }, answered, millis };
        Some(NewRating {
            kind: "sitting",
            subject: sitting.id,
            post: host,
            to: (to, String::new()),
            answered,
            millis,
            rating: book.rate(&talk),
            quality: None,
        })
    });
    rated.collect()
}

/// The digits of a number that was called, and its country. What is short is a number of the country that called it.
fn destination(reached: &str, country: &str) -> (String, String) {
    match public_number(reached, country) {
        Some(number) => (number.e164.trim_start_matches('+').to_owned(), number.region.unwrap_or_default()),
        None => {
            let digits: String = reached.chars().filter(char::is_ascii_digit).collect();
            let code = calling_code(country).map(|code| code.to_string()).unwrap_or_default();
            (code + &digits, country.to_owned())
        }
    }
}

/// The names of posts, as the page shows them.
pub(super) fn post_name(posts: &[Post], id: i64) -> Option<&str> {
    posts.iter().find(|post| post.id.0 == id).map(|post| post.name.as_str())
}
