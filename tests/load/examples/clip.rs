//! Writes three seconds of what a camera shows to a file, for a look with any player:
//! `cargo run -p palabre-load --example clip -- clip.ivf` (VP8) or `clip.h264`.

use anyhow::{Context, Result, bail};
use palabre_load::media::clip::PICTURES_PER_SECOND;
use palabre_load::media::{h264, vp8};

const SIZE: (u16, u16) = (1280, 720);
const PICTURES: u32 = 90;

fn main() -> Result<()> {
    let path = std::env::args().nth(1).context("say where to")?;
    let bytes = match path.rsplit_once('.') {
        Some((_, "ivf")) => ivf(),
        Some((_, "h264")) => annex_b(),
        _ => bail!("a name that ends in .ivf or .h264"),
    };
    std::fs::write(path, bytes)?;
    Ok(())
}

/// A header of 32 bytes, then each frame with its length and time.
fn ivf() -> Vec<u8> {
    let (width, height) = SIZE;
    let mut file = b"DKIF\0\0\x20\0VP80".to_vec();
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    for number in [PICTURES_PER_SECOND, 1, PICTURES, 0] {
        file.extend(number.to_le_bytes());
    }
    for at in 0..PICTURES {
        let picture = match at {
            0 => vp8::key_frame(width, height, 33_000),
            _ => vp8::delta_frame(width, height, 8_000),
        };
        file.extend((picture.bytes.len() as u32).to_le_bytes());
        file.extend(u64::from(at).to_le_bytes());
        file.extend(picture.bytes);
    }
    file
}

/// Each unit behind a start code.
fn annex_b() -> Vec<u8> {
    let (width, height) = SIZE;
    let mut file = Vec::new();
    for at in 0..PICTURES {
        let units = match at {
            0 => h264::key_units(width, height, 33_000),
            _ => h264::delta_units(width, height, at, 8_000),
        };
        for unit in units {
            file.extend([0, 0, 0, 1]);
            file.extend(unit);
        }
    }
    file
}
