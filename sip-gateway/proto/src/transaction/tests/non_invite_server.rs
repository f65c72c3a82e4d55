//! Server transactions of other methods.

use super::*;

const BRANCH: &str = "z9hG4bK1";

fn register() -> String {
    text("REGISTER", BRANCH)
}

#[test]
fn in_trying_a_retransmission_is_absorbed() {
    let mut lab = Lab::new();

    assert_eq!(lab.comes(UDP, &register()), ["Request REGISTER"]);
    assert_eq!(lab.comes(UDP, &register()), [""; 0]);
}

#[test]
fn in_proceeding_and_completed_the_last_response_is_repeated_until_timer_j() {
    let mut lab = Lab::new();
    lab.comes(UDP, &register());
    lab.respond(100);
    assert_eq!(lab.comes(UDP, &register()), ["> 100 REGISTER"]);
    lab.until(1_000);

    assert_eq!(lab.respond(200), ["> 200 REGISTER"]);
    assert_eq!(lab.comes(UDP, &register()), ["> 200 REGISTER"]);
    assert_eq!(lab.respond(500), [""; 0], "the first final response counts");
    assert_eq!(lab.comes(UDP, &register()), ["> 200 REGISTER"]);

    assert_eq!(lab.until(32_999), []);
    assert!(!lab.is_empty());
    lab.until(33_000);
    assert!(lab.is_empty());
    assert_eq!(lab.comes(UDP, &register()), ["Request REGISTER"]);
}

#[test]
fn on_a_stream_timer_j_is_zero() {
    let mut lab = Lab::new();
    lab.comes(TCP, &register());

    assert_eq!(lab.respond(200), ["> 200 REGISTER"]);

    assert!(lab.is_empty());
}

#[test]
fn a_request_that_the_user_never_answers_is_not_kept_for_ever() {
    let mut lab = Lab::new();
    lab.comes(UDP, &register());

    assert_eq!(lab.until(32_000), []);

    assert!(lab.is_empty());
    assert_eq!(lab.respond(200), [""; 0]);
}
