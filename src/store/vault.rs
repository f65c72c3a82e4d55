//! Secrets that must be read again: sealed with AES-256-GCM under a key in a file beside the database.
//!
//! Whoever gets hold of a copy of the database alone learns no password of a provider and can register no phone.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::make_private_file;
use crate::accounts::hex;

/// Seals and opens secrets. The key is made when the first secret is sealed.
pub(crate) struct Vault {
    path: PathBuf,
    key: OnceLock<RandomizedNonceKey>,
}

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The key cannot be read or kept.
    #[error("the key of stored secrets in {path} cannot be read or kept: {reason}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file does not hold a key.
    #[error("{path} does not hold the key of stored secrets: 64 hexadecimal digits are expected", path = path.display())]
    Content {
        /// Which file.
        path: PathBuf,
    },
    /// The secret was sealed with another key, for another row, or is damaged.
    #[error("a stored secret ({what}) cannot be opened with the key in {path}; was that file replaced?", path = path.display())]
    Sealed {
        /// Whose secret.
        what: String,
        /// Which key.
        path: PathBuf,
    },
}

impl Vault {
    pub(super) fn in_dir(dir: &Path) -> Self {
        Self { path: dir.join("secrets.key"), key: OnceLock::new() }
    }

    /// Seals a secret for one place, named by `what`, where alone it can be opened.
    pub(super) fn seal(&self, what: &str, secret: &str) -> Result<String, VaultError> {
        let mut sealed = secret.as_bytes().to_vec();
        let nonce = self
            .key()?
            .seal_in_place_append_tag(Aad::from(what.as_bytes()), &mut sealed)
            .expect("a short secret can be sealed");
        Ok(STANDARD_NO_PAD.encode([nonce.as_ref().as_slice(), &sealed].concat()))
    }

    /// Opens what was sealed for the same place.
    pub(super) fn open(&self, what: &str, sealed: &str) -> Result<String, VaultError> {
        let fault = || VaultError::Sealed { what: what.to_owned(), path: self.path.clone() };
        let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|_| fault())?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or_else(fault)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| fault())?;
        let mut sealed = sealed.to_vec();
        let opened =
            self.key()?.open_in_place(nonce, Aad::from(what.as_bytes()), &mut sealed).map_err(|_| fault())?;
        String::from_utf8(opened.to_vec()).map_err(|_| fault())
    }

    /// That what was opened is not what was sealed.
    pub(super) fn damaged(&self, what: &str) -> VaultError {
        VaultError::Sealed { what: what.to_owned(), path: self.path.clone() }
    }

    /// A secret that can be made again: of the key and what it is for, and of nothing else.
    pub(super) fn derive(&self, what: &str) -> Result<[u8; 32], VaultError> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.read_or_make()?);
        // A key of its own for each use, so that what is sealed and what is derived have nothing to do with each other.
        let key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, b"palabre: derived secrets").as_ref());
        let mut secret = [0; 32];
        secret.copy_from_slice(hmac::sign(&key, what.as_bytes()).as_ref());
        Ok(secret)
    }

    fn key(&self) -> Result<&RandomizedNonceKey, VaultError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let bytes = self.read_or_make()?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, &bytes).expect("a key of 32 bytes");
        Ok(self.key.get_or_init(|| key))
    }

    fn read_or_make(&self) -> Result<[u8; 32], VaultError> {
        let failed = |reason| VaultError::File { path: self.path.clone(), reason };
        let text = match std::fs::read_to_string(&self.path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.make().map_err(failed)?;
                std::fs::read_to_string(&self.path)
            }
            other => other,
        };
        let text = text.map_err(failed)?;
        unhex(text.trim()).ok_or_else(|| VaultError::Content { path: self.path.clone() })
    }

    /// Keeps a fresh key. Server and command line may do so at the same moment: a link is made only once, and both then
    /// read the one that was first.
    fn make(&self) -> std::io::Result<()> {
        let beside = self.path.with_extension(format!("{:016x}", rand::random::<u64>()));
        make_private_file(&beside)?;
        let made = std::fs::write(&beside, format!("{}\n", hex(&rand::random::<[u8; 32]>())))
            .and_then(|()| std::fs::File::open(&beside)?.sync_all())
            .and_then(|()| match std::fs::hard_link(&beside, &self.path) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
                other => other,
            });
        std::fs::remove_file(&beside)?;
        made
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("path", &self.path).finish_non_exhaustive()
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_opens_where_it_was_sealed_and_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let vault = Vault::in_dir(dir.path());
        let sealed = vault.seal("trunk 1", "sésame").unwrap();

        assert_eq!(Vault::in_dir(dir.path()).open("trunk 1", &sealed).unwrap(), "sésame");
        assert!(vault.open("trunk 2", &sealed).is_err(), "moved to another row");
        assert_ne!(vault.seal("trunk 1", "sésame").unwrap(), sealed, "never sealed alike twice");
        for damaged in ["", "AAAA", &sealed[1..], "%"] {
            assert!(vault.open("trunk 1", damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn a_derived_secret_is_the_same_each_time_and_another_for_each_purpose() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let vault = Vault::in_dir(one.path());
        let secret = vault.derive("invitation 1 0").unwrap();

        assert_eq!(Vault::in_dir(one.path()).derive("invitation 1 0").unwrap(), secret);
        assert_ne!(vault.derive("invitation 1 1").unwrap(), secret);
        assert_ne!(Vault::in_dir(two.path()).derive("invitation 1 0").unwrap(), secret);
    }

    #[test]
    fn the_key_is_made_once_and_readable_by_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (Vault::in_dir(dir.path()), Vault::in_dir(dir.path()));
        one.make().unwrap();
        two.make().unwrap();

        assert_eq!(two.open("x", &one.seal("x", "y").unwrap()).unwrap(), "y");
        let files: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1, "nothing is left beside it");
        assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_file_that_holds_no_key_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", "short", &"é".repeat(32), &"x".repeat(64)] {
            std::fs::write(dir.path().join("secrets.key"), text).unwrap();
            let error = Vault::in_dir(dir.path()).seal("x", "y").unwrap_err();
            assert!(matches!(error, VaultError::Content { .. }), "{error}");
        }
    }

    #[test]
    fn a_secret_sealed_with_a_lost_key_says_so() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let sealed = Vault::in_dir(one.path()).seal("the password of trunk 1", "y").unwrap();

        let error = Vault::in_dir(two.path()).open("the password of trunk 1", &sealed).unwrap_err();

        assert!(error.to_string().contains("the password of trunk 1"), "{error}");
    }
}
