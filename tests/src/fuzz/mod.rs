//! Bodies of the fuzz targets: each feeds bytes that a stranger could send to the code that would meet them, and fails
//! only by panicking, hanging or growing without bound.
//!
//! `cargo test` replays the committed seeds and a bounded number of mutations of each; `cargo fuzz run NAME` in
//! `tests/fuzz` searches on from the same seeds.

mod browsers;
mod conference;
mod house;
mod media;
mod mutate;
mod phone;
mod port;
mod relay;
mod sdp;
mod signalling;
mod sip;
mod telephony;

pub use mutate::Mutator;

/// One target.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its seed directory and of its `fuzz_targets` file.
    pub name: &'static str,
    /// What takes the bytes.
    pub run: fn(&[u8]),
    /// How many mutations of each seed `cargo test` tries: as many as take a second or two in a debug build.
    pub mutations: usize,
}

impl Target {
    const fn new(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, mutations: 400 }
    }

    /// A target of which one run is long.
    const fn slow(name: &'static str, run: fn(&[u8])) -> Self {
        Self { name, run, mutations: 100 }
    }
}

/// All targets.
pub const TARGETS: &[Target] = &[
    Target::new("conference", conference::packets),
    Target::new("datagrams", port::datagrams),
    Target::new("dial_plan", telephony::dial_plan),
    Target::new("frames", port::frames),
    Target::new("join_request", signalling::join_request),
    Target::new("payload", conference::payload),
    Target::new("phone_media", phone::media),
    Target::new("phone_sdp", phone::sdp),
    Target::new("rtcp", conference::rtcp),
    Target::new("sdp_answer", sdp::answer),
    Target::new("sdp_offer", sdp::offer),
    Target::slow("sip_endpoint", telephony::endpoint),
    Target::new("sip_message", sip::message),
    Target::new("sip_stream", sip::stream),
    Target::slow("sip_subscribe", telephony::subscribe),
    Target::new("srtp", media::srtp),
    Target::new("turn", relay::server),
    Target::new("turn_stream", relay::stream),
];

/// Runs a target by name.
///
/// # Panics
/// If there is no such target, or if the target finds a fault.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of that name");
    (target.run)(data);
}
