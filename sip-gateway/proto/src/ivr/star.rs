//! Keys that mean something to a phone in a meeting: a star and a digit.

use std::time::{Duration, Instant};

/// What a phone in a meeting can order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StarCode {
    /// `*6`: not to be heard, or to be heard again.
    Mute,
    /// `*5`: to ask for the floor, or not any more.
    Hand,
    /// `*0`: to have the host told.
    Host,
}

/// Reads them from single keys.
#[derive(Debug, Clone, Default)]
pub struct StarCodes {
    starred: Option<Instant>,
}

impl StarCodes {
    /// A key was pressed; what that orders, if anything.
    pub fn press(&mut self, now: Instant, key: char) -> Option<StarCode> {
        if key == '*' {
            self.starred = Some(now);
            return None;
        }
        let starred = self.starred.take()?;
        if now.saturating_duration_since(starred) > PATIENCE {
            return None;
        }
        match key {
            '6' => Some(StarCode::Mute),
            '5' => Some(StarCode::Hand),
            '0' => Some(StarCode::Host),
            _ => None,
        }
    }
}

/// How long after the star the digit may come.
const PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_and_a_digit_are_an_order_if_they_belong_together() {
        let (mut codes, now) = (StarCodes::default(), Instant::now());
        let mut pressed = |keys: &str, after: u64| {
            let mut at = now;
            let mut found = Vec::new();
            for key in keys.chars() {
                found.extend(codes.press(at, key));
                at += Duration::from_secs(after);
            }
            found
        };
        assert_eq!(pressed("*6", 1), [StarCode::Mute]);
        assert_eq!(pressed("**5*0", 1), [StarCode::Hand, StarCode::Host]);
        assert_eq!(pressed("6*96", 1), []);
        assert_eq!(pressed("*6", 6), []);
    }
}
