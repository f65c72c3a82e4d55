//! Prints what each step of phone sound costs per frame of 20 ms: `cargo run --release --example media_cost`.
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use sip_gateway_proto::media::{concealment::Concealer, g711::Law, g722, mixer, resample::Resampler};

fn main() {
    let voice = |len: usize| -> Vec<i16> {
        (0..len)
            .map(|at| ((at as f32 * 0.07).sin() * 9_000.0 + (at as f32 * 0.9).sin() * 2_000.0) as i16)
            .collect()
    };
    let (narrow, wide, full) = (voice(160), voice(320), voice(960));

    let mut codes = [0; 160];
    measure("G.711 encode", || Law::A.encode(black_box(&narrow), &mut codes));
    let mut samples = [0; 320];
    measure("G.711 decode", || Law::A.decode(black_box(&codes), &mut samples));

    let (mut encoder, mut decoder) = (g722::Encoder::new(), g722::Decoder::new());
    measure("G.722 encode", || encoder.encode(black_box(&wide), &mut codes));
    measure("G.722 decode", || decoder.decode(black_box(&codes), &mut samples));

    let mut out = [0; 960];
    for (from, to, input) in [
        (8_000, 16_000, &narrow),
        (16_000, 8_000, &wide),
        (8_000, 48_000, &narrow),
        (48_000, 8_000, &full),
        (16_000, 48_000, &wide),
        (48_000, 16_000, &full),
    ] {
        let mut resampler = Resampler::new(from, to).expect("a filter for these rates");
        measure(&format!("resample {from} to {to}"), || resampler.process(black_box(input), &mut out));
    }

    let mut concealer = Concealer::new(16_000);
    measure("a lost frame, 16 kHz", || {
        concealer.handle_frame(&mut wide.clone());
        concealer.conceal(&mut samples);
    });

    let mut mixer = mixer::Mixer::new();
    let ids: Vec<_> = (0..50).filter_map(|_| mixer.add()).collect();
    let frame: [i16; mixer::FRAME] = full.try_into().expect("one frame");
    measure("mix 50 inputs", || {
        ids.iter().for_each(|&id| mixer.put(id, black_box(&frame)));
        mixer.mix();
    });
}

fn measure<T>(name: &str, mut step: impl FnMut() -> T) {
    const ROUNDS: u32 = 20_000;
    for _ in 0..ROUNDS / 10 {
        black_box(step());
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        black_box(step());
    }
    let micros = start.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS);
    println!("{name:<24} {micros:8.2} µs");
}
