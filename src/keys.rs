//! The API key that a server makes for itself when the operator has given none.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use signaling_proto::token::Keys;

use crate::accounts::Secret;
use crate::http::tls::write_private;
use crate::store::make_private_dir;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// The file cannot be read or written.
    #[error("the API key in {path} cannot be read or kept: {reason}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// The file does not hold a key.
    #[error("{path} does not hold an API key: {reason}", path = path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The keys kept in a directory; one is made on the first start.
///
/// # Errors
/// When the file cannot be read, written or understood.
pub fn generated(dir: &Path) -> Result<Keys, KeysError> {
    let path = dir.join("api-key.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = format!("{NAME} = \"{}\"\n", Secret::random().expose());
            make_private_dir(dir)
                .and_then(|()| write_private(&path, &text))
                .map_err(|reason| KeysError::File { path: path.clone(), reason })?;
            text
        }
        Err(reason) => return Err(KeysError::File { path, reason }),
    };
    read(&text).map_err(|reason| KeysError::Content { path, reason })
}

fn read(text: &str) -> Result<Keys, String> {
    let table: BTreeMap<String, String> =
        toml::from_str(text).map_err(|e: toml::de::Error| e.message().to_owned())?;
    let mut keys = Keys::default();
    for (name, secret) in &table {
        keys.insert(name, secret).map_err(|error| error.to_string())?;
    }
    keys.first().ok_or("it is empty")?;
    Ok(keys)
}

const NAME: &str = "palabre";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept() {
        let dir = tempfile::tempdir().unwrap();

        let first = generated(dir.path()).unwrap();
        let second = generated(dir.path()).unwrap();

        assert!(first.secret(NAME).is_some());
        assert_eq!(first.secret(NAME), second.secret(NAME));
    }

    #[test]
    fn a_file_without_a_usable_key_is_an_error() {
        for text in ["", "palabre = \"short\"", "palabre = 3", "["] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
