//! Names as they are searched for: without accents and capitals.

/// Text that looks alike to whoever types it in a hurry: lower case, plain letters, combining marks gone.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' | ' ' => folded.push(letter),
            '\u{300}'..='\u{36f}' => {}
            '’' | '‘' => folded.push('\''),
            '\u{a0}' | '\u{202f}' | '-' | '‑' => folded.push(' '),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            'ß' => folded.push_str("ss"),
            _ => folded.push(plain(letter)),
        }
    }
    folded
}

fn plain(letter: char) -> char {
    PLAIN.iter().find(|(accented, _)| accented.contains(letter)).map_or(letter, |(_, plain)| *plain)
}

/// Letters of Western Europe and of the languages written between Dakar and Lagos.
const PLAIN: &[(&str, char)] = &[
    ("àáâãäåāăąǎảạấầẩẫậắằẳẵặȁȃ", 'a'),
    ("ɓ", 'b'),
    ("çćĉċč", 'c'),
    ("ďđɖɗḍ", 'd'),
    ("èéêëēĕėęěẹẻẽếềểễệɛǝə", 'e'),
    ("ƒ", 'f'),
    ("ĝğġģǧɣ", 'g'),
    ("ĥħḥ", 'h'),
    ("ìíîïĩīĭįıịỉǐ", 'i'),
    ("ĵ", 'j'),
    ("ķƙ", 'k'),
    ("ĺļľŀł", 'l'),
    ("ñńņňŋɲǹ", 'n'),
    ("òóôõöøōŏőơọỏốồổỗộớờởỡợǒɔ", 'o'),
    ("ŕŗř", 'r'),
    ("śŝşšșṣ", 's'),
    ("ţťŧțṭ", 't'),
    ("ùúûüũūŭůűųưụủứừửữựǔ", 'u'),
    ("ŵẁẃẅʋ", 'w'),
    ("ýÿŷỳỵỷỹƴ", 'y'),
    ("źżžẓ", 'z'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_and_capitals_do_not_matter() {
        assert_eq!(fold("Chargé d’affaires, Koweït"), "charge d'affaires, koweit");
        assert_eq!(fold("Cœur ÉTÉ"), "coeur ete");
        assert_eq!(fold("e\u{301}te\u{301}"), "ete");
        assert_eq!(fold("Porto-Novo"), "porto novo");
        assert_eq!(fold("Ɖɔkpɛ Ọláṣeun"), "dokpe olaseun");
    }
}
