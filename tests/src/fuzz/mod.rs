//! Bodies of the fuzz targets: each feeds bytes that a stranger could send to the code that would meet them, and fails
//! only by panicking, hanging or growing without bound.
//!
//! `cargo test` replays the committed seeds and a bounded number of mutations of each; `cargo fuzz run NAME` in
//! `tests/fuzz` searches on from the same seeds.

mod conference;
mod media;
mod mutate;
mod phone;
mod port;
mod sdp;
mod signalling;
mod sip;

pub use mutate::Mutator;

/// One target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its seed directory and of its `fuzz_targets` file.
    pub name: &'static str,
    /// What takes the bytes.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target { name: "conference", run: conference::packets },
    Target { name: "datagrams", run: port::datagrams },
    Target { name: "frames", run: port::frames },
    Target { name: "join_request", run: signalling::join_request },
    Target { name: "payload", run: conference::payload },
    Target { name: "phone_media", run: phone::media },
    Target { name: "phone_sdp", run: phone::sdp },
    Target { name: "rtcp", run: conference::rtcp },
    Target { name: "sdp_answer", run: sdp::answer },
    Target { name: "sdp_offer", run: sdp::offer },
    Target { name: "sip_message", run: sip::message },
    Target { name: "sip_stream", run: sip::stream },
    Target { name: "srtp", run: media::srtp },
];

/// Runs a target by name.
///
/// # Panics
/// If there is no such target, or if the target finds a fault.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    (target.run)(data);
}
