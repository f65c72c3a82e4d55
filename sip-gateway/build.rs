//! Has the prompts spoken by espeak-ng: text into 16 kHz mono, trimmed, all equally loud, embedded into the program.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=prompts");
    println!("cargo::rerun-if-changed=build.rs");
    match speak_all() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn speak_all() -> Result<()> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut code = String::new();
    for (language, list, voice) in [("fr", "FRENCH", "fr"), ("en", "ENGLISH", "en-gb")] {
        let texts = format!("prompts/{language}.txt");
        let directory = out.join(language);
        fs::create_dir_all(&directory)?;
        writeln!(code, "pub(super) static {list}: &[(&str, &[u8])] = &[")?;
        for line in fs::read_to_string(&texts).map_err(|error| format!("{texts}: {error}"))?.lines() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, text) =
                line.split_once(": ").ok_or_else(|| format!("{texts}: `{line}` is no name and text"))?;
            let spoken = speak(text, voice, &directory.join("spoken.wav"))?;
            let prompt = level(trim(&to_16_khz(&spoken)));
            let octets: Vec<u8> = prompt.iter().flat_map(|sample| (*sample as i16).to_le_bytes()).collect();
            fs::write(directory.join(name), octets)?;
            writeln!(code, "    ({name:?}, include_bytes!({:?})),", directory.join(name))?;
        }
        writeln!(code, "];")?;
    }
    fs::write(out.join("prompts.rs"), code)?;
    Ok(())
}

/// The samples of a text, at the rate of the voice.
fn speak(text: &str, voice: &str, into: &Path) -> Result<Vec<f32>> {
    let spoken = Command::new("espeak-ng")
        .args(["-v", voice, "-s", SPEED, "-b", "1", "-w"])
        .arg(into)
        .args(["--", text])
        .output()
        .map_err(|error| {
            format!("espeak-ng speaks the prompts for callers and cannot be run ({error}): apt-get install espeak-ng")
        })?;
    if !spoken.status.success() {
        let said = String::from_utf8_lossy(&spoken.stderr);
        return Err(format!("espeak-ng does not speak `{text}`: {}", said.trim()).into());
    }
    let wav = fs::read(into)?;
    // Its header is always the same 44 bytes: one channel, 16 bits.
    if wav.len() < 44 || wav[24..28] != VOICE_RATE.to_le_bytes() {
        return Err(format!("espeak-ng speaks at another rate than {VOICE_RATE} Hz").into());
    }
    let sample = |pair: &[u8]| f32::from(i16::from_le_bytes([pair[0], pair[1]]));
    Ok(wav[44..].chunks_exact(2).map(sample).collect())
}

/// Another sampling rate, by a windowed sinc whose edge is below half of the lower rate.
fn to_16_khz(sound: &[f32]) -> Vec<f32> {
    let step = f64::from(VOICE_RATE) / f64::from(RATE);
    let edge = 0.92 / step;
    let len = (sound.len() as f64 / step) as usize;
    let sample = |at: usize| {
        let centre = at as f64 * step;
        let first = (centre - REACH).ceil().max(0.0) as usize;
        let last = ((centre + REACH) as usize + 1).min(sound.len());
        let tap = |from: usize| {
            let away = from as f64 - centre;
            let x = std::f64::consts::PI * away * edge;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
            let window = (std::f64::consts::FRAC_PI_2 * away / REACH).cos().powi(2);
            f64::from(sound[from]) * sinc * window * edge
        };
        (first..last).map(tap).sum::<f64>() as f32
    };
    (0..len).map(sample).collect()
}

/// Without the silence before and after, and without an edge that clicks.
fn trim(sound: &[f32]) -> Vec<f32> {
    let loud = |sample: &f32| sample.abs() > SILENCE;
    let first = sound.iter().position(loud).unwrap_or(0).saturating_sub(MILLI * 30);
    let last = sound.iter().rposition(loud).map_or(0, |at| at + MILLI * 90).min(sound.len());
    let mut sound = sound[first.min(last)..last].to_vec();
    let (len, fade) = (sound.len(), MILLI * 10);
    for (at, sample) in sound.iter_mut().enumerate() {
        *sample *= (at.min(len - 1 - at) as f32 / fade as f32).min(1.0);
    }
    sound
}

/// At the loudness of all of them, measured where there is speech; peaks are bent, not cut.
fn level(mut sound: Vec<f32>) -> Vec<f32> {
    let powers: Vec<f32> = sound
        .chunks(MILLI * 20)
        .map(|part| part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32)
        .collect();
    let loudest = powers.iter().copied().fold(0.0, f32::max);
    let speech: Vec<f32> = powers.into_iter().filter(|power| *power > loudest / 300.0).collect();
    let rms = (speech.iter().sum::<f32>() / speech.len().max(1) as f32).sqrt().max(1.0);
    for sample in &mut sound {
        let louder = *sample * SPEECH_RMS / rms;
        let over = (louder.abs() - KNEE).max(0.0) / (CEILING - KNEE);
        let bent = KNEE + (CEILING - KNEE) * over / (1.0 + over);
        *sample = if over > 0.0 { bent.copysign(louder) } else { louder };
    }
    sound
}

/// Words a minute: slower than its own 175, for lines that are not good.
const SPEED: &str = "145";
const VOICE_RATE: u32 = 22_050;
const RATE: u32 = 16_000;
/// Samples of a millisecond at [`RATE`].
const MILLI: usize = 16;
/// Input samples to each side of a new one.
const REACH: f64 = 32.0;
/// What is quieter is no speech.
const SILENCE: f32 = 160.0;
/// 22 dB below overload.
const SPEECH_RMS: f32 = 2_603.0;
const KNEE: f32 = 18_000.0;
const CEILING: f32 = 30_000.0;
