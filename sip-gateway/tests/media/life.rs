//! Whether a leg lives, and what RTCP says of it.

use std::time::Duration;

use sip_gateway::media::{MediaConfig, MediaEngine};
use sip_gateway_proto::call::{LegId, MediaEvent, MediaPlane};
use sip_gateway_proto::sdp::{Codec, Direction, Suite};

use crate::phone::{Phone, config};

#[test]
fn a_leg_that_owes_sound_and_is_silent_is_told_once_and_one_on_hold_never() {
    let config = MediaConfig { silence: Duration::from_millis(500), ..config(20_900..=20_919, 1) };
    let (mut engine, mut events) = MediaEngine::start(config).expect("threads");
    let mut held = Phone::new(&mut engine, 1, Codec::Pcma);
    held.agreed.direction = Direction::SendOnly;
    held.connect(&mut engine);
    let mut silent = Phone::new(&mut engine, 2, Codec::Pcma);
    silent.connect(&mut engine);

    assert_eq!(events.blocking_recv(), Some(MediaEvent::Silent { leg: LegId(2) }));

    // It is told again only after it was heard.
    silent.say(&[1; 160], 160);
    assert_eq!(events.blocking_recv(), Some(MediaEvent::Silent { leg: LegId(2) }));
    assert!(events.try_recv().is_err());
}

#[test]
fn a_leg_reports_what_it_sent_on_its_rtcp_port_or_on_the_shared_one() {
    let (mut engine, _events) = MediaEngine::start(config(20_920..=20_939, 1)).expect("threads");
    let mut apart = Phone::new(&mut engine, 1, Codec::Pcma);
    let mut shared = Phone::new(&mut engine, 2, Codec::Pcma);
    shared.agreed.rtcp_mux = true;
    shared.agreed.remote_rtcp = shared.agreed.remote;
    let encrypted = Phone::with_sdes(&mut engine, 3, Codec::Pcma, Suite::AesCm128HmacSha1_80);
    for phone in [&apart, &shared, &encrypted] {
        phone.connect(&mut engine);
    }
    engine.bridge(apart.leg, shared.leg);
    engine.settle();
    apart.say(&[1; 160], 160);
    shared.say(&[2; 160], 160);
    shared.hear().expect("speech");
    apart.hear().expect("speech");

    let mut compound = [0; 512];
    let (len, _) = apart.rtcp.recv_from(&mut compound).expect("a report");
    assert!(len > 28 && compound[1] == 200, "a sender report");
    assert_eq!(compound[20..28], [0, 0, 0, 1, 0, 0, 0, 160], "one packet of 160 octets");
    let (_, _) = shared.rtp.recv_from(&mut compound).expect("a report");
    assert_eq!(compound[1], 200);
    let (_, _) = encrypted.rtcp.recv_from(&mut compound).expect("a report");
    assert_eq!(compound[1], 201, "a receiver report, encrypted");
}
