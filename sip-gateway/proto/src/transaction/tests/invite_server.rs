//! INVITE server transactions.

use super::*;

const BRANCH: &str = "z9hG4bK1";

fn invite() -> String {
    text("INVITE", BRANCH)
}

fn ack() -> String {
    text("ACK", BRANCH).replace("To: <sip:200@example.org>", "To: <sip:200@example.org>;tag=ours")
}

fn ringing(carrier: Carrier) -> Lab {
    let mut lab = Lab::new();
    assert_eq!(lab.comes(carrier, &invite()), ["Request INVITE"]);
    assert_eq!(lab.respond(180), ["> 180 INVITE"]);
    lab
}

#[test]
fn an_invite_that_nobody_answers_is_answered_100_after_200_ms() {
    for carrier in [UDP, TCP] {
        let mut lab = Lab::new();
        lab.comes(carrier, &invite());

        assert_eq!(lab.until(60_000), [(200, "> 100 INVITE".to_owned())]);
        assert_eq!(lab.sent_response().headers.to().unwrap().tag(), None);
    }
}

#[test]
fn an_invite_that_comes_again_before_that_is_answered_100_at_once() {
    let mut lab = Lab::new();
    lab.comes(UDP, &invite());

    assert_eq!(lab.comes(UDP, &invite()), ["> 100 INVITE"]);
    assert_eq!(lab.until(60_000), []);
}

#[test]
fn in_proceeding_the_last_provisional_response_is_repeated_for_each_invite() {
    let mut lab = ringing(UDP);

    assert_eq!(lab.until(1_000), [], "no 100 after a 180");
    assert_eq!(lab.comes(UDP, &invite()), ["> 180 INVITE"]);
    lab.respond(183);
    assert_eq!(lab.comes(UDP, &invite()), ["> 183 INVITE"]);
}

#[test]
fn in_completed_timer_g_repeats_a_failure_on_udp_until_timer_h() {
    let mut lab = ringing(UDP);

    assert_eq!(lab.respond(486), ["> 486 INVITE"]);
    assert_eq!(lab.comes(UDP, &invite()), ["> 486 INVITE"]);

    let happened = lab.until(31_999);
    let times = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    assert_eq!(Lab::times(&happened, "> 486 INVITE"), times);
    assert_eq!(lab.until(40_000), [(32_000, "Unacknowledged".to_owned())]);
    assert!(lab.is_empty());
}

#[test]
fn in_completed_nothing_is_repeated_on_a_stream_but_the_ack_is_awaited() {
    let mut lab = ringing(TCP);
    lab.respond(486);

    assert_eq!(lab.until(40_000), [(32_000, "Unacknowledged".to_owned())]);
}

#[test]
fn in_confirmed_acks_and_invites_are_absorbed_until_timer_i() {
    let mut lab = ringing(UDP);
    lab.respond(486);

    assert_eq!(lab.comes(UDP, &ack()), [""; 0]);
    assert_eq!(lab.comes(UDP, &ack()), [""; 0]);
    assert_eq!(lab.comes(UDP, &invite()), [""; 0]);
    assert_eq!(lab.until(4_999), []);
    assert!(!lab.is_empty());
    lab.until(5_000);
    assert!(lab.is_empty());
}

#[test]
fn on_a_stream_timer_i_is_zero() {
    let mut lab = ringing(TCP);
    lab.respond(486);

    assert_eq!(lab.comes(TCP, &ack()), [""; 0]);

    assert!(lab.is_empty());
}

#[test]
fn in_accepted_the_user_repeats_its_2xx_and_invites_are_absorbed_until_timer_l() {
    for carrier in [UDP, TCP] {
        let mut lab = ringing(carrier);

        assert_eq!(lab.respond(200), ["> 200 INVITE"]);
        assert_eq!(lab.comes(carrier, &invite()), [""; 0]);
        assert_eq!(lab.respond(200), ["> 200 INVITE"]);
        assert_eq!(lab.respond(486), [""; 0], "it is too late to refuse");
        assert_eq!(lab.respond(180), [""; 0]);

        assert_eq!(lab.until(31_999), []);
        assert!(!lab.is_empty());
        lab.until(32_000);
        assert!(lab.is_empty());
        assert_eq!(lab.respond(200), [""; 0]);
    }
}

#[test]
fn an_ack_to_a_2xx_is_told_whether_its_branch_is_new_or_the_invites() {
    let mut lab = ringing(UDP);
    lab.respond(200);

    assert_eq!(lab.comes(UDP, &ack().replace(BRANCH, "z9hG4bK2")), ["Ack call"]);
    assert_eq!(lab.comes(UDP, &ack()), ["Ack call"], "RFC 2543 did so");
}

#[test]
fn an_ack_before_the_final_response_means_nothing() {
    let mut lab = ringing(UDP);

    assert_eq!(lab.comes(UDP, &ack()), [""; 0]);
    assert_eq!(lab.respond(486), ["> 486 INVITE"]);
}

#[test]
fn the_first_final_response_counts() {
    let mut lab = ringing(UDP);
    lab.respond(486);

    assert_eq!(lab.respond(200), [""; 0]);
    assert_eq!(lab.comes(UDP, &invite()), ["> 486 INVITE"]);
}

#[test]
fn a_cancel_is_answered_and_told_once() {
    let mut lab = ringing(UDP);

    assert_eq!(lab.comes(UDP, &text("CANCEL", BRANCH)), ["> 200 CANCEL", "Cancel"]);
    assert_eq!(lab.sent_response().headers.to().unwrap().tag(), Some("ours"), "as in the INVITE's responses");
    assert_eq!(lab.comes(UDP, &text("CANCEL", BRANCH)), ["> 200 CANCEL"]);

    assert_eq!(lab.respond(487), ["> 487 INVITE"]);
    assert_eq!(lab.comes(UDP, &text("CANCEL", BRANCH)), ["> 200 CANCEL"]);
    assert_eq!(lab.comes(UDP, &ack()), [""; 0]);
}

#[test]
fn a_cancel_that_crosses_the_final_response_changes_nothing() {
    for status in [200, 486] {
        let mut lab = ringing(UDP);
        lab.respond(status);

        assert_eq!(lab.comes(UDP, &text("CANCEL", BRANCH)), ["> 200 CANCEL"]);
    }
}

#[test]
fn a_cancel_of_nothing_is_refused() {
    let mut lab = ringing(UDP);

    assert_eq!(lab.comes(UDP, &text("CANCEL", "z9hG4bK2")), ["> 481 CANCEL"]);
    let stranger = Flow { remote: "198.51.100.1:40000".parse().unwrap(), ..flow(UDP) };
    assert_eq!(lab.comes_over(stranger, &text("CANCEL", BRANCH)), ["> 481 CANCEL"]);
    let rebound = Flow { remote: "192.0.2.17:40001".parse().unwrap(), ..flow(UDP) };
    assert_eq!(lab.comes_over(rebound, &text("CANCEL", BRANCH)), ["> 200 CANCEL", "Cancel"]);
}

#[test]
fn without_a_magic_cookie_all_that_a_retransmission_repeats_is_compared() {
    for branch in ["1", "", "z9hG4bK"] {
        let (invite, ack, cancel) = (text("INVITE", branch), text("ACK", branch), text("CANCEL", branch));
        let without = |text: &str| text.replace(";branch=\r\n", "\r\n");
        let mut lab = Lab::new();
        lab.comes(UDP, &without(&invite));

        assert_eq!(lab.comes(UDP, &without(&invite)), ["> 100 INVITE"]);
        assert_eq!(lab.comes(UDP, &without(&cancel)), ["> 200 CANCEL", "Cancel"]);
        assert_eq!(lab.respond(487), ["> 487 INVITE"]);
        for other in [
            without(&cancel).replace("CSeq: 1", "CSeq: 2"),
            without(&cancel).replace("tag=from", "tag=other"),
            without(&cancel).replace("Call-ID: call", "Call-ID: other"),
            without(&cancel).replace("CANCEL sip:200", "CANCEL sip:201"),
            without(&cancel).replace("17:5060", "17:5061"),
        ] {
            assert_eq!(lab.comes(UDP, &other), ["> 481 CANCEL"], "{other}");
        }
        assert_eq!(lab.comes(UDP, &without(&ack)), [""; 0]);
        assert_eq!(lab.until(4_999), [], "it is confirmed");
    }
}
