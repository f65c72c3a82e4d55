//! What a new password must be: long, and nothing that somebody tries first (NIST SP 800-63B §5.1.1.2). No characters
//! are prescribed, and nobody is made to change a good one.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::{InvalidText, Role};
use crate::directory::fold;

/// Checks a new password against the rules of a role, and against what is known of whoever will have it: name and
/// e-mail address.
///
/// # Errors
/// Says which rule it breaks.
pub fn check_password(password: &str, role: Role, about: &[&str]) -> Result<(), InvalidText> {
    let length = password.chars().count();
    if length > MOST {
        return Err(InvalidText("a password has at most 256 characters"));
    }
    match role {
        Role::Administrator | Role::ItOfficer if length < 15 => {
            return Err(InvalidText("an administrator's password needs at least 15 characters"));
        }
        Role::ProtocolOfficer | Role::User if length < 12 => {
            return Err(InvalidText("a password needs at least 12 characters"));
        }
        _ => {}
    }
    let plain = plain(password);
    if about.iter().flat_map(|text| names_in(text)).any(|name| plain.contains(&name)) {
        return Err(InvalidText("a password does not contain the name or the e-mail address"));
    }
    if is_common(&plain) || few_characters(password) {
        return Err(InvalidText("this password is one of the first that others would try"));
    }
    Ok(())
}

/// Letters and digits only, without accents and capitals.
fn plain(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What of a name or an address must not be in a password: the whole of it, and what stands before the @.
fn names_in(text: &str) -> Vec<String> {
    let before = text.split('@').next().unwrap_or_default();
    [plain(text), plain(before)].into_iter().filter(|name| name.chars().count() >= SHORTEST_NAME).collect()
}

/// Whether it is a common word, perhaps said several times, perhaps with digits around it.
fn is_common(plain: &str) -> bool {
    let core = plain.trim_matches(|c: char| c.is_ascii_digit());
    [plain, core].into_iter().any(|text| {
        let word = repeated(text);
        // Digits alone are a date or a row of keys.
        word.chars().all(|c| c.is_ascii_digit()) || COMMON.contains(word)
    })
}

/// The shortest piece of which a text is made by saying it again and again.
fn repeated(text: &str) -> &str {
    let fits = |&length: &usize| {
        text.len().is_multiple_of(length)
            && text.is_char_boundary(length)
            && text.as_bytes().chunks(length).all(|chunk| chunk == &text.as_bytes()[..length])
    };
    (1..text.len()).find(fits).map_or(text, |length| &text[..length])
}

fn few_characters(password: &str) -> bool {
    password.chars().collect::<HashSet<_>>().len() < FEWEST_CHARACTERS
}

static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with('#')).collect()
});

/// More than anybody types, little enough to hash.
const MOST: usize = 256;
/// Shorter names are in too many good passwords.
const SHORTEST_NAME: usize = 4;
const FEWEST_CHARACTERS: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_after_others_needs_a_longer_password() {
        let sentence = "Quand il pleut, le marché ferme";
        let of = |length: usize| sentence.chars().take(length).collect::<String>();

        for (role, least) in
            [(Role::User, 12), (Role::ProtocolOfficer, 12), (Role::ItOfficer, 15), (Role::Administrator, 15)]
        {
            assert!(check_password(&of(least), role, &[]).is_ok(), "{role:?}");
            assert!(check_password(&of(least - 1), role, &[]).is_err(), "{role:?}");
        }
        assert!(check_password(&sentence.repeat(9), Role::User, &[]).is_err(), "too long");
    }

    #[test]
    fn names_and_addresses_are_no_passwords() {
        let refused = |password: &str| {
            check_password(password, Role::User, &["Élise N’Dour", "e.ndour@example.org"]).is_err()
        };

        assert!(refused("Elise-N-Dour-2026"));
        assert!(refused("le chat d'endour 7"), "what stands before the @");
        assert!(refused("e.ndour@example.org"));
        assert!(!refused("le chat noir de 7h"));
        // A short name is not looked for: it is in too many words.
        assert!(check_password("sous la pluie de mai", Role::User, &["Mai"]).is_ok());
    }

    #[test]
    fn what_is_tried_first_is_refused_however_it_is_dressed() {
        for common in [
            "motdepasse2026",
            "MotDePasse-1234",
            "123password!!!",
            "bonjourbonjour",
            "azertyuiop123",
            "121212121212",
            "202611292026",
            "aaaaaaaaaaaaaaab",
            "Administrateur1",
        ] {
            assert!(check_password(common, Role::User, &[]).is_err(), "{common}");
        }
        for good in ["long enough pw", "a very long password", "correct horse battery", "Ɖɔ̀ nù nyɔ́ ɖé 7"]
        {
            assert!(check_password(good, Role::User, &[]).is_ok(), "{good}");
        }
        assert!(COMMON.len() > 10_000);
    }

    #[test]
    fn a_text_is_known_as_a_repetition() {
        assert_eq!(repeated("abcabcabc"), "abc");
        assert_eq!(repeated("aaaa"), "a");
        assert_eq!(repeated("abcab"), "abcab");
        assert_eq!(repeated("ééé"), "é");
        assert_eq!(repeated(""), "");
    }
}
