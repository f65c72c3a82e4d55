//! What somebody has to do before anything else.

use serde::Serialize;

use super::{Origin, Role, User};

/// Something to be done first of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Duty {
    /// Choose a password oneself.
    Password,
    /// Set up a second factor.
    SecondFactor,
}

impl User {
    /// What this user has to do first, where some roles need a second factor. Who signs in elsewhere does so there.
    #[must_use]
    pub fn duties(&self, second_factor_for: &[Role]) -> Vec<Duty> {
        let password = self.must_change && self.origin == Origin::Local;
        let factor =
            self.origin != Origin::Oidc && !self.second_factor && second_factor_for.contains(&self.role);
        let duties = [(password, Duty::Password), (factor, Duty::SecondFactor)];
        duties.into_iter().filter_map(|(due, duty)| due.then_some(duty)).collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::Email;
    use super::*;

    #[test]
    fn duties_end_when_they_are_done() {
        let email = Email::new("a@example.org").unwrap();
        let mut user = User::new("A".to_owned(), email, Role::Administrator, Timestamp::UNIX_EPOCH);
        let demanded = [Role::Administrator];
        assert_eq!(user.duties(&[Role::ItOfficer]), []);
        user.must_change = true;

        assert_eq!(user.duties(&demanded), [Duty::Password, Duty::SecondFactor]);
        user.must_change = false;
        assert_eq!(user.duties(&demanded), [Duty::SecondFactor]);
        user.second_factor = true;
        assert_eq!(user.duties(&demanded), []);
    }

    #[test]
    fn whoever_signs_in_elsewhere_owes_us_neither() {
        let email = Email::new("a@example.org").unwrap();
        let user = User::new("A".to_owned(), email, Role::Administrator, Timestamp::UNIX_EPOCH);
        let user = User { origin: Origin::Oidc, must_change: true, ..user };

        assert_eq!(user.duties(&[Role::Administrator]), []);
    }
}
