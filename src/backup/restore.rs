//! Brings a backup back, into an empty directory only, and only if it is whole.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::tar::{BLOCK, Header};
use super::{BackupError, DATABASE, FORMAT, Listed, MANIFEST, Manifest};
use crate::accounts::hex;
use crate::store::{make_private_dir, newest_known_migration};

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// How many files.
    pub files: usize,
    /// When the backup was made.
    pub made_at: jiff::Timestamp,
    /// The version of the program that made it.
    pub program: String,
    /// Directories that the configuration may want to name: certificates and prompts that lay elsewhere.
    pub elsewhere: Vec<&'static str>,
}

/// Unpacks an archive beside the directory, checks every file, and only then puts it in its place.
///
/// # Errors
/// When the directory is not empty, or anything is wrong with the archive; then nothing is left.
pub fn restore(archive: &Path, dir: &Path) -> Result<Restored, BackupError> {
    if !is_empty(dir)? {
        return Err(BackupError::NotEmpty(dir.to_owned()));
    }
    let file = File::open(archive).map_err(BackupError::file(archive))?;
    let unpacked = Unpacked::beside(dir)?;
    let (manifest, found) = unpack(BufReader::new(file), archive, &unpacked.0)?;
    check(&manifest, &found)?;

    if dir.exists() {
        std::fs::remove_dir(dir).map_err(BackupError::file(dir))?;
    }
    std::fs::rename(&unpacked.0, dir).map_err(BackupError::file(dir))?;
    let elsewhere = ["configured", "prompts"];
    Ok(Restored {
        files: found.len(),
        made_at: manifest.made_at,
        program: manifest.program,
        elsewhere: elsewhere.into_iter().filter(|name| dir.join(name).exists()).collect(),
    })
}

fn is_empty(dir: &Path) -> Result<bool, BackupError> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(reason) if reason.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(reason) => Err(BackupError::File { path: dir.to_owned(), reason }),
    }
}

/// Where files are until all are known to be good; gone again if they are not.
struct Unpacked(PathBuf);

impl Unpacked {
    fn beside(dir: &Path) -> Result<Self, BackupError> {
        let mut name = dir.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.restoring", crate::accounts::random_letters(8)));
        let path = dir.with_file_name(name);
        make_private_dir(&path).map_err(BackupError::file(&path))?;
        Ok(Self(path))
    }
}

impl Drop for Unpacked {
    fn drop(&mut self) {
        // It has been moved, if all went well.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

type Found = BTreeMap<String, Listed>;

fn unpack(mut from: impl Read, archive: &Path, into: &Path) -> Result<(Manifest, Found), BackupError> {
    let mut found = Found::new();
    let mut manifest = None;
    let damaged = |what: &str| BackupError::Archive(what.to_owned());
    loop {
        let mut block = [0; BLOCK];
        from.read_exact(&mut block).map_err(|_| damaged("its end is missing"))?;
        let header = Header::read(&block).map_err(|error| BackupError::Archive(error.to_string()))?;
        let Some(header) = header else { break };
        if manifest.is_some() {
            return Err(damaged("something follows its manifest"));
        }
        if header.name == MANIFEST {
            if header.size > MOST_MANIFEST {
                return Err(damaged("its manifest is too large"));
            }
            let mut text = vec![0; usize::try_from(header.size).unwrap_or(0)];
            from.read_exact(&mut text).map_err(|_| damaged("its manifest is cut off"))?;
            let read = serde_json::from_slice(&text).map_err(|_| damaged("its manifest cannot be read"))?;
            manifest = Some(read);
        } else {
            let listed = unpack_file(&mut from, archive, into, &header)?;
            if found.insert(header.name.clone(), listed).is_some() {
                return Err(damaged("it holds a file twice"));
            }
        }
        let mut padding = [0; BLOCK];
        from.read_exact(&mut padding[..header.padding()]).map_err(|_| damaged("its end is missing"))?;
    }
    Ok((manifest.ok_or_else(|| damaged("it has no manifest"))?, found))
}

fn unpack_file(
    from: &mut impl Read,
    archive: &Path,
    into: &Path,
    header: &Header,
) -> Result<Listed, BackupError> {
    // The header lets no name through that leads out of the directory.
    let path = into.join(&header.name);
    if let Some(parent) = path.parent() {
        make_private_dir(parent).map_err(BackupError::file(parent))?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let mut out = BufWriter::new(file.map_err(BackupError::file(&path))?);
    let (mut hash, mut left, mut buffer) = (Sha256::new(), header.size, vec![0; 1 << 16]);
    while left > 0 {
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let read = from.read(&mut buffer[..most]).map_err(BackupError::file(archive))?;
        if read == 0 {
            return Err(BackupError::Archive(format!("it is cut off within {}", header.name)));
        }
        hash.update(&buffer[..read]);
        out.write_all(&buffer[..read]).map_err(BackupError::file(&path))?;
        left -= read as u64;
    }
    out.flush().and_then(|()| out.get_ref().sync_all()).map_err(BackupError::file(&path))?;
    Ok(Listed { name: header.name.clone(), size: header.size, sha256: hex(&hash.finalize()) })
}

/// Everything that the manifest names is there as it was, and nothing else.
fn check(manifest: &Manifest, found: &Found) -> Result<(), BackupError> {
    if manifest.format > FORMAT || manifest.database > newest_known_migration() {
        return Err(BackupError::Newer(manifest.program.clone()));
    }
    for listed in &manifest.files {
        match found.get(&listed.name) {
            Some(there) if there == listed => {}
            Some(_) => return Err(BackupError::Archive(format!("{} is not as it was saved", listed.name))),
            None => return Err(BackupError::Archive(format!("{} is missing", listed.name))),
        }
    }
    if found.len() != manifest.files.len() {
        return Err(BackupError::Archive("it holds files that its manifest does not name".to_owned()));
    }
    if !found.contains_key(DATABASE) {
        return Err(BackupError::Archive("it holds no database".to_owned()));
    }
    Ok(())
}

/// Half a million recordings.
const MOST_MANIFEST: u64 = 100 << 20;
