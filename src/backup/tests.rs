use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::Timestamp;

use super::*;
use crate::audit::{self, Entry};
use crate::config::Config;
use crate::store::Store;

#[tokio::test]
async fn everything_comes_back_in_an_empty_directory() {
    let (house, store, config) = house().await;
    let archive = house.path().join("backup.tar");

    let saved = save(&config, &store, &archive, Timestamp::UNIX_EPOCH).await.unwrap();
    let again = house.path().join("again");
    let restored = restore(&archive, &again).unwrap();

    assert_eq!((saved.files, restored.files), (4, 4), "database, key, recording, prompt");
    assert_eq!(std::fs::read(again.join("recordings/19ab.ogg")).unwrap(), vec![7; 1000]);
    assert_eq!(std::fs::read(again.join("secrets.key")).unwrap(), b"secret");
    assert_eq!(std::fs::read(again.join("prompts/fr/welcome.wav")).unwrap(), b"RIFF");
    assert_eq!(restored.elsewhere, ["prompts"]);
    let store = Store::open(&again).await.unwrap();
    assert_eq!(audit::newest(&store, 1).await.unwrap()[0].object, "before");
    for path in [archive, again.join("palabre.sqlite"), again.join("secrets.key")] {
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            path.display()
        );
    }
    assert_eq!(left_over(house.path()), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_is_written_over() {
    let (house, store, config) = house().await;
    let archive = house.path().join("backup.tar");
    std::fs::write(&archive, "mine").unwrap();
    let refused = save(&config, &store, &archive, Timestamp::UNIX_EPOCH).await;
    assert!(matches!(refused, Err(BackupError::Exists(_))), "{refused:?}");
    assert_eq!(std::fs::read(&archive).unwrap(), b"mine");

    std::fs::remove_file(&archive).unwrap();
    save(&config, &store, &archive, Timestamp::UNIX_EPOCH).await.unwrap();
    let refused = restore(&archive, &config.store.dir);
    assert!(matches!(refused, Err(BackupError::NotEmpty(_))), "{refused:?}");
    std::fs::create_dir(house.path().join("empty")).unwrap();
    restore(&archive, &house.path().join("empty")).unwrap();
}

#[tokio::test]
async fn an_archive_that_is_not_as_it_was_made_is_refused_and_leaves_nothing() {
    let (house, store, config) = house().await;
    let archive = house.path().join("backup.tar");
    save(&config, &store, &archive, Timestamp::UNIX_EPOCH).await.unwrap();
    let good = std::fs::read(&archive).unwrap();
    let try_with = |bytes: &[u8]| {
        let file = house.path().join("bad.tar");
        std::fs::write(&file, bytes).unwrap();
        let refused = restore(&file, &house.path().join("again")).unwrap_err().to_string();
        assert!(!house.path().join("again").exists());
        assert_eq!(left_over(house.path()), Vec::<String>::new());
        refused
    };

    let recording = good.windows(100).position(|window| window == [7; 100]).unwrap();
    let mut changed = good.clone();
    changed[recording] ^= 1;
    assert_eq!(try_with(&changed), "the archive cannot be used: recordings/19ab.ogg is not as it was saved");
    for end in [0, 100, 600, good.len() / 2, good.len() - 1025] {
        let why = try_with(&good[..end]);
        assert!(why.starts_with("the archive cannot be used: "), "{why}");
    }
    assert_eq!(
        try_with(b"PK\x03\x04 and so on, which is no archive of ours, but long enough to be read")
            .split(": ")
            .next(),
        Some("the archive cannot be used")
    );

    let mut bytes = good.clone();
    let at = bytes.windows(11).position(|window| window == b"\"format\": 1").unwrap();
    bytes[at + 10] = b'2';
    assert!(try_with(&bytes).contains("newer than this program"));
}

/// A directory in which a server has lived.
async fn house() -> (tempfile::TempDir, Store, Config) {
    let house = tempfile::tempdir().unwrap();
    let mut config = Config::default();
    config.store.dir = house.path().join("data");
    config.sip.prompts = Some(house.path().join("voices"));
    let store = Store::open(&config.store.dir).await.unwrap();
    audit::append(&store, Timestamp::UNIX_EPOCH, &Entry::console("user.add", "before")).await.unwrap();
    for (name, content) in [
        ("data/secrets.key", b"secret".to_vec()),
        ("data/recordings/19ab.ogg", vec![7; 1000]),
        ("data/recordings/not ours", b"x".to_vec()),
        ("voices/fr/welcome.wav", b"RIFF".to_vec()),
    ] {
        let path = house.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    (house, store, config)
}

/// What should have been taken away again.
fn left_over(dir: &Path) -> Vec<String> {
    let names =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| [".part", ".sqlite", ".restoring"].iter().any(|end| name.ends_with(end))).collect()
}
