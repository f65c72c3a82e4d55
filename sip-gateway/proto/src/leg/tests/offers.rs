//! What is agreed on anew while a call stands: hold, refusals, collisions.

use std::time::Duration;

use super::wire::{A, B, HOP, Line, agreed, audio, directed};
use crate::leg::{Ending, LegEvent, Offered};
use crate::message::{HeaderName, Method, StatusCode};
use crate::sdp::Direction;

#[test]
fn a_hold_is_mirrored_and_taken_back() {
    let mut line = Line::talking();

    line.with(A, |leg, now| leg.offer(now, directed(A, Direction::SendOnly)));
    line.run(HOP);
    let [LegEvent::Offered(Offered { direction: Direction::SendOnly, held: true, .. })] = line.events[B][..]
    else {
        panic!("{:?}", line.events[B]);
    };
    line.with(B, |leg, now| leg.accept(now, &audio(B)).unwrap());
    line.run(HOP * 2);

    let (near, far) = (agreed(&line.events[A][0]).unwrap(), agreed(&line.events[B][1]).unwrap());
    assert_eq!((near.direction, near.held), (Direction::SendOnly, false));
    assert_eq!((far.direction, far.held), (Direction::RecvOnly, true));
    assert_eq!(line.sent, ["A INVITE", "B 200 INVITE", "A ACK"]);

    line.with(A, |leg, now| leg.offer(now, audio(A)));
    line.run(HOP);
    line.with(B, |leg, now| leg.accept(now, &audio(B)).unwrap());
    line.run(HOP * 2);
    assert_eq!(agreed(line.events[A].last().unwrap()).unwrap().direction, Direction::SendRecv);
}

#[test]
fn a_refused_offer_leaves_all_as_it_was() {
    let mut line = Line::talking();
    let before = line.leg(A).agreed().cloned();

    line.with(A, |leg, now| leg.offer(now, directed(A, Direction::Inactive)));
    line.run(HOP);
    line.with(B, |leg, now| leg.reject_offer(now, StatusCode::NOT_ACCEPTABLE_HERE));
    line.run(HOP);

    assert_eq!(line.events[A], [LegEvent::OfferFailed(StatusCode::NOT_ACCEPTABLE_HERE)]);
    assert_eq!(line.leg(A).agreed().cloned(), before);
    assert!(line.leg(A).is_confirmed() && line.leg(B).is_confirmed());
}

#[test]
fn offers_that_collide_are_made_again_one_after_the_other() {
    let mut line = Line::talking();
    line.with(A, |leg, now| leg.offer(now, directed(A, Direction::SendOnly)));
    line.with(B, |leg, now| leg.offer(now, directed(B, Direction::RecvOnly)));
    line.run(HOP * 2);
    assert_eq!(line.sent, ["A INVITE", "B INVITE", "B 491 INVITE", "A 491 INVITE"]);

    for _ in 0..50 {
        line.run(Duration::from_millis(100));
        for side in [A, B] {
            line.with(side, |leg, now| leg.accept(now, &audio(side)).unwrap());
        }
    }

    // Whoever did not make the call has the shorter wait.
    let invites: Vec<_> = line.sent[4..].iter().filter(|what| what.ends_with(" INVITE")).collect();
    assert_eq!(invites, ["B INVITE", "A 200 INVITE", "A INVITE", "B 200 INVITE"]);
    assert!(line.events.iter().flatten().all(|event| !matches!(event, LegEvent::OfferFailed(_))));
}

#[test]
fn an_offer_waits_for_the_acknowledgement_of_the_answer() {
    let mut line = Line::calling();
    line.with(B, |leg, now| {
        leg.answer(now, &audio(B)).unwrap();
        leg.offer(now, directed(B, Direction::SendOnly));
    });
    assert_eq!(line.sent, ["A INVITE", "B 200 INVITE"]);

    line.run(HOP * 3);

    assert_eq!(line.sent[2..], ["A ACK", "B INVITE"]);
    assert_eq!(line.requests(B, &Method::Invite)[0].headers.get(&HeaderName::CSeq), Some("1 INVITE"));
}

#[test]
fn hanging_up_answers_what_was_offered_first() {
    let mut line = Line::talking();
    line.with(A, |leg, now| leg.offer(now, directed(A, Direction::SendOnly)));
    line.run(HOP);

    line.hang_up(B);
    line.run(Duration::from_secs(1));

    assert_eq!(line.sent, ["A INVITE", "B 487 INVITE", "B BYE", "A 200 BYE"]);
    assert_eq!(line.events[A].last(), Some(&LegEvent::Ended(Ending::HungUp(None))));
    assert!(line.leg(A).is_over() && line.leg(B).is_over());
}
