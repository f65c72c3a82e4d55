//! The thread that reads and writes recordings, since a disk may keep one waiting.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sip_gateway_proto::call::{LegId, MediaEvent, RecordingId};
use sip_gateway_proto::media::resample::Resampler;
use sip_gateway_proto::media::{ogg, wav};

use crate::media::prompts::{Pcm, RATE, SoundError, sound_of};

/// Where a recording is in a directory of recordings: Opus in Ogg, which browsers play.
#[must_use]
pub fn recording_file(directory: &Path, recording: RecordingId) -> PathBuf {
    directory.join(format!("{:016x}.opus", recording.0))
}

/// Why a sound file is not kept as a recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeepError {
    /// It is no sound file that we read.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// It is too short, or too long.
    #[error("it lasts {} ms", .0.as_millis())]
    Length(Duration),
    /// The disk, or the encoder.
    #[error("it cannot be written: {0}")]
    Write(#[from] io::Error),
}

/// Keeps a WAV file as a recording, at about the loudness of prompts, and tells how long it is. It may take a while.
pub fn keep_recording(
    directory: &Path,
    recording: RecordingId,
    wav: &[u8],
    lengths: RangeInclusive<Duration>,
) -> Result<Duration, KeepError> {
    let mut samples = sound_of(wav)?;
    let length = Duration::from_micros(samples.len() as u64 * 1_000_000 / u64::from(RATE));
    if !lengths.contains(&length) {
        return Err(KeepError::Length(length));
    }
    even(&mut samples);
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let part = recording_file(directory, recording).with_extension("part");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    let kept = Open::new(recording, file, part.clone()).and_then(|mut open| {
        open.write(&samples)?;
        open.end()
    });
    if kept.is_err() {
        // What cannot be removed is removed at the next start.
        let _ = fs::remove_file(part);
    }
    Ok(kept?)
}

/// Brings what is spoken to the loudness of prompts, as far as nothing is cut.
fn even(samples: &mut [i16]) {
    let power = |frame: &[i16]| {
        frame.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / frame.len().max(1) as f64
    };
    let spoken: Vec<f64> = samples.chunks(FRAME).map(power).filter(|power| *power > QUIET.powi(2)).collect();
    let peak = samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
    if spoken.is_empty() || peak == 0 {
        return;
    }
    let level = (spoken.iter().sum::<f64>() / spoken.len() as f64).sqrt();
    let gain = (SPOKEN / level).min(LOUDEST / f64::from(peak)).min(MAX_GAIN);
    for sample in samples {
        *sample = (f64::from(*sample) * gain) as i16; // saturates
    }
}

/// The sound of a recording as a WAV file of 8,000 samples a second, which every mail program plays; `None` if there is no
/// such recording, or it is longer than that.
#[must_use]
pub fn recording_wav(directory: &Path, recording: RecordingId, longest: Duration) -> Option<Vec<u8>> {
    let sound = read(directory, recording)?;
    let most = usize::try_from(longest.as_secs()).ok()?.checked_mul(RATE as usize)?;
    if sound.len() > most {
        return None;
    }
    let mut samples = vec![0; sound.len() / 2 * 2];
    sound.copy(0, &mut samples);
    let mut resampler = Resampler::new(RATE, WAV_RATE)?;
    let mut narrow = vec![0; resampler.output_len(samples.len())];
    let written = resampler.process(&samples, &mut narrow);
    let mut file = wav::header(WAV_RATE, u32::try_from(written).ok()?).to_vec();
    file.extend(narrow[..written].iter().flat_map(|sample| sample.to_le_bytes()));
    Some(file)
}

/// What the thread is to do.
enum Job {
    Begin(RecordingId),
    Write(RecordingId, Vec<i16>),
    End(RecordingId, LegId),
    Read(RecordingId, Arc<OnceLock<Option<Pcm>>>),
}

/// The way to the thread. Nothing of it waits.
#[derive(Debug, Clone)]
pub(in crate::media) struct Archive {
    jobs: mpsc::Sender<Job>,
    /// Samples that wait to be written.
    waiting: Arc<AtomicUsize>,
}

impl Archive {
    pub(super) fn begin(&self, recording: RecordingId) {
        self.tell(Job::Begin(recording));
    }

    pub(super) fn write(&self, recording: RecordingId, samples: Vec<i16>) {
        if self.waiting.load(Relaxed) + samples.len() > MAX_WAITING {
            tracing::warn!("the disk does not keep up with recordings: some sound is lost");
            return;
        }
        self.waiting.fetch_add(samples.len(), Relaxed);
        self.tell(Job::Write(recording, samples));
    }

    pub(super) fn end(&self, recording: RecordingId, leg: LegId) {
        self.tell(Job::End(recording, leg));
    }

    /// Reads a recording; what is returned holds it once it was read, or nothing if it is not there.
    pub(in crate::media) fn read(&self, recording: RecordingId) -> Arc<OnceLock<Option<Pcm>>> {
        let sound = Arc::new(OnceLock::new());
        self.tell(Job::Read(recording, Arc::clone(&sound)));
        sound
    }

    fn tell(&self, job: Job) {
        // The thread lives as long as the engine does.
        let _ = self.jobs.send(job);
    }
}

/// The thread, which ends once no [`Archive`] is left.
#[derive(Debug)]
pub(in crate::media) struct Files {
    directory: Option<PathBuf>,
    events: tokio::sync::mpsc::Sender<MediaEvent>,
    open: HashMap<RecordingId, Open>,
    /// Recordings that are in the directory.
    kept: usize,
}

/// A recording that is being written.
struct Open {
    recording: RecordingId,
    file: File,
    part: PathBuf,
    encoder: opus::Encoder,
    writer: ogg::Writer,
    /// What does not make up a frame yet.
    rest: Vec<i16>,
    samples: u64,
}

impl Files {
    /// Starts the thread. What a run before this one left half-written is removed.
    pub(in crate::media) fn start(
        directory: Option<PathBuf>,
        events: tokio::sync::mpsc::Sender<MediaEvent>,
    ) -> io::Result<(Archive, JoinHandle<()>)> {
        let mut kept = 0;
        if let Some(directory) = &directory {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
            for entry in fs::read_dir(directory)? {
                let path = entry?.path();
                match path.extension().and_then(|extension| extension.to_str()) {
                    Some("part") => fs::remove_file(path)?,
                    _ => kept += 1,
                }
            }
        }
        let (jobs, received) = mpsc::channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let archive = Archive { jobs, waiting: Arc::clone(&waiting) };
        let mut files = Self { directory, events, open: HashMap::new(), kept };
        let thread = thread::Builder::new().name("recordings".to_owned()).spawn(move || {
            while let Ok(job) = received.recv() {
                if let Job::Write(_, samples) = &job {
                    waiting.fetch_sub(samples.len(), Relaxed);
                }
                files.perform(job);
            }
        })?;
        Ok((archive, thread))
    }

    fn perform(&mut self, job: Job) {
        match job {
            Job::Begin(recording) => match self.begin(recording) {
                Ok(open) => {
                    self.open.insert(recording, open);
                }
                Err(error) => tracing::error!(%error, "a recording is not kept"),
            },
            Job::Write(recording, samples) => {
                let Some(open) = self.open.get_mut(&recording) else { return };
                if let Err(error) = open.write(&samples) {
                    tracing::error!(%error, "a recording is not kept");
                    self.discard(recording);
                }
            }
            Job::End(recording, leg) => self.end(recording, leg),
            Job::Read(recording, into) => {
                let sound = self.directory.as_deref().and_then(|directory| read(directory, recording));
                // It is asked for once.
                let _ = into.set(sound);
            }
        }
    }

    fn begin(&mut self, recording: RecordingId) -> io::Result<Open> {
        let Some(directory) = &self.directory else {
            return Err(io::Error::other("no directory is set for recordings"));
        };
        if self.kept >= MAX_KEPT {
            // Some may have been removed meanwhile.
            self.kept = fs::read_dir(directory)?.count();
        }
        if self.kept >= MAX_KEPT || self.open.len() >= MAX_OPEN {
            return Err(io::Error::other("there are too many recordings"));
        }
        let part = recording_file(directory, recording).with_extension("part");
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
        let opened = Open::new(recording, file, part);
        self.kept += usize::from(opened.is_ok());
        opened
    }

    fn end(&mut self, recording: RecordingId, leg: LegId) {
        let mut length = Duration::ZERO;
        if self.open.get(&recording).is_some_and(|open| open.samples == 0) {
            self.discard(recording);
        }
        if let Some(open) = self.open.get_mut(&recording) {
            match open.end() {
                Ok(ended) => {
                    length = ended;
                    self.open.remove(&recording);
                }
                Err(error) => {
                    tracing::error!(%error, "a recording is not kept");
                    self.discard(recording);
                }
            }
        }
        if self.events.try_send(MediaEvent::Recorded { leg, length }).is_err() {
            tracing::warn!("the call layer does not keep up with media events");
        }
    }

    fn discard(&mut self, recording: RecordingId) {
        if let Some(open) = self.open.remove(&recording) {
            self.kept = self.kept.saturating_sub(1);
            // What cannot be removed is removed at the next start.
            let _ = fs::remove_file(open.part);
        }
    }
}

impl Open {
    fn new(recording: RecordingId, mut file: File, part: PathBuf) -> io::Result<Self> {
        let encoder = || {
            let mut encoder = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip)?;
            encoder.set_bitrate(opus::Bitrate::Bits(BITRATE))?;
            encoder.set_signal(opus::Signal::Voice)?;
            let lookahead = encoder.get_lookahead()?;
            Ok((encoder, lookahead))
        };
        let (encoder, lookahead) = encoder().map_err(|error: opus::Error| io::Error::other(error))?;
        let mut header = Vec::new();
        let skip = lookahead.max(0) as u32 * TICKS_PER_SAMPLE;
        let writer = ogg::Writer::begin(recording.0 as u32, skip as u16, &mut header);
        file.write_all(&header)?;
        Ok(Self { recording, file, part, encoder, writer, rest: Vec::new(), samples: 0 })
    }

    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        self.samples += samples.len() as u64;
        self.rest.extend_from_slice(samples);
        let mut pages = Vec::new();
        let mut packet = [0; MAX_PACKET];
        let whole = self.rest.len() / FRAME * FRAME;
        for frame in self.rest[..whole].chunks_exact(FRAME) {
            let len = self.encoder.encode(frame, &mut packet).map_err(io::Error::other)?;
            self.writer.add(&packet[..len], FRAME as u32 * TICKS_PER_SAMPLE, &mut pages);
        }
        self.rest.drain(..whole);
        self.file.write_all(&pages)
    }

    fn end(&mut self) -> io::Result<Duration> {
        // What the encoder still looks ahead at, and the last frame, are filled up with silence.
        let missing = 2 * FRAME - self.rest.len() % FRAME;
        let samples = self.samples;
        self.write(&vec![0; missing])?;
        let mut pages = Vec::new();
        self.writer.end(&mut pages);
        self.file.write_all(&pages)?;
        self.file.sync_all()?;
        fs::rename(&self.part, self.part.with_extension("opus"))?;
        tracing::debug!(recording = self.recording.0, samples, "recorded");
        Ok(Duration::from_micros(samples * 1_000_000 / u64::from(RATE)))
    }
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("recording", &self.recording).finish_non_exhaustive()
    }
}

/// The sound of a recording; `None` if it is not there, or is something else.
fn read(directory: &Path, recording: RecordingId) -> Option<Pcm> {
    let path = recording_file(directory, recording);
    let file =
        fs::metadata(&path).ok().filter(|file| file.len() <= MAX_FILE).and_then(|_| fs::read(&path).ok())?;
    let recorded = ogg::read(&file)?;
    let mut decoder = opus::Decoder::new(RATE, opus::Channels::Mono).ok()?;
    let mut samples = Vec::with_capacity(recorded.packets.len() * FRAME);
    let mut frame = [0; MAX_FRAME];
    for packet in recorded.packets.iter().filter(|packet| !packet.is_empty()) {
        let len = decoder.decode(packet, &mut frame, false).unwrap_or(0);
        samples.extend_from_slice(&frame[..len]);
    }
    let skip = (recorded.skip / TICKS_PER_SAMPLE as usize).min(samples.len());
    Some(Pcm::Kept(samples[skip..].into()))
}

/// What is quieter is a pause: 50 dB below the loudest.
const QUIET: f64 = 100.0;
/// 22 dB below the loudest, as prompts are.
const SPOKEN: f64 = 2_600.0;
const LOUDEST: f64 = 29_000.0;
/// What is quieter by more than 20 dB is noise in the end.
const MAX_GAIN: f64 = 10.0;
/// What mail programs are given: nearly all calls have no more in them.
const WAV_RATE: u32 = 8_000;
/// 20 ms.
const FRAME: usize = RATE as usize / 50;
/// The longest that Opus can be, 120 ms.
const MAX_FRAME: usize = 6 * FRAME;
const MAX_PACKET: usize = 1_275;
/// Positions in the file count samples of 48 kHz.
const TICKS_PER_SAMPLE: u32 = 48_000 / RATE;
const BITRATE: i32 = 24_000;
/// Half an hour of sound, 58 MB, that a disk which stalls may keep waiting.
const MAX_WAITING: usize = 1_800 * RATE as usize;
/// Recordings at once.
const MAX_OPEN: usize = 500;
/// Recordings on the disk: 45 GB if all were ten minutes long.
const MAX_KEPT: usize = 25_000;
/// Of ten minutes at ten times the rate.
const MAX_FILE: u64 = 20_000_000;
