use super::*;
use crate::io::Mime;
use crate::rtp::dependency::tests::{Head, L2T2, L2T2_KEY, Shape, write};
use crate::track::scalability::Scalability;

#[test]
fn everything_passes_that_is_wanted_and_the_last_of_each_picture_is_told() {
    let mut viewer = Viewer::new(L2T2, 1, 1);

    assert_eq!(viewer.run(4), "K0 K1! 0 1! 0 1! 0 1!");
}

#[test]
fn a_small_picture_ends_where_its_layer_ends() {
    let mut viewer = Viewer::new(L2T2, 0, 1);

    assert_eq!(viewer.run(4), "K0! - 0! - 0! - 0! -");
}

#[test]
fn half_the_frames_are_left_out() {
    let mut viewer = Viewer::new(L2T2, 1, 0);

    assert_eq!(viewer.run(4), "K0 K1! - - 0 1! - -");
}

#[test]
fn going_down_takes_effect_with_the_next_picture() {
    let mut viewer = Viewer::new(L2T2, 1, 1);
    viewer.run(2);
    viewer.send(0);
    viewer.filter.want(Layers { spatial: 0, temporal: 1 });

    assert_eq!(viewer.send(1), "1!", "the picture has begun");
    viewer.picture += 1;
    assert_eq!(viewer.run(2), "0! - 0! -");
}

#[test]
fn going_up_to_a_larger_picture_waits_for_a_key_picture() {
    for shapes in [L2T2, L2T2_KEY] {
        let mut viewer = Viewer::new(shapes, 0, 1);
        viewer.run(2);
        viewer.filter.want(Layers { spatial: 1, temporal: 1 });

        assert_eq!(viewer.run(4), "0! - 0! - 0! - 0! -");
        viewer.key();
        assert_eq!(viewer.run(2), "K0 K1! 0 1!");
    }
}

#[test]
fn going_up_to_more_frames_waits_for_no_key_picture() {
    for shapes in [L2T2, L2T2_KEY] {
        let mut viewer = Viewer::new(shapes, 1, 0);
        viewer.run(2);
        viewer.filter.want(Layers { spatial: 1, temporal: 1 });

        assert_eq!(viewer.run(4), "0 1! 0 1! 0 1! 0 1!");
    }
}

#[test]
fn in_the_middle_of_a_group_more_frames_wait_for_the_ground() {
    let mut viewer = Viewer::new(L2T2, 1, 0);
    viewer.run(1);
    viewer.filter.want(Layers { spatial: 1, temporal: 1 });

    assert_eq!(viewer.run(3), "- - 0 1! 0 1!", "the first is discardable, so it is no place to switch");
}

#[test]
fn a_larger_picture_that_needs_no_past_is_entered_in_any_picture() {
    let mut viewer = Viewer::new(L2T2, 0, 1);
    viewer.run(2);
    viewer.filter.want(Layers { spatial: 1, temporal: 1 });
    viewer.send(0);

    // Template 3 builds on nothing but its own picture.
    assert_eq!(viewer.send_as(1, 3), "K1!");
    viewer.picture += 1;
    assert_eq!(viewer.run(1), "0 1!");
}

#[test]
fn stragglers_are_judged_by_what_was_sent_of_their_picture() {
    let mut viewer = Viewer::new(L2T2, 1, 1);
    viewer.run(2);
    viewer.send(0);
    let late = viewer.skip(1);
    viewer.picture += 1;
    viewer.filter.want(Layers { spatial: 0, temporal: 1 });
    assert_eq!(viewer.run(1), "0! -");

    assert_eq!(viewer.give(late), "1!");
    assert_eq!(viewer.run(1), "0! -");
}

#[test]
fn a_frame_that_builds_on_what_was_left_out_does_not_pass() {
    let mut omitted = Omitted::before(100);
    let needs = |back: &[u32]| {
        let mut references = References::NONE;
        back.iter().for_each(|&back| references.add(back));
        references
    };
    assert!(omitted.any_of(101, needs(&[2])), "from before the start");
    assert!(!omitted.any_of(101, needs(&[1])));

    omitted.note(103);
    omitted.note(102);
    assert!(omitted.any_of(104, needs(&[1])) && omitted.any_of(104, needs(&[2])));
    assert!(!omitted.any_of(104, needs(&[3, 4])));
    assert!(omitted.any_of(110, needs(&[7])) && !omitted.any_of(110, needs(&[6, 9])));
    assert!(!omitted.any_of(103, needs(&[2, 3])) && omitted.any_of(103, needs(&[1])));

    omitted.note(50_000);
    assert!(!omitted.any_of(50_001, needs(&[2, 64])));
}

/// A stream of two spatial and two temporal layers, and a viewer of it.
struct Viewer {
    shapes: &'static [Shape],
    stream: Scalability,
    filter: LayerFilter,
    picture: u32,
    key: u32,
    started: bool,
}

type Packet = (u64, u32, LayerFrame, String);

impl Viewer {
    fn new(shapes: &'static [Shape], spatial: u8, temporal: u8) -> Self {
        let mut filter = LayerFilter::default();
        filter.want(Layers { spatial, temporal });
        Self { shapes, stream: Scalability::default(), filter, picture: 0, key: 0, started: false }
    }

    /// The next picture is a key picture.
    fn key(&mut self) {
        self.key = self.picture;
    }

    /// What the viewer gets of the next pictures: the spatial layer, K for key frames, ! for the last of a picture.
    fn run(&mut self, pictures: u32) -> String {
        let mut seen = Vec::new();
        for _ in 0..pictures {
            seen.extend([self.send(0), self.send(1)]);
            self.picture += 1;
        }
        seen.join(" ")
    }

    fn send(&mut self, spatial: u8) -> String {
        let packet = self.skip(spatial);
        self.give(packet)
    }

    fn send_as(&mut self, spatial: u8, template: u8) -> String {
        let packet = self.frame(spatial, template);
        self.give(packet)
    }

    /// Sends a frame that does not arrive yet.
    fn skip(&mut self, spatial: u8) -> Packet {
        let since = self.picture - self.key;
        let template = 3 * spatial + if since == 0 { 0 } else { 1 + (since % 2) as u8 };
        self.frame(spatial, template)
    }

    fn frame(&mut self, spatial: u8, template: u8) -> Packet {
        let key = template == 0;
        let number = 2 * self.picture + u32::from(spatial);
        let head = Head { begins: true, ends: true, template, frame: number as u16 };
        let descriptor = write(head, key.then_some(self.shapes));
        let timestamp = 3_000 * self.picture;
        let frame = self.stream.read(Mime::Av1, timestamp, &[], Some(&descriptor)).expect("well-formed");
        let letter = if template.is_multiple_of(3) { "K" } else { "" };
        (1_000 + u64::from(number), timestamp, frame, format!("{letter}{spatial}"))
    }

    fn give(&mut self, (sequence, timestamp, frame, name): Packet) -> String {
        let judgement = match std::mem::replace(&mut self.started, true) {
            false => self.filter.restart(sequence, timestamp, &frame),
            true => self.filter.judge(sequence, timestamp, &frame),
        };
        match judgement {
            Judgement::Pass { last: true } => name + "!",
            Judgement::Pass { last: false } => name,
            Judgement::Omit => "-".to_owned(),
        }
    }
}
