//! How the choices of the numbering plan are written: in the store, in the HTTP API and on the command line alike.

use sip_gateway_proto::flow::Carrier;
use sip_gateway_proto::plan::{Class, DigestAlgorithm, IdentityProfile, RingStrategy};

/// A choice among few, each with a word.
pub trait Choice: Copy + PartialEq + 'static {
    /// Every choice with its word.
    const WORDS: &'static [(Self, &'static str)];

    /// The word of this choice.
    fn keyword(self) -> &'static str {
        let pair = Self::WORDS.iter().find(|(choice, _)| *choice == self);
        pair.expect("every choice has a word").1
    }

    /// The choice that a word stands for.
    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(choice, _)| *choice)
    }
}

impl Choice for DigestAlgorithm {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::Md5, "md5"), (Self::Sha256, "sha-256")];
}

impl Choice for Class {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::None, "none"),
        (Self::Internal, "internal"),
        (Self::National, "national"),
        (Self::International, "international"),
    ];
}

impl Choice for RingStrategy {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::All, "all"), (Self::InOrder, "in-order")];
}

impl Choice for IdentityProfile {
    const WORDS: &'static [(Self, &'static str)] = &[(Self::From, "from"), (Self::Asserted, "asserted")];
}

/// The carriers that reach a provider: WebSocket is for browsers.
impl Choice for Carrier {
    const WORDS: &'static [(Self, &'static str)] =
        &[(Self::Udp, "udp"), (Self::Tcp, "tcp"), (Self::Tls, "tls"), (Self::Ws, "ws"), (Self::Wss, "wss")];
}

/// All words of a choice, for a sentence: `md5 or sha-256`.
#[must_use]
pub fn choices<T: Choice>() -> String {
    let words: Vec<&str> = T::WORDS.iter().map(|(_, word)| *word).collect();
    match words.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_read_back_from_its_word() {
        fn check<T: Choice + std::fmt::Debug>() {
            for (choice, word) in T::WORDS {
                assert_eq!((choice.keyword(), T::from_word(word)), (*word, Some(*choice)));
            }
            assert_eq!(T::from_word("telepathy"), None);
        }
        check::<DigestAlgorithm>();
        check::<Class>();
        check::<RingStrategy>();
        check::<IdentityProfile>();
        check::<Carrier>();
    }

    #[test]
    fn a_sentence_names_all_choices() {
        assert_eq!(choices::<DigestAlgorithm>(), "md5 or sha-256");
        assert_eq!(choices::<Class>(), "none, internal, national or international");
    }
}
