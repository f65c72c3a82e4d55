//! Sound files: RIFF WAVE with 16 bits a sample, which every program writes and plays.

/// A file's sound in one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wav {
    /// Samples a second.
    pub rate: u32,
    /// The samples; two channels become one.
    pub samples: Vec<i16>,
}

/// Why a file could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WavError {
    /// It is something else, or broken off.
    #[error("it is no WAV file")]
    Format,
    /// Its samples are of a kind that we do not read.
    #[error("it must have 16 bits a sample, uncompressed, in one or two channels")]
    Samples,
}

/// Reads a file.
pub fn read(file: &[u8]) -> Result<Wav, WavError> {
    let body = file.strip_prefix(b"RIFF").and_then(|rest| rest.get(4..)).ok_or(WavError::Format)?;
    let mut rest = body.strip_prefix(b"WAVE").ok_or(WavError::Format)?;
    let mut format = None;
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let len = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        // What was broken off while it was written is heard as far as it goes.
        let chunk = &body[..len.min(body.len())];
        match &head[..4] {
            b"fmt " => format = Some(read_format(chunk)?),
            b"data" => {
                let (channels, rate) = format.ok_or(WavError::Format)?;
                return Ok(Wav { rate, samples: samples(chunk, channels) });
            }
            _ => {}
        }
        rest = body.get(len + len % 2..).unwrap_or_default();
    }
    Err(WavError::Format)
}

/// The header of a file in one channel with so many samples.
#[must_use]
pub fn header(rate: u32, samples: u32) -> [u8; HEADER_LEN] {
    let octets = samples.saturating_mul(2);
    let mut header = [0; HEADER_LEN];
    header[..4].copy_from_slice(b"RIFF");
    header[4..8].copy_from_slice(&octets.saturating_add(36).to_le_bytes());
    header[8..16].copy_from_slice(b"WAVEfmt ");
    header[16..20].copy_from_slice(&16u32.to_le_bytes());
    header[20..22].copy_from_slice(&PCM.to_le_bytes());
    header[22..24].copy_from_slice(&1u16.to_le_bytes());
    header[24..28].copy_from_slice(&rate.to_le_bytes());
    header[28..32].copy_from_slice(&(2 * rate).to_le_bytes());
    header[32..34].copy_from_slice(&2u16.to_le_bytes());
    header[34..36].copy_from_slice(&16u16.to_le_bytes());
    header[36..40].copy_from_slice(b"data");
    header[40..].copy_from_slice(&octets.to_le_bytes());
    header
}

/// Channels and rate.
fn read_format(chunk: &[u8]) -> Result<(usize, u32), WavError> {
    let fields = chunk.first_chunk::<16>().ok_or(WavError::Format)?;
    let short = |at: usize| u16::from_le_bytes([fields[at], fields[at + 1]]);
    let rate = u32::from_le_bytes([fields[4], fields[5], fields[6], fields[7]]);
    // The extensible kind says what it is further on; 16 bits of it are the same samples.
    let plain = matches!(short(0), PCM | EXTENSIBLE) && short(14) == 16;
    if !plain || !matches!(short(2), 1 | 2) {
        return Err(WavError::Samples);
    }
    Ok((usize::from(short(2)), rate))
}

fn samples(data: &[u8], channels: usize) -> Vec<i16> {
    let sample = |pair: &[u8]| i32::from(i16::from_le_bytes([pair[0], pair[1]]));
    let frames = data.chunks_exact(2 * channels);
    frames.map(|frame| (frame.chunks_exact(2).map(sample).sum::<i32>() / channels as i32) as i16).collect()
}

/// Octets of [`header`].
pub const HEADER_LEN: usize = 44;
const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xFFFE;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let samples = [0, 1, -1, i16::MAX, i16::MIN];
        let mut file = header(16_000, samples.len() as u32).to_vec();
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        assert_eq!(read(&file), Ok(Wav { rate: 16_000, samples: samples.to_vec() }));
        // Broken off in the middle of a sample.
        assert_eq!(read(&file[..file.len() - 1]).map(|wav| wav.samples.len()), Ok(4));
    }

    #[test]
    fn two_channels_become_one_and_other_chunks_are_passed_over() {
        let mut file = header(8_000, 4).to_vec();
        file[22] = 2;
        let data = file.split_off(36);
        file.extend(b"LIST\x03\0\0\0abc\0");
        file.extend(data);
        file.extend([10, 0, 20, 0, 0xFF, 0xFF, 0xFD, 0xFF]);
        assert_eq!(read(&file).map(|wav| wav.samples), Ok(vec![15, -2]));
    }

    #[test]
    fn other_files_are_refused_with_a_word() {
        let eight_bits = {
            let mut file = header(8_000, 4).to_vec();
            file[34] = 8;
            file
        };
        assert_eq!(read(&eight_bits), Err(WavError::Samples));
        for file in [&b""[..], b"RIFF", b"RIFFxxxxWAVE", b"OggS and more of it", &header(8_000, 1)[..36]] {
            assert_eq!(read(file), Err(WavError::Format));
        }
    }
}
