//! The marking of a meeting: for whom it is, and what that forbids.

use serde::{Deserialize, Serialize};

/// How a meeting is marked. Anything higher is no matter for this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Marking {
    /// For everybody.
    #[default]
    Public,
    /// For the house and whom it names.
    Internal,
    /// For those named only.
    Restricted,
}

impl Marking {
    /// All of them, the most open first.
    pub const ALL: [Self; 3] = [Self::Public, Self::Internal, Self::Restricted];

    /// As it is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Restricted => "restricted",
        }
    }

    /// Reads what is stored or sent.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|marking| marking.as_str() == text)
    }
}

/// What the house allows at a marking, and how it calls it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MarkingRules {
    /// Whoever has the meeting's link.
    pub link: bool,
    /// Whoever has an account, named in the meeting or not.
    pub accounts: bool,
    /// Guests with a link of their own.
    pub guests: bool,
    /// Telephones.
    pub phones: bool,
    /// Recordings.
    pub recording: bool,
    /// The meeting's title in mails.
    pub title: bool,
    /// How it is called, in French and English.
    pub label: [String; 2],
    /// For whom it is, in French and English.
    pub audience: [String; 2],
}

/// The rules of all markings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Markings {
    /// Of [`Marking::Public`].
    pub public: MarkingRules,
    /// Of [`Marking::Internal`].
    pub internal: MarkingRules,
    /// Of [`Marking::Restricted`].
    pub restricted: MarkingRules,
}

/// Who wants to come into a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comer {
    /// Its host, in a browser.
    Host,
    /// Somebody with an account who has a seat in it.
    Named,
    /// Somebody with an account.
    Account,
    /// A guest with a link of their own.
    Invited,
    /// Somebody who knows the meeting's link.
    Stranger,
    /// Somebody by telephone, whoever it is.
    Phone,
}

impl MarkingRules {
    /// Whether somebody may come in at all.
    #[must_use]
    pub fn admit(&self, comer: Comer) -> bool {
        match comer {
            Comer::Host | Comer::Named => true,
            Comer::Account => self.accounts,
            Comer::Invited => self.guests,
            Comer::Stranger => self.link,
            Comer::Phone => self.phones,
        }
    }

    /// Reads what is allowed: words separated by commas, or `none`.
    ///
    /// # Errors
    /// Which word is none of ours.
    pub fn allow(&mut self, words: &str) -> Result<(), String> {
        let [mut link, mut accounts, mut guests, mut phones, mut recording, mut title] = [false; 6];
        for word in words.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "none") {
            match word {
                "link" => link = true,
                "accounts" => accounts = true,
                "guests" => guests = true,
                "phones" => phones = true,
                "recording" => recording = true,
                "title" => title = true,
                _ => {
                    return Err(format!(
                        "{word:?} is not one of link, accounts, guests, phones, recording, title and none"
                    ));
                }
            }
        }
        (self.link, self.accounts, self.guests) = (link, accounts, guests);
        (self.phones, self.recording, self.title) = (phones, recording, title);
        Ok(())
    }
}

impl Markings {
    /// The rules of a marking.
    #[must_use]
    pub fn of(&self, marking: Marking) -> &MarkingRules {
        match marking {
            Marking::Public => &self.public,
            Marking::Internal => &self.internal,
            Marking::Restricted => &self.restricted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn as_it_comes_a_restricted_meeting_is_for_those_named_and_for_no_telephone() {
        let markings = Config::default().markings;
        let admitted = |marking| {
            let all =
                [Comer::Host, Comer::Named, Comer::Account, Comer::Invited, Comer::Stranger, Comer::Phone];
            all.map(|comer| markings.of(marking).admit(comer))
        };

        assert_eq!(admitted(Marking::Public), [true; 6]);
        assert_eq!(admitted(Marking::Internal), [true, true, true, true, false, true]);
        assert_eq!(admitted(Marking::Restricted), [true, true, false, true, false, false]);
        assert!(markings.public.recording && !markings.restricted.recording);
        assert!(markings.public.title && !markings.restricted.title);
    }

    #[test]
    fn what_is_allowed_is_replaced_as_a_whole() {
        let mut rules = Config::default().markings.public;

        rules.allow("guests, phones").unwrap();
        assert!(rules.guests && rules.phones && !rules.link && !rules.recording);
        rules.allow("none").unwrap();
        assert!(!rules.guests && !rules.phones);
        assert!(rules.allow("guests,secrets").unwrap_err().starts_with("\"secrets\" is not one of"));
    }
}
