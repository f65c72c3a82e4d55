//! Two legs, told to do anything at any time, over a line that loses and reorders: they neither panic nor stay.

use std::time::Duration;

use super::wire::{A, B, Line, audio, directed};
use crate::leg::LegEvent;
use crate::leg::dice::Dice;
use crate::message::{HeaderName, Headers, StatusCode};
use crate::sdp::Direction;

#[test]
fn whatever_happens_both_legs_come_to_an_end() {
    let (mut answered, mut early, mut renegotiated) = (0, 0, 0);
    for seed in 0..400 {
        let mut dice = Dice::new(seed);
        let mut line = Line::new();
        let mut weather = Dice::new(seed + 1_000);
        line.disturb(move |_| match weather.below(5) {
            0 => None,
            1 => Some(Duration::from_millis(weather.below(3_000).into())),
            _ => Some(Duration::ZERO),
        });
        line.invite((dice.below(4) > 0).then(|| audio(A)));

        for _ in 0..30 {
            line.run(Duration::from_millis(dice.below(2_000).into()));
            let side = if dice.below(2) == 0 { A } else { B };
            if line.legs[side].is_some() {
                command(&mut line, side, dice.below(21));
            }
        }

        line.disturb(|_| Some(Duration::ZERO));
        for side in [A, B] {
            if line.legs[side].is_some() {
                line.hang_up(side);
            }
        }
        line.run(Duration::from_secs(200));
        for side in [A, B] {
            assert!(
                line.legs[side].as_ref().is_none_or(crate::leg::Leg::is_over),
                "seed {seed}, side {side}"
            );
            let is_end = |event: &LegEvent| matches!(event, LegEvent::Ended(_));
            let ends = line.events[side].iter().filter(|event| is_end(event)).count();
            assert!(ends <= 1, "seed {seed}, side {side}");
            for event in &line.events[side] {
                match event {
                    LegEvent::Answered(_) => answered += 1,
                    LegEvent::EarlyMedia(_) => early += 1,
                    LegEvent::Renegotiated(_) => renegotiated += 1,
                    _ => {}
                }
            }
            assert!(ends == 0 || line.events[side].last().is_some_and(is_end), "seed {seed}, side {side}");
        }
    }
    assert!(answered > 200 && early > 50 && renegotiated > 50, "{answered} {early} {renegotiated}: no storm");
}

/// Does something; that it does not fit is as likely as not.
fn command(line: &mut Line, side: usize, which: u32) {
    let direction = [Direction::SendRecv, Direction::SendOnly, Direction::Inactive][which as usize % 3];
    let local = directed(side, direction);
    line.with(side, |leg, now| match which {
        0..2 => drop(leg.ring(now, StatusCode::RINGING, None)),
        2..4 => drop(leg.ring(now, StatusCode::SESSION_PROGRESS, Some(&local))),
        4..8 => drop(leg.answer(now, &local)),
        8..11 => leg.offer(now, local),
        11..15 => drop(leg.accept(now, &local)),
        15 => leg.reject_offer(now, StatusCode::NOT_ACCEPTABLE_HERE),
        16 => leg.press(now, '1', Duration::from_millis(100)),
        17 => leg.retry(now, HeaderName::Authorization, "Digest x=\"1\""),
        18 => leg.notify_refer(now, StatusCode::RINGING),
        19 => leg.refuse(now, StatusCode::BUSY_HERE, Headers::new()),
        _ => leg.hang_up(now, None),
    });
}
