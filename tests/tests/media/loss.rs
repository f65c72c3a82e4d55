//! Lost packets are asked for and sent again, on both sides of the engine (RFC 4585, RFC 4588).

use std::collections::HashSet;

use palabre_tests::link::{is_rtp, seq_of, ssrc_of};
use palabre_tests::stage::Stage;

use crate::watch;

#[test]
fn packets_lost_on_the_way_to_a_viewer_are_sent_again() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[4]);
    let down = stage.subscribe(bob, camera);
    stage.until("bob sees the camera", |stage| watch::video(stage, bob, down).len() > 20);
    let (mut lost, mut at) = (HashSet::new(), 0);
    let ssrc = down.ssrc.0;
    stage.peer_mut(bob).incoming.lose(move |datagram| {
        // Each tenth video packet at its first try; what comes again under another SSRC passes.
        at += u32::from(is_rtp(datagram) && ssrc_of(datagram) == ssrc);
        at % 10 == 9 && lost.insert(seq_of(datagram)) && is_rtp(datagram) && ssrc_of(datagram) == ssrc
    });

    let so_far = watch::video(&stage, bob, down).len();
    stage.until("bob has seen 500 more", |stage| whole(stage, bob, down) >= so_far + 500);

    let seen = watch::video(&stage, bob, down);
    watch::assert_decodable(&seen[..so_far + 500]);
}

#[test]
fn packets_lost_on_the_way_from_a_camera_are_asked_for_again() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[4]);
    let down = stage.subscribe(bob, camera);
    stage.until("bob sees the camera", |stage| watch::video(stage, bob, down).len() > 20);
    let (mut lost, mut at) = (HashSet::new(), 0);
    stage.peer_mut(alice).outgoing.lose(move |datagram| {
        if !is_rtp(datagram) || datagram[1] & 0x7F != 96 {
            return false;
        }
        at += 1;
        at % 10 == 9 && lost.insert(seq_of(datagram))
    });

    let so_far = watch::video(&stage, bob, down).len();
    stage.until("bob has seen 500 more", |stage| whole(stage, bob, down) >= so_far + 500);

    let seen = watch::video(&stage, bob, down);
    watch::assert_decodable(&seen[..so_far + 500]);
}

#[test]
fn simulcast_packets_lost_on_the_way_from_a_camera_are_recovered_by_repaired_rid() {
    let mut stage = Stage::open();
    let [alice, bob] = [stage.join(), stage.join()];
    let camera = stage.publish_video(alice, &[1, 2, 4]);
    let down = stage.subscribe(bob, camera);
    stage.until("bob sees the largest encoding", |stage| {
        watch::video(stage, bob, down).last().is_some_and(|seen| seen.vp8.encoding == 2)
    });
    let mut at = 0;
    let mut lost = HashSet::new();
    stage.peer_mut(alice).outgoing.lose(move |datagram| {
        if !is_rtp(datagram) || datagram[1] & 0x7F != 96 {
            return false;
        }
        at += 1;
        at % 10 == 9 && lost.insert((ssrc_of(datagram), seq_of(datagram)))
    });

    let so_far = watch::video(&stage, bob, down).len();
    stage.until("bob has seen 300 more in a row", |stage| {
        longest_whole(&watch::video(stage, bob, down), so_far).len() >= 300
    });

    watch::assert_decodable(longest_whole(&watch::video(&stage, bob, down), so_far));
}

/// The longest run without a gap that has at least one packet after the first `so_far`, from the key frame that begins
/// it. Where the machine is busy the encoding changes, and what the one before still lacked then is not sent any more.
fn longest_whole(seen: &[watch::Seen], so_far: usize) -> &[watch::Seen] {
    let mut longest: &[watch::Seen] = &[];
    let mut end = 0;
    for run in seen.chunk_by(|before, after| after.seq == before.seq + 1) {
        end += run.len();
        let key = run.iter().position(|packet| packet.vp8.start && packet.vp8.key);
        let run = key.map_or(&[][..], |key| &run[key..]);
        if end > so_far && run.len() > longest.len() {
            longest = run;
        }
    }
    longest
}

/// How many packets were received before the first gap that is still open.
fn whole(stage: &Stage, who: palabre_tests::stage::Who, down: palabre_tests::stage::Down) -> usize {
    let seen = watch::video(stage, who, down);
    1 + seen.windows(2).take_while(|pair| pair[1].seq == pair[0].seq + 1).count()
}
