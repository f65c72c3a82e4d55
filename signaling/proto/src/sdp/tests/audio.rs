//! How clients are asked to send their sound.

use super::*;
use crate::audio::{AudioPolicy, Ptime, Redundancy};

#[test]
fn a_thin_link_is_spared_in_every_word_that_clients_heed() {
    let mut session = published(THIN);

    let answer = session.answer(&local()).sdp;

    let lines = section(&answer, "7");
    assert!(lines.contains(&"a=fmtp:111 minptime=60;useinbandfec=1;usedtx=1;maxaveragebitrate=16000"));
    assert!(lines.contains(&"a=ptime:60") && lines.contains(&"a=maxptime:60"));
    // RFC 8866 §5: before all attributes.
    assert_eq!(lines[1..3], ["c=IN IP4 0.0.0.0", "b=TIAS:16000"]);
}

#[test]
fn only_sections_in_which_the_client_sends_sound_say_how() {
    let mut session = published(THIN);

    let answer = session.answer(&local()).sdp;

    let sections = answer.split("\r\nm=").skip(1);
    let ordered = sections.filter(|section| section.contains("b=TIAS") || section.contains("a=ptime"));
    assert_eq!(ordered.count(), 1);
}

#[test]
fn without_a_policy_a_client_does_as_it_likes() {
    let mut session = published(AudioPolicy::default());

    let answer = session.answer(&local()).sdp;

    let lines = section(&answer, "7");
    assert!(lines.contains(&"a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1"));
    assert!(!lines.iter().any(|line| line.starts_with("b=") || line.starts_with("a=ptime")));
}

#[test]
fn a_client_may_ask_for_less_and_a_policy_too() {
    let policy = AudioPolicy { dtx: false, fec: false, ..THIN };
    let answer = published(policy).answer(&local()).sdp;
    assert!(section(&answer, "7").contains(&"a=fmtp:111 minptime=60;useinbandfec=0;maxaveragebitrate=16000"));

    let mut session = published(THIN);
    session.set_up_options(MICROPHONE, UpOptions { dtx: false, ..speech() });
    let answer = session.answer(&local()).sdp;
    assert!(section(&answer, "7").contains(&"a=fmtp:111 minptime=60;useinbandfec=1;maxaveragebitrate=16000"));
}

#[test]
fn two_channels_may_take_twice_as_much_where_they_are_worth_it() {
    let mut session = published(AudioPolicy { stereo: true, ..THIN });
    session.set_up_options(MICROPHONE, UpOptions { stereo: true, ..speech() });

    let answer = session.answer(&local()).sdp;

    let lines = section(&answer, "7");
    assert!(lines.contains(&"b=TIAS:32000"));
    assert!(lines.iter().any(|line| line.ends_with(";stereo=1;maxaveragebitrate=32000")));

    let mut session = published(THIN);
    session.set_up_options(MICROPHONE, UpOptions { stereo: true, ..speech() });
    let answer = session.answer(&local()).sdp;
    assert!(section(&answer, "7").contains(&"b=TIAS:16000") && !answer.contains("stereo=1"));
}

#[test]
fn redundancy_stands_behind_until_loss_asks_for_it() {
    let repairable = CHROMIUM_PUBLISH
        .replace("a=rtcp-fb:111 transport-cc", "a=rtcp-fb:111 transport-cc\r\na=rtcp-fb:111 nack");
    let mut session = published(AudioPolicy::default());
    session.handle_offer(offer(&repairable)).unwrap();
    let codecs = |session: &AnsweringSession| mimes(&session.up("7").unwrap().codecs);
    assert_eq!(codecs(&session), [(Mime::Opus, 111), (Mime::Red, 63)]);
    assert!(session.up("7").unwrap().codecs[0].feedback.nack, "what is lost is asked for again");
    session.answer(&local());
    assert!(!session.needs_offer());

    session.order_audio(AudioOrder { lossy: true, ..session.audio_order() });
    assert!(session.needs_offer());
    let changes = session.handle_offer(offer(&repairable)).unwrap();
    let answer = session.answer(&local()).sdp;

    assert!(section(&answer, "7")[0].ends_with(" 63 111"));
    assert_eq!(codecs(&session), [(Mime::Red, 63), (Mime::Opus, 111)]);
    assert_eq!(changes.published.len(), 1, "whoever forwards it learns of that");
    assert!(!session.up("7").unwrap().codecs[1].feedback.nack);
    assert!(!session.needs_offer());
}

#[test]
fn whoever_has_no_redundancy_is_not_asked_for_an_offer() {
    for (policy, options) in [
        (AudioPolicy { red: Redundancy::Never, ..AudioPolicy::default() }, speech()),
        (AudioPolicy { red: Redundancy::Always, ..AudioPolicy::default() }, speech()),
        (AudioPolicy::default(), UpOptions { red: false, ..speech() }),
    ] {
        let mut session = published(policy);
        session.set_up_options(MICROPHONE, options);
        session.answer(&local());

        session.order_audio(AudioOrder { lossy: true, ..session.audio_order() });

        assert!(!session.needs_offer(), "{policy:?}");
    }
}

#[test]
fn a_policy_without_redundancy_agrees_on_none() {
    let session = published(AudioPolicy { red: Redundancy::Never, ..AudioPolicy::default() });

    assert_eq!(mimes(&session.up("7").unwrap().codecs), [(Mime::Opus, 111)]);
}

#[test]
fn a_policy_that_always_wants_redundancy_prefers_it_at_once() {
    let session = published(AudioPolicy { red: Redundancy::Always, ..AudioPolicy::default() });

    assert_eq!(mimes(&session.up("7").unwrap().codecs), [(Mime::Red, 63), (Mime::Opus, 111)]);
}

const THIN: AudioPolicy = AudioPolicy {
    ptime: Ptime::Ms60,
    bitrate: Some(16_000),
    stereo: false,
    dtx: true,
    fec: true,
    red: Redundancy::OnLoss,
};

/// A session in which a microphone is published under a policy.
fn published(policy: AudioPolicy) -> AnsweringSession {
    let mut session = AnsweringSession::new(1);
    session.order_audio(AudioOrder { policy, lossy: false });
    session.handle_offer(offer(CHROMIUM_JOIN)).unwrap();
    session.set_up_options(MICROPHONE, speech());
    session.handle_offer(offer(CHROMIUM_PUBLISH)).unwrap();
    session
}

fn speech() -> UpOptions {
    UpOptions { dtx: true, red: true, ..UpOptions::default() }
}
