//! What it takes to encrypt a packet, by protection profile.

use std::hint::black_box;
use std::time::Instant;

use sfu_proto::srtp::{KeyingMaterial, SrtpProfile, SrtpSender};

fn main() {
    for profile in [SrtpProfile::AeadAes128Gcm, SrtpProfile::AeadAes256Gcm, SrtpProfile::Aes128CmHmacSha1_80]
    {
        for payload in [160, 1_200] {
            let mut best = f64::MAX;
            for _ in 0..9 {
                best = best.min(nanoseconds_per_packet(profile, payload));
            }
            // The one place where printing is the purpose.
            #[allow(clippy::print_stdout)]
            {
                println!("{profile:?}, {payload:>4} bytes: {best:>5.0} ns per packet");
            }
        }
    }
}

fn nanoseconds_per_packet(profile: SrtpProfile, payload: usize) -> f64 {
    let keys =
        KeyingMaterial::split(profile, &vec![7; profile.keying_len()]).expect("the length is the profile's");
    let mut sender = SrtpSender::new(&keys.server);
    let mut header = [0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    let payload = vec![3; payload];
    let mut out = [0; 1_500];

    let began = Instant::now();
    for sequence in 0..PACKETS {
        header[2..4].copy_from_slice(&sequence.to_be_bytes());
        sender
            .protect_rtp(black_box(&header), &[], &payload, &mut out)
            .expect("every sequence number is a new one");
    }
    began.elapsed().as_nanos() as f64 / f64::from(PACKETS)
}

const PACKETS: u16 = 50_000;
