//! With what a telephone comes into a meeting: eight digits.

use std::fmt;

/// A meeting's PIN. Whoever knows it may ask to come in, so no log shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Pin(String);

impl Pin {
    /// A fresh one: one of a hundred million, from a generator that nobody can foretell.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("{:08}", rand::random_range(0..100_000_000_u32)))
    }

    /// Reads what was typed on a telephone.
    #[must_use]
    pub fn typed(keys: &str) -> Option<Self> {
        let whole = keys.len() == DIGITS && keys.bytes().all(|b| b.is_ascii_digit());
        whole.then(|| Self(keys.to_owned()))
    }

    pub(crate) fn from_stored(pin: String) -> Self {
        Self(pin)
    }

    /// The digits, for those who may know them.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

const DIGITS: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_pin_can_be_typed() {
        let pin = Pin::random();

        assert_eq!(Pin::typed(pin.expose()), Some(pin));
    }

    #[test]
    fn anything_else_is_no_pin() {
        for keys in ["", "1234567", "123456789", "1234567*", "१२३४५६७८"] {
            assert_eq!(Pin::typed(keys), None, "{keys}");
        }
    }

    #[test]
    fn a_pin_shows_itself_in_no_log() {
        assert_eq!(format!("{:?}", Pin::typed("12345678")), "Some(Pin(…))");
    }
}
