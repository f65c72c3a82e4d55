//! Client transactions of other methods.

use super::*;

#[test]
fn in_trying_timer_e_repeats_the_request_ever_more_slowly_until_timer_f() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Options);

    let happened = lab.until(31_999);
    let times = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(Lab::times(&happened, "> OPTIONS"), times);

    assert_eq!(lab.until(40_000), [(32_000, "Failed Timeout".to_owned())]);
    assert!(lab.is_empty());
}

#[test]
fn in_proceeding_timer_e_goes_on_every_t2_and_timer_f_still_ends_it() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Notify);
    let notify = lab.sent_request();
    lab.until(600);

    assert_eq!(lab.answer(UDP, &notify, 100), ["Response 100"]);

    let happened = lab.until(31_999);
    assert_eq!(
        Lab::times(&happened, "> NOTIFY"),
        [1_500, 5_500, 9_500, 13_500, 17_500, 21_500, 25_500, 29_500]
    );
    assert_eq!(lab.until(40_000), [(32_000, "Failed Timeout".to_owned())]);
}

#[test]
fn on_a_stream_nothing_is_repeated_and_timer_k_is_zero() {
    let mut lab = Lab::new();
    lab.request(TCP, Method::Bye);
    let bye = lab.sent_request();
    assert_eq!(lab.until(10_000), []);

    assert_eq!(lab.answer(TCP, &bye, 200), ["Response 200"]);
    assert!(lab.is_empty());

    lab.request(TCP, Method::Bye);
    assert_eq!(lab.until(60_000), [(42_000, "Failed Timeout".to_owned())]);
}

#[test]
fn in_completed_responses_are_absorbed_until_timer_k() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Bye);
    let bye = lab.sent_request();

    assert_eq!(lab.answer(UDP, &bye, 481), ["Response 481"]);
    assert_eq!(lab.answer(UDP, &bye, 481), [""; 0]);
    assert_eq!(lab.until(4_999), []);
    assert!(!lab.is_empty());
    lab.until(5_000);
    assert!(lab.is_empty());
}

#[test]
fn a_failure_of_the_flow_fails_it_once() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Options);
    lab.request(UDP, Method::Options);

    assert_eq!(lab.fail(flow(UDP)), ["Failed Transport", "Failed Transport"]);
    assert_eq!(lab.fail(flow(UDP)), [""; 0]);
    assert!(lab.is_empty());
}

#[test]
fn a_response_to_another_method_or_branch_or_of_two_hops_is_dropped() {
    let mut lab = Lab::new();
    lab.request(UDP, Method::Options);
    let options = lab.sent_request();

    let mut other = options.clone();
    other.headers.set(HeaderName::CSeq, "1 BYE");
    assert_eq!(lab.answer(UDP, &other, 200), [""; 0]);
    other.headers.set(HeaderName::CSeq, "1 CANCEL");
    assert_eq!(lab.answer(UDP, &other, 200), [""; 0]);

    let mut other = options.clone();
    other.headers.push_front(HeaderName::Via, via(&options));
    assert_eq!(lab.answer(UDP, &other, 200), [""; 0]);

    for branch in
        ["z9hG4bK00000000000000000000000000000000", "z9hG4bK", "1", "z9hG4bK+000000000000000000000000000000"]
    {
        let mut other = options.clone();
        let guessed = Via::new(crate::message::Transport::Udp, "192.0.2.1", Some(5060), branch);
        other.headers.set(HeaderName::Via, guessed);
        assert_eq!(lab.answer(UDP, &other, 200), [""; 0]);
    }
    assert_eq!(lab.answer(UDP, &options, 200), ["Response 200"]);
}
