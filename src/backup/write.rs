//! Makes a backup while the server runs.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::tar::{BLOCK, Header, is_ours};
use super::{BackupError, DATABASE, FORMAT, Listed, MANIFEST, Manifest};
use crate::accounts::hex;
use crate::config::Config;
use crate::phones::RECORDINGS;
use crate::store::Store;

/// What was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// How many files.
    pub files: usize,
    /// How many bytes they have.
    pub bytes: u64,
}

/// Writes a backup into a new file that only its owner can read.
///
/// # Errors
/// When the file exists, or something cannot be read; then no file is left.
pub async fn save(
    config: &Config,
    store: &Store,
    target: &Path,
    now: Timestamp,
) -> Result<Saved, BackupError> {
    if target.exists() {
        return Err(BackupError::Exists(target.to_owned()));
    }
    // Beside the target, so that it is moved there in one step; gone again whatever happens.
    let unfinished = Unfinished(beside(target, "part"));
    let snapshot = Unfinished(beside(target, "sqlite"));
    store.snapshot(&snapshot.0).await?;
    let database = store.newest_migration().await?;

    let mut sources = vec![(DATABASE.to_owned(), snapshot.0.clone())];
    sources.extend(files(config)?);
    let (path, target) = (unfinished.0.clone(), target.to_owned());
    let archive = move || archive(&path, &sources, database, now);
    let saved = tokio::task::spawn_blocking(archive).await.map_err(|_| broke())??;
    // A hard link fails where a rename would write over what came meanwhile.
    std::fs::hard_link(&unfinished.0, &target).map_err(|reason| match reason.kind() {
        std::io::ErrorKind::AlreadyExists => BackupError::Exists(target.clone()),
        _ => BackupError::File { path: target.clone(), reason },
    })?;
    if let Some(dir) = target.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        // So that it is there after a power cut, too.
        let synced = File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(BackupError::file(dir))?;
    }
    Ok(saved)
}

fn broke() -> BackupError {
    BackupError::Archive("writing it ended in the middle".to_owned())
}

/// A file that is taken away again.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_file(&self.0);
    }
}

fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.{ending}", crate::accounts::random_letters(8)));
    target.with_file_name(name)
}

/// What there is beside the database, by its name in the archive.
fn files(config: &Config) -> Result<Vec<(String, PathBuf)>, BackupError> {
    let dir = &config.store.dir;
    let mut files = Vec::new();
    for name in ["secrets.key", "api-key.toml", "certificate.pem", "certificate-key.pem"] {
        files.push((name.to_owned(), dir.join(name)));
    }
    for (name, path) in
        [("configured/https-cert.pem", &config.https.cert), ("configured/https-key.pem", &config.https.key)]
    {
        files.extend(path.iter().map(|path| (name.to_owned(), path.clone())));
    }
    files.retain(|(_, path)| path.exists());
    below(&dir.join(RECORDINGS), RECORDINGS, &mut files)?;
    if let Some(prompts) = &config.sip.prompts {
        for language in ["fr", "en"] {
            below(&prompts.join(language), &format!("prompts/{language}"), &mut files)?;
        }
    }
    Ok(files)
}

/// The plain files of a directory. What has a name that is none of ours is not ours.
fn below(dir: &Path, name: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), BackupError> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(reason) => return Err(BackupError::File { path: dir.to_owned(), reason }),
    };
    for entry in entries {
        let entry = entry.map_err(BackupError::file(dir))?;
        let is_file = entry.file_type().map_err(BackupError::file(entry.path()))?.is_file();
        let name = entry.file_name().to_str().map(|file| format!("{name}/{file}"));
        if let Some(name) = name.filter(|name| is_file && is_ours(name)) {
            files.push((name, entry.path()));
        }
    }
    files.sort();
    Ok(())
}

fn archive(
    path: &Path,
    sources: &[(String, PathBuf)],
    database: i64,
    now: Timestamp,
) -> Result<Saved, BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut out = BufWriter::new(file.map_err(BackupError::file(path))?);
    let mtime = u64::try_from(now.as_second()).unwrap_or(0);
    let mut listed = Vec::with_capacity(sources.len());
    for (name, source) in sources {
        listed.extend(append(&mut out, name, source, mtime, path)?);
    }
    let saved = Saved { files: listed.len(), bytes: listed.iter().map(|file| file.size).sum() };
    let manifest = Manifest {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        database,
        made_at: now,
        files: listed,
    };
    let manifest = serde_json::to_vec_pretty(&manifest).expect("it is plain text and numbers");
    let header = Header { name: MANIFEST.to_owned(), size: manifest.len() as u64 };
    let finish = |out: &mut BufWriter<File>| {
        out.write_all(&header.block(mtime).map_err(std::io::Error::other)?)?;
        out.write_all(&manifest)?;
        out.write_all(&[0; BLOCK][..header.padding()])?;
        out.write_all(&[0; 2 * BLOCK])?;
        out.flush()?;
        out.get_ref().sync_all()
    };
    finish(&mut out).map_err(BackupError::file(path))?;
    Ok(saved)
}

/// Copies a file into the archive. One that has gone since is left out: a message that was just deleted.
fn append(
    out: &mut impl Write,
    name: &str,
    source: &Path,
    mtime: u64,
    target: &Path,
) -> Result<Option<Listed>, BackupError> {
    let file = match File::open(source) {
        Ok(file) => file,
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(reason) => return Err(BackupError::File { path: source.to_owned(), reason }),
    };
    let size = file.metadata().map_err(BackupError::file(source))?.len();
    let header = Header { name: name.to_owned(), size };
    let block = header.block(mtime).map_err(|error| BackupError::Archive(format!("{name}: {error}")))?;
    out.write_all(&block).map_err(BackupError::file(target))?;

    // So many bytes as the header says, also of one that grows meanwhile.
    let mut file = BufReader::new(file).take(size);
    let (mut hash, mut copied, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(BackupError::file(source))?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        out.write_all(&buffer[..read]).map_err(BackupError::file(target))?;
        copied += read as u64;
    }
    if copied < size {
        return Err(BackupError::Archive(format!("{} became shorter meanwhile", source.display())));
    }
    out.write_all(&[0; BLOCK][..header.padding()]).map_err(BackupError::file(target))?;
    Ok(Some(Listed { name: name.to_owned(), size, sha256: hex(&hash.finalize()) }))
}
